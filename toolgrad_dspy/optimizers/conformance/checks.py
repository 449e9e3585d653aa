"""The checks, each a function that raises AssertionError with the promise that is broken."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from toolgrad_dspy.conformance import BrokenPromise, broken_promises, expect
from toolgrad_dspy.errors import ModelError, RunError, ToolGradError, UsageError
from toolgrad_dspy.optimizers.base import FEWEST_TASKS
from toolgrad_dspy.optimizers.conformance.case import Case, Outcome, WatchedEvaluator, parts_of, tune
from toolgrad_dspy.program import ToolGrad, load_program, save_program
from toolgrad_dspy.tuning import Journal, TuningBudget

# A budget too small for any search.
TINY = 5


Check = Callable[[Case], None]


def check_optimizer(case: Case) -> list[BrokenPromise]:
    """Run all checks; an empty list means that the optimizer keeps its promises."""
    return broken_promises(CHECKS, case)


# What the result is like


def leaves_the_base_as_it_was(case: Case) -> None:
    before, after = case.outcome.parts
    changed = [part for part in before if before[part] != after[part]]
    expect(not changed, f"the program that is tuned stays as it was, but these changed: {', '.join(changed)}")


def changes_only_prompts_of_tuned_roles(case: Case) -> None:
    before, result = case.outcome.parts[0], case.outcome.result.program
    tuned = parts_of(result)
    changed = {part for part in before if before[part] != tuned[part]}
    expect(
        changed <= set(result.tuned), f"all but {', '.join(result.tuned)} is frozen, but {sorted(changed)} changed"
    )
    own = [name for name, predictor in result.named_predictors() if predictor.lm is not None]
    expect(not own, f"the result has no models of its own, but these predictors have: {', '.join(own)}")


def is_at_least_as_good_as_the_base(case: Case) -> None:
    before, after = case.outcome.result.scores
    if before is None or after is None:
        raise AssertionError(
            f"with {case.budget.metric_calls} sessions, base and result are scored on all validation tasks, "
            f"but the scores are {before} and {after}"
        )
    expect(after >= before, f"the result scores at least {before} on the validation tasks, as the base, not {after}")


def can_be_saved_and_described(case: Case) -> None:
    outcome = case.outcome
    with TemporaryDirectory() as folder:
        path = Path(folder, "program.json")
        first = _saved(outcome.result.program, path)
        loaded = case.program(case.models())
        load_program(path, loaded)
        expect(_saved(loaded, path) == first, "the result is the same after saving and loading")
    details = outcome.result.details
    expect(json.loads(json.dumps(details)) == details, f"details are plain JSON, not {details}")


# What the search does


def keeps_to_the_budget(case: Case) -> None:
    _within_budget(case.outcome, case.budget.metric_calls)


def keeps_to_a_tiny_budget(case: Case) -> None:
    outcome = tune(case, budget=TuningBudget(metric_calls=TINY, threads=2))
    _within_budget(outcome, TINY)
    before, after = outcome.result.scores
    worse = before is not None and after is not None and after < before
    expect(not worse, f"with {TINY} sessions the result is still no worse than the base, but {after} < {before}")


def runs_no_test_task(case: Case) -> None:
    expect(bool(case.tasks.test), "the case has test tasks, or there is nothing to check")
    tests = {(task.seed, task.index) for task in case.tasks.test}
    run = {(seed, index) for seed, index, _ in case.outcome.watched.begun} & tests
    expect(not run, f"no test task is run, but (seed, index) {sorted(run)} were")


def runs_no_session_twice(case: Case) -> None:
    repeated = [key for key, times in Counter(case.outcome.watched.begun).items() if times > 1]
    expect(not repeated, f"a session of equal prompts is run once, but {len(repeated)} were run again")


def restores_the_process(case: Case) -> None:
    before, after = case.outcome.process
    changed = [name for name in before if before[name] != after[name]]
    expect(not changed, f"what the search changes in the process is restored, but not {', '.join(changed)}")


def gives_one_program_for_any_number_of_threads(case: Case) -> None:
    one, eight = (tune(case, budget=replace(case.budget, threads=threads)) for threads in (1, 8))
    expect(
        _saved(one.result.program) == _saved(eight.result.program),
        "one seed gives one program, but with one thread it is another than with eight",
    )


# How the search ends


def stops_at_a_limit(case: Case) -> None:
    limit = case.outcome.lm_calls // 2
    outcome = tune(case, budget=replace(case.budget, threads=1, lm_calls=limit))
    cause = outcome.result.stop_cause
    expect(cause == "lm_calls", f"a limit of {limit} LM calls ends the search, but the cause of its end is {cause!r}")
    begun, whole = len(outcome.watched.begun), len(case.outcome.watched.begun)
    expect(begun < whole, f"a stopped search runs fewer sessions than a whole one: {whole}, not {begun}")


def ends_with_the_error_of_a_broken_run(case: Case) -> None:
    error = ModelError("the model refuses every call", code="conformance")
    limit = len(case.outcome.watched.begun) // 2
    watched = WatchedEvaluator(case.evaluator(), limit, error)
    try:
        tune(case, watched=watched)
    except ToolGradError as raised:
        expect(raised is error, f"tuning ends with the error that broke the run, not with {raised!r}")
    else:
        raise AssertionError("a broken run ends with its error, but the search swallowed it")
    more = len(watched.begun) - limit
    expect(more <= case.budget.threads, f"nothing begins after the error, but {more} more sessions did")


def resumes_from_a_journal(case: Case) -> None:
    whole = case.outcome
    with TemporaryDirectory() as folder:
        path = Path(folder, "tuning.journal")
        interrupted = WatchedEvaluator(case.evaluator(), len(whole.watched.begun) // 2)
        try:
            with Journal.begin(path, {}) as journal:
                tune(case, watched=interrupted, journal=journal)
        except RunError:
            pass
        with Journal.resume(path, {}) as journal:
            resumed = tune(case, journal=journal)
    usage = resumed.result.usage
    expect(
        usage.restored == interrupted.ended,
        f"{interrupted.ended} sessions are in the journal, but {usage.restored} of them were used again",
    )
    run = len(resumed.watched.begun)
    expect(run == usage.metric_calls - usage.restored, f"what is in the journal is not run again, but {run} were run")
    expect(
        _saved(resumed.result.program) == _saved(whole.result.program),
        "a resumed tuning gives the program that it would have given without the interruption",
    )


def refuses_too_few_tasks(case: Case) -> None:
    few = replace(case, tasks=replace(case.tasks, train=case.tasks.train[: FEWEST_TASKS - 1]))
    try:
        tune(few)
    except UsageError as error:
        expect(
            error.code == "too_few_tasks", f"too few tasks are an error of code 'too_few_tasks', not {error.code!r}"
        )
    else:
        raise AssertionError(f"fewer than {FEWEST_TASKS} training tasks are refused")


CHECKS: tuple[Check, ...] = (
    leaves_the_base_as_it_was,
    changes_only_prompts_of_tuned_roles,
    is_at_least_as_good_as_the_base,
    can_be_saved_and_described,
    keeps_to_the_budget,
    keeps_to_a_tiny_budget,
    runs_no_test_task,
    runs_no_session_twice,
    restores_the_process,
    gives_one_program_for_any_number_of_threads,
    stops_at_a_limit,
    ends_with_the_error_of_a_broken_run,
    resumes_from_a_journal,
    refuses_too_few_tasks,
)


def _within_budget(outcome: Outcome, sessions: int) -> None:
    begun, usage = len(outcome.watched.begun), outcome.result.usage
    expect(begun <= sessions, f"no more than {sessions} sessions are run, but {begun} were")
    expect(
        usage.metric_calls == begun, f"the usage counts the {begun} sessions that were run, not {usage.metric_calls}"
    )
    calls = outcome.watched.tool_calls
    expect(
        usage.tool_calls == calls, f"the usage counts the {calls} tool calls that were made, not {usage.tool_calls}"
    )
    counted = outcome.progress == list(range(1, begun + 1))
    expect(counted, f"progress is reported once for each of {begun} sessions, but as {outcome.progress}")


def _saved(program: ToolGrad, path: Path | None = None) -> bytes:
    if path is None:
        with TemporaryDirectory() as folder:
            return _saved(program, Path(folder, "program.json"))
    save_program(path, program, {})
    return path.read_bytes()
