"""Asking through DSPy's modules: which model and adapter answer, what is counted, and what DSPy sees of it."""

import asyncio
from typing import Any

import dspy
import pytest
from dspy.utils.callback import BaseCallback

from tests.support.model_servers import ModelServer
from tests.support.model_servers.script import Script
from tests.support.scripted_model import Answer, ScriptedModels, chat
from toolgrad_dspy.errors import ModelError
from toolgrad_dspy.lm import AnswerError, BudgetSpentError, Caps, Models, ModelSettings, ask, metered
from toolgrad_dspy.lm.adapter import lean
from toolgrad_dspy.signatures import Select

GIVEN = dict.fromkeys(Select.input_fields, "something")
CHOSEN = {"reason": "It fits.", "report": "p1", "chain": "new", "lacking": "more"}
ANSWER = chat(**CHOSEN)


class Own(dspy.Module):
    """A user's module, which is synchronous."""

    def __init__(self) -> None:
        super().__init__()
        self.predict = dspy.Predict(Select)

    def forward(self, **inputs: Any) -> dspy.Prediction:
        return self.predict(**inputs)


def reward(inputs: dict[str, Any], prediction: dspy.Prediction) -> float:
    return float(prediction.report == "p1")


async def asked(predict: dspy.Module, models: Models, **inputs: Any) -> dspy.Prediction:
    try:
        return await ask(predict, models, "selector", **(inputs or GIVEN))
    finally:
        await models.aclose()


def own_lm(server: ModelServer, **options: Any) -> dspy.LM:
    options = {"cache": False, "num_retries": 0, **options}
    return dspy.LM("openai/mine", api_base=server.url, api_key="sk-loopback", **options)


def unset() -> Models:
    """Models for whose roles the settings name none."""
    return Models({"selector": ModelSettings(), "executor": ModelSettings()})


MODULES = {
    "Predict": lambda: dspy.Predict(Select),
    "ChainOfThought": lambda: dspy.ChainOfThought(Select),
    "BestOfN": lambda: dspy.BestOfN(dspy.Predict(Select), N=3, reward_fn=reward, threshold=1.0),
    "Refine": lambda: dspy.Refine(dspy.ChainOfThought(Select), N=3, reward_fn=reward, threshold=1.0),
    "a module of one's own": Own,
}


@pytest.mark.parametrize("is_lean", [True, False])
@pytest.mark.parametrize("kind", MODULES)
def test_a_predictor_is_any_module_with_the_same_fields(kind: str, is_lean: bool) -> None:
    thinks = kind in ("ChainOfThought", "Refine")
    right = {**({"reasoning": "Because."} if thinks else {}), **CHOSEN}
    wrong: Answer = {**right, "report": "p2"}
    tries = 3 if kind in ("BestOfN", "Refine") else 1
    advice = chat(discussion="x", advice="{}")
    script: list[Answer] = [wrong, wrong, right][-tries:]
    if kind == "Refine":
        script = [wrong, advice, wrong, advice, right]
    models = ScriptedModels(selector=script)

    async def main() -> dspy.Prediction:
        with dspy.context(trace=[]):
            if not is_lean:
                return await asked(MODULES[kind](), models)
            with lean():
                return await asked(MODULES[kind](), models)

    with metered() as meter:
        answer = asyncio.run(main())
    assert {name: answer[name] for name in CHOSEN} == CHOSEN
    assert meter.roles()["selector"].calls == len(models.requests) == len(script)


def test_a_module_none_of_whose_attempts_works_is_a_failed_step(capsys: pytest.CaptureFixture[str]) -> None:
    module = dspy.BestOfN(dspy.Predict(Select), N=2, reward_fn=reward, threshold=1.0)
    with pytest.raises(AnswerError) as caught:
        asyncio.run(asked(module, ScriptedModels(selector=lambda prompt: "no")))
    assert caught.value.code == "unusable_answer"
    models = ScriptedModels(selector=lambda prompt: "no")
    models.budget.caps = Caps(tokens=1)
    module = dspy.BestOfN(dspy.Predict(Select), N=2, reward_fn=reward, threshold=1.0)
    with pytest.raises(BudgetSpentError):
        asyncio.run(asked(module, models))


def test_a_synchronous_module_does_not_hold_up_the_others() -> None:
    together = asyncio.Event()

    async def main() -> None:
        loop = asyncio.get_running_loop()

        class Waits(Own):
            def forward(self, **inputs: Any) -> dspy.Prediction:
                asyncio.run_coroutine_threadsafe(together.wait(), loop).result(timeout=20)
                return super().forward(**inputs)

        models = ScriptedModels(selector=lambda prompt: CHOSEN)
        waiting = asyncio.create_task(ask(Waits(), models, "selector", **GIVEN))
        await ask(dspy.Predict(Select), models, "selector", **GIVEN)
        together.set()
        assert (await waiting).report == "p1"

    asyncio.run(main())


