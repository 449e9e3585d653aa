"""What DSPy shows of a program at work: history, usage, callbacks, streams, MLflow."""

import asyncio
import io
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dspy
import pytest
from dspy.lm15 import Message, Request, Response, TextPart, Usage
from dspy.streaming import StatusMessage, StatusMessageProvider, StreamListener, StreamResponse
from dspy.utils.callback import BaseCallback

from tests.dspy_use.conftest import Make
from tests.support.own_model import own_model
from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.adapter import lean
from toolgrad_dspy.program import ProgramConfig, ToolGrad
from toolgrad_dspy.tools import Library
from toolgrad_dspy.world import WorldSource

MODULES = ["Proposer", "Executor", "Selector", "Updater"]


class Starts(StatusMessageProvider):
    """One message for each module that starts and ends, and each LM call."""

    def module_start_status_message(self, instance: Any, inputs: dict[str, Any]) -> str:
        return f"start {type(instance).__name__}"

    def module_end_status_message(self, outputs: Any) -> str:
        return "end"

    def lm_start_status_message(self, instance: Any, inputs: dict[str, Any]) -> str:
        return "asking"


def messages(values: list[Any]) -> list[str]:
    return [value.message for value in values if isinstance(value, StatusMessage)]


def test_the_history_is_there_unless_a_run_does_without_it(make: Make) -> None:
    program = make()
    program(seed=0, index=0)
    shown = io.StringIO()
    program.inspect_history(n=1, file=shown)
    assert "query" in shown.getvalue()
    dspy.inspect_history(n=1, file=shown)
    assert len(program.history) == sum(len(getattr(program, name.lower()).history) for name in MODULES) > 0
    before = len(program.history)
    with lean():
        program(seed=0, index=0)
    assert len(program.history) == before


def test_dspys_usage_is_that_of_the_session(make: Make) -> None:
    with dspy.context(track_usage=True):
        prediction = make()(seed=0, index=0)
    told = prediction.get_lm_usage()["toolgrad/rehearsal"]
    usage = prediction.session.usage.roles.values()
    assert told["prompt_tokens"] == sum(role.input_tokens for role in usage) > 0
    assert told["completion_tokens"] == sum(role.output_tokens for role in usage) > 0


class Seen(BaseCallback):
    """The modules that started, and LM calls as "LM"."""

    def __init__(self) -> None:
        self.started: list[str] = []

    def on_module_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        self.started.append(type(instance).__name__)

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        self.started.append("LM")


def test_callbacks_see_the_program_its_modules_and_every_lm_call(make: Make) -> None:
    seen = Seen()
    with dspy.context(callbacks=[seen]):
        session = make()(seed=0, index=0).session
    assert seen.started[0] == "ToolGrad"
    assert [name for name in seen.started if name in MODULES] == [*MODULES[:3], *MODULES]
    assert seen.started.count("LM") == sum(role.calls for role in session.usage.roles.values())


def test_a_synchronous_stream_has_every_message_and_then_the_prediction(make: Make) -> None:
    program = make()
    values = list(dspy.streamify(program, Starts(), async_streaming=False)(seed=0, index=0))
    session = values[-1].session
    assert session.sample == program(seed=0, index=0).session.sample
    told = messages(values)
    assert told[0] == "start ToolGrad"
    assert [text.removeprefix("start ") for text in told if text.removeprefix("start ") in MODULES] == [
        *MODULES[:3],
        *MODULES,
    ]
    assert told.count("asking") == sum(role.calls for role in session.usage.roles.values())
    assert told.count("end") == sum(text.startswith("start") for text in told)


def test_a_stream_on_the_loop_of_the_tools_is_not_held_up_by_more_messages_than_it_takes_at_once() -> None:
    async def main() -> list[Any]:
        async with Library([WorldSource()]) as library:
            config = ProgramConfig(base="plain", iterations=4, proposals=8, mend="all", repairs=3)
            program = ToolGrad(library, Models.from_environment(), config)
            stream = dspy.streamify(program, Starts(), is_async_program=True)
            return [value async for value in stream(seed=0, index=0)]

    values = asyncio.run(asyncio.wait_for(main(), 60))
    assert values[-1].session.trace.iterations
    told = messages(values)
    assert told.count("end") == sum(text.startswith("start") for text in told)


