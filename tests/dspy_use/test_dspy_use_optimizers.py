"""DSPy's optimizers and evaluation, used on the program without our ``compile``, with a metric of the user's."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import dspy
import pytest

from tests.dspy_use.conftest import Make
from tests.support.own_model import own_model
from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.errors import ModelError
from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import ToolGrad, draw

TASKS = draw(seed=0, train=4, validation=3, test=0)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")


def steps(example: dspy.Example, prediction: dspy.Prediction, trace: Any = None) -> float:
    """A metric of the user's: steps of an accepted sample, three are enough."""
    session = prediction.session
    return min(1.0, len(session.sample.workflow.steps) / 3) if session.status == "accepted" else 0.0


def explained(
    example: Any, prediction: Any, trace: Any = None, name: Any = None, seen: Any = None
) -> dspy.Prediction:
    return dspy.Prediction(score=steps(example, prediction), feedback="A result was not used by a later call.")


Compile = Callable[[ToolGrad, dspy.LM], dspy.Module]
FEW: dict[str, Any] = {"max_bootstrapped_demos": 2, "max_labeled_demos": 0}

OPTIMIZERS: dict[str, Compile] = {
    "BootstrapFewShot": lambda program, lm: dspy.BootstrapFewShot(metric=steps, **FEW).compile(
        program, trainset=TASKS.train
    ),
    "BootstrapFewShotWithRandomSearch": lambda program, lm: dspy.BootstrapFewShotWithRandomSearch(
        metric=steps, num_candidate_programs=2, num_threads=2, **FEW
    ).compile(program, trainset=TASKS.train, valset=TASKS.validation),
    "MIPROv2": lambda program, lm: dspy.MIPROv2(
        metric=steps, prompt_model=lm, auto=None, num_candidates=2, num_threads=2, **FEW
    ).compile(program, trainset=TASKS.train, valset=TASKS.validation, num_trials=2, minibatch=False),
    "SIMBA": lambda program, lm: dspy.SIMBA(
        metric=steps, prompt_model=lm, bsize=4, num_candidates=2, max_steps=1, max_demos=1, num_threads=2
    ).compile(program, trainset=TASKS.train),
    "GEPA": lambda program, lm: dspy.GEPA(
        metric=explained, reflection_lm=lm, max_metric_calls=12, num_threads=2
    ).compile(program, trainset=TASKS.train, valset=TASKS.validation),
    "COPRO": lambda program, lm: dspy.COPRO(metric=steps, prompt_model=lm, breadth=2, depth=1).compile(
        program, trainset=TASKS.train, eval_kwargs={"num_threads": 2}
    ),
    "InferRules": lambda program, lm: dspy.InferRules(
        metric=steps, num_candidates=1, num_rules=2, num_threads=2, **FEW
    ).compile(program, trainset=TASKS.train, valset=TASKS.validation),
}


@pytest.mark.parametrize("is_own", [False, True], ids=["model of a role", "model of DSPy's"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_of_dspys_gives_a_program_that_runs_and_can_be_stored(
    make: Make, tmp_path: Path, name: str, is_own: bool
) -> None:
    program = make()
    state = program.dump_state()
    lm = own_model() if is_own else Models.from_environment().lm("reflection")
    with dspy.context(lm=lm):
        tuned = OPTIMIZERS[name](program, lm)
        assert program.dump_state() == state, "the base is left as it was"
        assert isinstance(tuned, ToolGrad)
        assert tuned is not program
        before, after = (steps(task, each(**task.inputs())) for task in TASKS.train[:1] for each in (program, tuned))
        assert before > 0
        assert after > 0
        tuned.save(tmp_path / "tuned.json")
        again = make()
        again.load(tmp_path / "tuned.json")
        first, second = (each(seed=5, index=0).session for each in (tuned, again))
    assert first.sample == second.sample
    if name in ("BootstrapFewShot", "InferRules"):  # the others may find that the base is best
        assert tuned.dump_state() != state


def test_evaluate_gives_the_mean_of_the_metric(make: Make) -> None:
    evaluate = dspy.Evaluate(devset=TASKS.train, metric=steps, num_threads=2, display_progress=False)
    program = make()
    result = evaluate(program)
    scores = [steps(task, program(**task.inputs())) for task in TASKS.train]
    assert [score for _, _, score in result.results] == scores
    assert result.score == pytest.approx(100 * sum(scores) / len(scores), abs=0.01)


def test_sessions_run_in_a_batch(make: Make) -> None:
    predictions = make().batch(TASKS.train, num_threads=2, disable_progress_bar=True)
    assert [prediction.session.index for prediction in predictions] == [0, 1, 2, 3]


def test_a_failed_session_is_a_result_and_no_error_for_dspy(make: Make) -> None:
    program = make(models=ScriptedModels(proposer=lambda prompt: "no answer"))
    with dspy.context(max_errors=1):
        result = dspy.Evaluate(devset=TASKS.train, metric=steps, num_threads=2, display_progress=False)(program)
    assert [prediction.session.status for _, prediction, _ in result.results] == ["failed"] * 4


def test_what_ends_a_run_counts_against_dspys_max_errors(make: Make) -> None:
    gone = ModelError("gone", code="server_unreachable")
    program = make(models=ScriptedModels(proposer=lambda prompt: gone))
    with pytest.raises(ModelError) as caught:
        program(seed=0, index=0)
    assert caught.value.code == "server_unreachable"
    evaluate = dspy.Evaluate(devset=TASKS.train, metric=steps, num_threads=1, display_progress=False)
    with dspy.context(max_errors=2), pytest.raises(Exception, match="cancelled"):
        evaluate(program)
    with dspy.context(max_errors=10):
        assert evaluate(program).score == 0.0
