"""Evaluating candidates on recorded sessions: no tool is run, and a session's iterations are asked about at once."""

from collections.abc import Iterable
from dataclasses import replace
from time import perf_counter

import dspy

from toolgrad_dspy.concurrency import gather_or_cancel, run_on_loop_thread
from toolgrad_dspy.errors import RunError, UsageError
from toolgrad_dspy.lm import Role, metered
from toolgrad_dspy.lm.ask import AnswerError
from toolgrad_dspy.metrics import Finding, Metric
from toolgrad_dspy.metrics.feedback import proposer_feedback, selector_feedback
from toolgrad_dspy.metrics.iteration_metric import IterationMetric
from toolgrad_dspy.program import ToolGrad
from toolgrad_dspy.program.execution import Execution
from toolgrad_dspy.program.executor import Work
from toolgrad_dspy.records import Iteration, Proposal, Report, Trace
from toolgrad_dspy.seeding import generator
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tools.wrappers import Replay
from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation, metered_use
from toolgrad_dspy.tuning.invocations import invocations_of
from toolgrad_dspy.tuning.recorded.recording import Recording
from toolgrad_dspy.tuning.recorded.simulated_tools import RecordedResults
from toolgrad_dspy.tuning.recorded.states import IterationState, RecordedSession, calls_key, recorded_session

# The roles that a recording can tune: no tool is run, so nothing is repaired, and no sample is finished.
RECORDED_ROLES: tuple[Role, ...] = ("proposer", "selector")
# The failure of an evaluation in which no report was chosen, if nothing else went wrong.
NOTHING_ACCEPTED = "no step was accepted"


class RecordedEvaluator(Evaluator):
    """Asks a candidate about half of the iterations of a recorded session, each from its recorded state.

    Asked are the candidate's proposals, and its selection among what would come of them. What the recording does not
    answer is guessed: see ``simulated_tools.py``. Scores are those of
    :class:`~toolgrad_dspy.metrics.iteration_metric.IterationMetric`.

    The tools are those of the recording: the evaluated program's library is never used, and need not be open. Not to
    be made or used on the background loop. Raises UsageError if the metric has no part that iterations tell about::

        recording = record(program, [*tasks.train, *tasks.validation])
        evaluator = RecordedEvaluator(recording, Metric())
        result = optimizer("gepa").tune(program, tasks, evaluator, models, budget=TuningBudget(60), seed=0)
    """

    whole = False

    def __init__(self, recording: Recording, metric: Metric) -> None:
        self._metric = IterationMetric(metric)
        library = Library([Replay("recording", recording.tools, ())])
        run_on_loop_thread(library.open())
        known = RecordedResults.of(recording.sessions, recording.tools)
        self._sessions = {
            (session.seed, session.index): recorded_session(session, recording, library, known)
            for session in recording.sessions
        }

    def evaluate(self, program: ToolGrad, seed: int, index: int) -> TaskEvaluation:
        """Ask ``program`` about iterations of the recorded session, always the same ones.

        The other iterations stay as recorded. So the sessions of the result are not one program's work, and none may
        become a sample. Raises RunError for a session that was not recorded, and what models raise when the run has
        to end.
        """
        recorded = self._sessions.get((seed, index))
        if recorded is None:
            raise RunError(f"session {index} of seed {seed} was not recorded", code="session_not_recorded")
        asked = _asked(recorded)
        started = perf_counter()
        with dspy.context(trace=[]), metered() as meter:
            iterations = run_on_loop_thread(gather_or_cancel(_asked_again(program, state) for state in asked))
            invocations = invocations_of(dspy.settings.trace, program, program.config.iterations)
        new = {iteration.number: iteration for iteration in iterations}
        mixed = tuple(new.get(iteration.number, iteration) for iteration in recorded.session.trace.iterations)
        session = recorded.session.model_copy(update={"trace": Trace(iterations=mixed)})
        return TaskEvaluation(
            score=self._metric.score(recorded.session, session, new.keys()).value,
            sessions=dict.fromkeys(RECORDED_ROLES, session),
            invocations=invocations,
            failure=_failure(iterations),
            use=metered_use(meter, perf_counter() - started),
        )

    def knows(self, seed: int, index: int) -> bool:
        return (seed, index) in self._sessions

    def check_roles(self, roles: tuple[str, ...]) -> None:
        others = [role for role in roles if role not in RECORDED_ROLES]
        if others:
            raise UsageError(
                f"recorded sessions can tune {' and '.join(RECORDED_ROLES)}, not {' and '.join(others)}: what those "
                "do needs tools, or the whole sample; tune without a recording, or leave them out",
                code="role_not_recorded",
            )

    def feedback(self, evaluation: TaskEvaluation, role: str, iteration: int) -> tuple[Finding, ...]:
        session = evaluation.sessions[role]
        current = next(i for i in session.trace.iterations if i.number == iteration)
        findings = proposer_feedback if role == "proposer" else selector_feedback
        return tuple(findings(session, current))


def _asked(recorded: RecordedSession) -> list[IterationState]:
    """The iterations that are asked about: half of them, the same for every candidate."""
    session, states = recorded.session, recorded.iterations
    drawn = generator(session.seed, session.index, "asked steps").sample(states, (len(states) + 1) // 2)
    return sorted(drawn, key=lambda state: state.number)


def _failure(iterations: Iterable[Iteration]) -> str:
    """Why no step was accepted; empty if one was."""
    if any(iteration.selection and iteration.selection.report for iteration in iterations):
        return ""
    failures = [failure for iteration in iterations for failure in iteration.failures]
    return failures[0] if failures else NOTHING_ACCEPTED


async def _asked_again(program: ToolGrad, recorded: IterationState) -> Iteration:
    """The iteration as ``program`` would do it.

    The steps that it added stay as recorded, since the recorded iterations after it build on them.
    """
    # What fails now is this candidate's: the recorded state is shared by all of them.
    start = replace(recorded, state=replace(recorded.state, memory=recorded.state.memory.copy()))
    done = start.recorded.model_copy(
        update={"reason": "", "proposals": (), "reports": (), "selection": None, "failures": ()}
    )
    try:
        proposed = await program.proposer.acall(state=start.state, tools=start.tools, number=start.number)
        reports = await _reports(program, start, proposed.proposals)
        done = done.model_copy(
            update={
                "reason": proposed.reason,
                "proposals": proposed.proposals,
                "reports": reports,
                "failures": proposed.dropped,
            }
        )
        # As in the loop: the selector is not asked about failures, nor when nothing else is left.
        offered = tuple(report for report in reports if report.outcome != "failed")
        if offered:
            selection = await program.selector.acall(state=start.state, reports=offered, number=start.number)
            done = done.model_copy(update={"selection": selection})
    except AnswerError as error:
        done = done.model_copy(update={"failures": (*done.failures, str(error))})
    return done


async def _reports(program: ToolGrad, start: IterationState, proposals: tuple[Proposal, ...]) -> tuple[Report, ...]:
    """The recorded report where the same calls were proposed then, else what would come of them."""
    new = [proposal for proposal in proposals if calls_key(proposal) not in start.reports]
    work = Work(new, {proposal.id: start.session for proposal in new}, start.tools, start.number)
    executions: list[Execution] = await program.executor.acall(state=start.state, work=work)
    reports = {execution.proposal.id: execution.report for execution in executions}
    for proposal in proposals:
        recorded = start.reports.get(calls_key(proposal))
        if recorded is not None:
            update = {"proposal": proposal.id, "instruction": proposal.instruction}
            reports[proposal.id] = recorded.model_copy(update=update)
    return tuple(reports[proposal.id] for proposal in proposals)