def test_a_synchronous_predictor_is_streamed_too(make: Make) -> None:
    program = make()
    program.proposer.predict = dspy.BestOfN(
        program.proposer.predict, N=2, reward_fn=lambda given, answer: 0.0, threshold=1.0
    )
    values = list(dspy.streamify(program, Starts(), async_streaming=False)(seed=0, index=0))
    assert "start BestOfN" in messages(values)
    assert values[-1].session.status == "accepted"


def test_a_reader_that_stops_early_leaves_the_program_usable(make: Make) -> None:
    program = make()

    async def main() -> Any:
        stream = dspy.streamify(program, Starts())(seed=0, index=0)
        try:
            return await anext(stream)
        finally:
            await stream.aclose()

    assert asyncio.run(main()).message == "start ToolGrad"
    assert program(seed=0, index=0).session.status == "accepted"


def test_a_model_of_dspys_streams_a_field_word_by_word(make: Make) -> None:
    program = make()
    listener = StreamListener("query", predict=program.updater.predict, predict_name="updater.predict")
    with dspy.context(lm=own_model()):
        stream = dspy.streamify(program, stream_listeners=[listener], async_streaming=False)
        values = list(stream(seed=0, index=0))
    words = [value.chunk for value in values if isinstance(value, StreamResponse)]
    assert len(words) > 5
    assert "".join(words).strip() == values[-1].session.sample.query


def test_a_model_of_the_settings_answers_in_one_piece_and_an_unusable_answer_is_asked_for_again(make: Make) -> None:
    program = make(models=ScriptedModels(proposer=["no answer"]))
    values = list(dspy.streamify(program, async_streaming=False)(seed=0, index=0))
    session = values[-1].session
    assert session.status == "accepted"
    assert [fault.asking for fault in session.trace.faults] == [1]
    pieces = [value for value in values if hasattr(value, "choices") and value.choices[0].delta.content]
    assert len(pieces) == sum(role.calls for role in session.usage.roles.values())


def nonsense(request: Request) -> Response:
    message = Message.assistant([TextPart("[[ ## query ## ]] Nothing more.")])
    return Response(id="x", model="x", message=message, finish_reason="stop", usage=Usage(10, 5, 15))


@pytest.mark.parametrize("is_own", [True, False])
def test_only_an_answer_that_a_listener_has_shown_is_not_asked_for_again(make: Make, is_own: bool) -> None:
    program = make(models=ScriptedModels(updater=["no answer"]))
    if is_own:
        program.updater.set_lm(own_model(answer=nonsense))
    listener = StreamListener("query", predict=program.updater.predict, predict_name="updater.predict")
    stream = dspy.streamify(program, stream_listeners=[listener], async_streaming=False)
    session = list(stream(seed=0, index=0))[-1].session
    assert session.status == ("rejected" if is_own else "accepted")
    assert [fault.asking for fault in session.trace.faults] == [1]


MLFLOW = """
import sys
import mlflow
from toolgrad_dspy import Library, Models, ToolGrad
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.world import WorldSource

mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("toolgrad")
mlflow.dspy.autolog()
with Library([WorldSource()]) as library:
    ToolGrad(library, Models.from_environment(), ProgramConfig(iterations=1))(seed=0, index=0)
mlflow.flush_trace_async_logging()
trace = mlflow.get_trace(mlflow.get_last_active_trace_id(), flush=True)
print(*(span.name.partition(".")[0] for span in trace.data.spans))
"""


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mlflow") is None, reason="mlflow is not installed: pip install mlflow-skinny")
def test_mlflow_logs_the_program_its_modules_and_their_calls(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MLFLOW, f"sqlite:///{tmp_path}/mlflow.db"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    spans = done.stdout.split()
    assert spans[0] == "ToolGrad"
    assert [name for name in spans if name in MODULES] == MODULES
    assert "LM" in spans