def test_the_model_is_the_predictors_then_the_settings_then_dspys_then_rehearsal() -> None:
    scripted = ScriptedModels(selector=lambda prompt: {**CHOSEN, "lacking": "from the settings"})
    with (
        ModelServer("openai", trouble=Script([chat(**{**CHOSEN, "lacking": "from DSPy"})])) as configured,
        ModelServer("openai", trouble=Script([chat(**{**CHOSEN, "lacking": "from the predictor"})])) as own,
    ):
        predict = dspy.Predict(Select)
        assert asyncio.run(asked(predict, unset())).lacking not in ("from DSPy", "from the settings")
        with dspy.context(lm=own_lm(configured)):
            assert asyncio.run(asked(predict, unset())).lacking == "from DSPy"
            assert asyncio.run(asked(predict, scripted)).lacking == "from the settings"
            predict.set_lm(own_lm(own))
            assert asyncio.run(asked(predict, scripted)).lacking == "from the predictor"
        # An optimizer's own model is one of ours.
        with dspy.context(lm=scripted.lm("reflection")):
            assert asyncio.run(asked(dspy.Predict(Select), unset())).lacking != "from the settings"


def test_a_model_of_the_users_is_counted_and_charged_too() -> None:
    script = Script(["no answer", ANSWER])
    with ModelServer("openai", trouble=script) as server, dspy.context(lm=own_lm(server)), metered() as meter:
        models = unset()
        asyncio.run(asked(dspy.Predict(Select), models))
        used = meter.models()["selector", "openai/mine"]
        assert (used.calls, used.input_tokens, used.output_tokens, used.unpriced) == (2, 80, 40, 2)
        assert models.meter.models() == meter.models()
        models.budget.caps = Caps(tokens=models.budget.tokens)
        with pytest.raises(BudgetSpentError):
            asyncio.run(asked(dspy.Predict(Select), models))
    assert len(script.asked) == 2


def test_an_adapter_of_the_users_is_used_unless_the_settings_name_one() -> None:
    def adapter_of(models: Models, role_adapter: str = "auto") -> bool:
        with dspy.context(adapter=dspy.XMLAdapter()):
            asyncio.run(asked(dspy.Predict(Select), models))
        (_, request), *_ = models.requests  # type: ignore[attr-defined]
        return "<report>" in str(request.system)

    text = "".join(f"<{name}>{value}</{name}>" for name, value in CHOSEN.items())
    named = ScriptedModels(selector=[ANSWER])
    assert not adapter_of(named)
    free = ScriptedModels(selector=[text])
    free.settings["selector"] = ModelSettings()
    free.settings["selector"] = ModelSettings(model="rehearsal")
    assert adapter_of(free)


class Seen(BaseCallback):
    """The kinds of DSPy's events, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def on_module_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        self.events.append("module")

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        self.events.append("lm")

    def on_adapter_parse_end(self, call_id: str, outputs: Any, exception: Exception | None = None) -> None:
        self.events.append("unreadable" if exception else "read")


@pytest.mark.parametrize("is_sync", [True, False])
def test_dspy_sees_a_re_ask_as_two_calls_of_the_model_in_one_of_the_predictor(is_sync: bool) -> None:
    models = ScriptedModels(selector=["no answer", CHOSEN])
    seen = Seen()
    predict = Own() if is_sync else dspy.Predict(Select)

    async def main() -> list[Any]:
        with dspy.context(trace=[], callbacks=[seen]):
            await asked(predict, models)
            return list(dspy.settings.trace)

    trace = asyncio.run(main())
    assert [(set(inputs), output.report) for _, inputs, output in trace] == [(set(GIVEN), "p1")]
    assert seen.events == [*["module"] * (1 + is_sync), "lm", "unreadable", "lm", "read"]
    assert len(models.lm("selector").history) == 2


def test_of_several_completions_those_that_can_be_used_are_given() -> None:
    answers = iter([ANSWER, "nothing", chat(**{**CHOSEN, "report": "p2"}), *["no"] * 3, ANSWER, "no", "no"])
    models = ScriptedModels(selector=lambda prompt: next(answers))
    predict = dspy.Predict(Select, n=3)
    assert [each.report for each in asyncio.run(asked(predict, models)).completions] == ["p1", "p2"]
    assert [each.report for each in asyncio.run(asked(predict, models)).completions] == ["p1"]


def test_a_problem_that_every_call_would_meet_is_raised_through_any_module() -> None:
    error = ModelError("gone", code="server_unreachable")
    with pytest.raises(ModelError) as caught:
        asyncio.run(asked(Own(), ScriptedModels(selector=[error])))
    assert caught.value.code == "server_unreachable"
