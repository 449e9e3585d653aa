"""Trying candidates on recorded step states: no tool is run, and a session's steps are asked about at once."""

from collections.abc import Iterable

import dspy

from toolgrad_dspy.concurrency import gather_or_cancel, run_on_loop_thread
from toolgrad_dspy.errors import RunError
from toolgrad_dspy.lm.ask import AnswerError
from toolgrad_dspy.metrics import Finding, Metric
from toolgrad_dspy.metrics.feedback import proposer_feedback, selector_feedback
from toolgrad_dspy.metrics.step_metric import StepMetric
from toolgrad_dspy.program import ToolGrad
from toolgrad_dspy.program.executor import Execution
from toolgrad_dspy.records import Iteration, Proposal, Report, Trace
from toolgrad_dspy.seeding import generator
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tools.wrappers import Replay
from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.invocations import invocations_of
from toolgrad_dspy.tuning.recorded.recording import Recording
from toolgrad_dspy.tuning.recorded.simulated_tools import RecordedResults
from toolgrad_dspy.tuning.recorded.states import RecordedSession, StepState, recorded_session, work_key


class RecordedEvaluator(Evaluator):
    """Asks a candidate about half of the steps of a recorded session, each from its recorded state.

    A step is one iteration: the candidate's proposals, what would come of them, and its selection among that. What
    the recording does not answer is guessed: see ``simulated_tools.py``. Scores are those of
    :class:`~toolgrad_dspy.metrics.step_metric.StepMetric`.

    The tools are those of the recording: the library of the program that plays is never used, and need not be open.
    Not to be made or used on the background loop. Raises UsageError for a metric that steps tell nothing about.
    """

    def __init__(self, recording: Recording, metric: Metric) -> None:
        self._metric = StepMetric(metric)
        library = Library([Replay("recording", recording.tools, ())])
        run_on_loop_thread(library.open())
        known = RecordedResults.of(recording.sessions, recording.tools)
        self._sessions = {
            (session.seed, session.index): recorded_session(session, recording, library, known)
            for session in recording.sessions
        }

    def play(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        """Ask ``program`` about steps of the recorded session, always the same ones. Its sessions are never whole:
        the other steps are as they were recorded, so none may become a sample.

        Raises RunError for a session that was not recorded, and what models raise when the run is to end.
        """
        recorded = self._sessions.get((seed, index))
        if recorded is None:
            raise RunError(f"session {index} of seed {seed} was not recorded")
        asked = _asked(recorded)
        with dspy.context(trace=[]):
            iterations = run_on_loop_thread(gather_or_cancel(_again(program, step) for step in asked))
            steps = invocations_of(dspy.settings.trace, program)
        new = {iteration.number: iteration for iteration in iterations}
        all_iterations = tuple(new.get(i.number, i) for i in recorded.session.trace.iterations)
        played = recorded.session.model_copy(update={"trace": Trace(iterations=all_iterations)})
        return TaskEvaluation(
            score=self._metric.score(recorded.session, played, new.keys()).value,
            sessions=dict.fromkeys(("proposer", "selector"), played),
            steps=steps,
            failure=_failure(iterations),
        )

    def feedback(self, played: TaskEvaluation, role: str, iteration: int) -> tuple[Finding, ...]:
        session = played.sessions[role]
        current = next(i for i in session.trace.iterations if i.number == iteration)
        findings = proposer_feedback if role == "proposer" else selector_feedback
        return tuple(findings(session, current))


def _asked(recorded: RecordedSession) -> list[StepState]:
    """The steps that are asked about: half of them, drawn once and for all."""
    session, steps = recorded.session, recorded.steps
    drawn = generator(session.seed, session.index, "asked steps").sample(steps, (len(steps) + 1) // 2)
    return sorted(drawn, key=lambda step: step.number)


def _failure(iterations: Iterable[Iteration]) -> str:
    """Why not one step was accepted; empty if one was."""
    if any(iteration.selection and iteration.selection.report for iteration in iterations):
        return ""
    failures = [failure for iteration in iterations for failure in iteration.failures]
    return failures[0] if failures else "no step was accepted"


async def _again(program: ToolGrad, step: StepState) -> Iteration:
    """The step's iteration as ``program`` would do it.

    What it added is left as it was recorded: the steps after it are the recorded ones.
    """
    done = step.recorded.model_copy(
        update={"reason": "", "proposals": (), "reports": (), "selection": None, "failures": ()}
    )
    try:
        reason, proposals = await program.proposer.acall(state=step.state, tools=step.tools, number=step.number)
        reports = tuple([await _report(program, step, proposal) for proposal in proposals])
        done = done.model_copy(update={"reason": reason, "proposals": proposals, "reports": reports})
        offered = tuple(report for report in reports if report.outcome != "failed")
        if offered:
            selection = await program.selector.acall(state=step.state, reports=offered, number=step.number)
            done = done.model_copy(update={"selection": selection})
    except AnswerError as error:
        done = done.model_copy(update={"failures": (str(error),)})
    return done


async def _report(program: ToolGrad, step: StepState, proposal: Proposal) -> Report:
    """The recorded report if these calls were proposed then, else what would come of them."""
    recorded = step.reports.get(work_key(proposal))
    if recorded is not None:
        return recorded.model_copy(update={"proposal": proposal.id, "instruction": proposal.instruction})
    execution: Execution = await program.executor.acall(state=step.state, proposal=proposal, session=step.session)
    return execution.report
