"""The states at which recorded iterations began, worked out once, so that candidates can be asked from there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from toolgrad_dspy.program.selector import chains_used
from toolgrad_dspy.program.state import State
from toolgrad_dspy.records import Iteration, Proposal, Report, Session, Step, Tool, Workflow
from toolgrad_dspy.rendering import ToolLines
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning.recorded.recording import Recording
from toolgrad_dspy.tuning.recorded.simulated_tools import RecordedResults, SimulatedTools


@dataclass(frozen=True, slots=True)
class IterationState:
    """The beginning of an iteration. ``state`` is shared by all candidates asked from it: nobody may change it.

    ``session`` answers calls in place of tools. ``reports`` holds the recorded reports by the :func:`calls_key` of
    what was proposed.
    """

    recorded: Iteration
    state: State
    session: SimulatedTools
    tools: tuple[Tool, ...]
    reports: Mapping[str, Report]

    @property
    def number(self) -> int:
        return self.recorded.number


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """``session`` as it grew, before its texts were checked: no origin in it is unknown.

    Its steps have the order that state asks for, which was found out at the end.
    """

    session: Session
    iterations: tuple[IterationState, ...]


def calls_key(proposal: Proposal) -> str:
    """Equal for proposals of equal calls."""
    return json.dumps([[call.tool, call.arguments] for call in proposal.calls], sort_keys=True)


def recorded_session(
    session: Session, recording: Recording, library: Library, known: RecordedResults
) -> RecordedSession:
    """The states of ``session``, reached by adding its chosen reports to an empty workflow once more."""
    # No model repairs a call here: what a repaired call would give is not known without running it.
    config = recording.config.model_copy(update={"repairs": 0})
    tool_lines = ToolLines(library.tools)
    states = []
    grown = State(session.seed, session.index, config, library, tool_lines)
    for iteration in session.trace.iterations:
        state = State(
            run_seed=session.seed,
            index=session.index,
            config=config,
            library=library,
            tool_lines=tool_lines,
            workflow=grown.workflow,
            lacking=grown.lacking,
            results=dict(grown.results),
            observations=dict(grown.observations),
            memory=grown.memory.copy(),
        )
        proposals = {proposal.id: proposal for proposal in iteration.proposals}
        reports = {calls_key(proposals[report.proposal]): report for report in iteration.reports}
        tools = tuple(library.tool(name) for name in iteration.offered)
        states.append(IterationState(iteration, state, SimulatedTools(library, known, iteration), tools, reports))
        _add_selection(grown, iteration)
    return RecordedSession(_with(session, grown.workflow), tuple(states))


def _add_selection(state: State, iteration: Iteration) -> None:
    """Do to ``state`` what the loop did with the iteration's attempts and its selection."""
    attempts = (attempt for report in iteration.reports for attempt in report.attempts)
    for attempt in sorted(attempts, key=lambda attempt: attempt.turn > 0):  # all drafts ran before any was mended
        state.memory.note(attempt, iteration.number)
    selection = iteration.selection
    if selection is None:
        return
    state.lacking = selection.lacking or state.lacking
    chosen = next((report for report in iteration.reports if report.proposal == selection.report), None)
    # A chosen report may have added nothing: the loop opens no chain beyond the configured number.
    if chosen is not None and iteration.added:
        state.append(chosen.kept, selection.chain, frozenset(chains_used(state.workflow, chosen)))
        if any(state.library.tool(attempt.call.tool).writes for attempt in chosen.kept):
            state.memory.forget(chosen.kept)


def _with(session: Session, grown: Workflow) -> Session:
    if session.sample is None:
        return session
    known = {step.id: step for step in session.sample.workflow.steps}

    def ordered(step: Step) -> Step:
        stored = known.get(step.id, step)
        return step.model_copy(update={"after": stored.after, "volatile": stored.volatile})

    chains = (c.model_copy(update={"steps": tuple(map(ordered, c.steps))}) for c in grown.chains)
    workflow = grown.model_copy(update={"chains": tuple(chains)})
    return session.model_copy(update={"sample": session.sample.model_copy(update={"workflow": workflow})})
