"""The loop: four modules that grow one sample, answer first (arXiv 2508.04086, section 3)."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import dspy

from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.lm.answer_faults import answer_faults
from toolgrad_dspy.lm.ask import AnswerError
from toolgrad_dspy.lm.calls.allowance import Allowance, CallLimitError, allowed
from toolgrad_dspy.lm.calls.meter import metered
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.settings import LOOP_ROLES, Role
from toolgrad_dspy.logs import about_session
from toolgrad_dspy.program.bases import with_base
from toolgrad_dspy.program.branch import CrashError
from toolgrad_dspy.program.branches import Branches
from toolgrad_dspy.program.config import ProgramConfig
from toolgrad_dspy.program.execution import Execution
from toolgrad_dspy.program.executor import Executor, Work
from toolgrad_dspy.program.order import in_order
from toolgrad_dspy.program.place import Place
from toolgrad_dspy.program.proposer import Proposer
from toolgrad_dspy.program.reach import within_reach
from toolgrad_dspy.program.reader import Reader
from toolgrad_dspy.program.role_module import RoleModule
from toolgrad_dspy.program.salvage import salvaged
from toolgrad_dspy.program.selector import Selector, chains_used
from toolgrad_dspy.program.state import State
from toolgrad_dspy.program.streaming import relayed_stream, sending_here
from toolgrad_dspy.program.updater import Updater
from toolgrad_dspy.program.witness import ANOTHER, Witness
from toolgrad_dspy.records import (
    Iteration,
    Proposal,
    Report,
    Sample,
    Selection,
    Session,
    SessionStatus,
    Step,
    Trace,
    Usage,
    Workflow,
)
from toolgrad_dspy.rendering import ToolLines
from toolgrad_dspy.sampling import Sampler, Uniform
from toolgrad_dspy.seeding import derive
from toolgrad_dspy.texts import Violation, reasons
from toolgrad_dspy.tools.library import Library

_log = logging.getLogger(__name__)

# LM calls of a limited session that are kept back for the texts: to write them, and to rewrite them once, with a
# reading of each.
CALLS_FOR_TEXTS = 4


class ToolGrad(RoleModule):
    """Grows samples against a library. One object serves any number of sessions at once.

    ``acall(seed, index)`` gives a ``dspy.Prediction`` whose ``session`` is the outcome: accepted, rejected or failed,
    with its trace. Tool trouble and unusable answers are part of it; what breaks a run raises ToolGradError.
    Optimizers see the predictors of the ``tuned`` roles only, by default the client's two.

    >>> import asyncio
    >>> from toolgrad_dspy import Library, Models
    >>> from toolgrad_dspy.world import WorldSource
    >>> async def grow():
    ...     async with Library([WorldSource()]) as library:
    ...         program = ToolGrad(library, Models.from_environment(), ProgramConfig(iterations=2))
    ...         return await program.acall(seed=0, index=0)
    >>> session = asyncio.run(grow()).session
    >>> session.status, len(session.trace.iterations)
    ('accepted', 2)
    """

    def __init__(
        self,
        library: Library,
        models: Models,
        config: ProgramConfig | None = None,
        sampler: Sampler | None = None,
        tuned: Sequence[Role] = ("proposer", "selector"),
    ) -> None:
        super().__init__(models)
        self.config = config or ProgramConfig()
        self.sampler = sampler or Uniform()
        self.proposer = Proposer(models)
        self.executor = Executor(models)
        self.selector = Selector(models)
        self.reader = Reader(models)
        self.updater = Updater(models, self.reader)
        with_base(self, self.config.base)
        self.tuned = tuple(role for role in LOOP_ROLES if role in tuned)
        for role in LOOP_ROLES:
            # DSPy neither shows nor stores what it takes for compiled.
            getattr(self, role)._compiled = role not in self.tuned
        self.library = library
        library.hide(models.secrets)
        self._budget = models.budget
        self._tool_lines: ToolLines | None = None

    def forward(self, seed: int, index: int) -> dspy.Prediction:
        """As :meth:`aforward`, for callers without an event loop: DSPy's optimizers.

        All calls of a process run on one background loop: the one on which ``with Library(...)`` opens the tools.
        """
        with sending_here():
            return run_on_loop_thread(self.aforward(seed=seed, index=index))

    def _lines(self) -> ToolLines:
        """The tools as prompts show them; the library is open only when sessions run."""
        if self._tool_lines is None:
            self._tool_lines = ToolLines(self.library.tools)
        return self._tool_lines

    async def aforward(self, seed: int, index: int) -> dspy.Prediction:
        """Grow the sample ``index`` of the run seeded by ``seed``."""
        async with relayed_stream():
            with about_session(index):
                return dspy.Prediction(session=await self._told(seed, index))

    async def _told(self, seed: int, index: int) -> Session:
        """The session, with its begin and its end in the log."""
        _log.info("began, of the run seeded by %d", seed)
        try:
            session = await self._grown(seed, index)
        except BaseException as error:  # boundary of a session
            _log.info("ended without a result: %s %s", type(error).__name__, error)
            raise
        used = session.usage
        usd, unpriced = (sum(getattr(role, name) for role in used.roles.values()) for name in ("usd", "unpriced"))
        _log.info(
            "ended, %s%s: %d LM calls, %d tokens, %.4f US dollars%s, %d tool calls, %.1f s",
            session.status,
            f" ({session.reason})" if session.reason else "",
            used.lm_calls,
            used.tokens,
            usd,
            f" and {unpriced} calls without a price" if unpriced else "",
            used.all_tool_calls,
            session.seconds,
        )
        return session

    def _branches(self, seed: int) -> Branches:
        return Branches(self.library, seed, self._budget, self.config.proposals)

    async def _grown(self, seed: int, index: int) -> Session:
        started = time.perf_counter()
        with metered() as meter, answer_faults() as faults, allowed(self.config.max_calls) as allowance:
            # One seed for all branches of the sample: each starts in the same state, so that writes can be repeated.
            async with self._branches(derive(seed, index, "tools")) as branches:
                state = State(seed, index, self.config, self.library, self._lines())
                growth = _Growth(self, state, branches, Witness(branches))
                status, reason = await growth.grown(allowance)
                usage = Usage(
                    roles=meter.roles(),
                    tool_calls=branches.tool_calls,
                    replayed_calls=branches.replayed_calls,
                    tools=branches.counts.usage(),
                )
        return Session(
            index=index,
            seed=seed,
            status=status,
            reason=reason,
            sample=_sample(state) if status != "failed" else None,
            trace=Trace(
                iterations=tuple(state.iterations),
                notes=tuple(state.notes),
                faults=tuple(faults),
                checks=state.checks,
                rewritten=state.rewritten,
            ),
            usage=usage,
            seconds=time.perf_counter() - started,
        )


@dataclass(frozen=True, slots=True)
class _Growth:
    """One sample in the making: the passes of the loop over one state and its tool sessions."""

    program: ToolGrad
    state: State
    branches: Branches
    witness: Witness

    async def grown(self, allowance: Allowance) -> tuple[SessionStatus, str]:
        """Grow the sample: the session's status and the reason for it."""
        try:
            await self.iterations(allowance)
            await in_order(self.state, self.branches, self.witness)
            return await self.finish()
        except CrashError as error:
            return "failed", f"crash: {error}"

    async def iterations(self, allowance: Allowance) -> None:
        """All passes; fewer if the session may make no more LM calls. Those for the texts are kept back."""
        limit = allowance.limit
        allowance.limit = None if limit is None else limit - _kept_back(limit)
        for number in range(1, self.program.config.iterations + 1):
            self.state.iterations.append(await self.iterate(number))
            if allowance.limit is not None and allowance.taken >= allowance.limit:
                break
        allowance.limit = limit

    async def iterate(self, number: int) -> Iteration:
        """One pass: sample, propose, execute, select, update. A failed step skips the rest of it."""
        program, state = self.program, self.state
        tools = program.sampler.sample(
            program.library.tools, derive(state.run_seed, state.index), number, program.config.mini_batch
        )
        tools = within_reach(tools, state)
        state.offered.update(dict.fromkeys(tool.name for tool in tools))
        notes = _IterationNotes(number, offered=tuple(sorted(tool.name for tool in tools)))
        try:
            proposed = await program.proposer.acall(state=state, tools=tools, number=number)
            notes.reason, notes.proposals = proposed.reason, proposed.proposals
            notes.failures += proposed.dropped
            places = {p.id: Place(self.branches, state.workflow.steps, state.memory) for p in proposed.proposals}
            work = Work(proposed.proposals, places, tools[: state.most_tools], number)
            executions = await program.executor.acall(state=state, work=work)
            notes.reports = tuple(execution.report for execution in executions)
            if offered := _offered(notes.reports):
                notes.selection = await program.selector.acall(state=state, reports=offered, number=number)
                await self._take(notes, notes.selection, executions, places)
                if notes.added and program.config.update == "each":
                    await program.updater.acall(state=state)
        except (AnswerError, CallLimitError) as error:
            notes.failures.append(str(error))
        # Also after a failure: the branches of this iteration would hold their sessions open to the end.
        await self.branches.prune()
        return notes.iteration()

    async def _take(
        self,
        notes: "_IterationNotes",
        selection: Selection,
        executions: Sequence[Execution],
        places: Mapping[str, Place],
    ) -> None:
        """Append the chosen report to its chain; the trunk has what it wrote."""
        state = self.state
        # Also when nothing is taken: what is lacking steers the next proposer away from what was just refused.
        state.lacking = selection.lacking or state.lacking
        chosen = next((execution for execution in executions if execution.proposal.id == selection.report), None)
        if chosen is None:  # the selector took none of the reports
            return
        report = await self._confirmed(notes, chosen.report)
        used = frozenset(chains_used(state.workflow, report))
        notes.added = state.append(report.kept, selection.chain, used, chosen.results)
        await self.branches.adopt(await places[report.proposal].trunk_after(report, state.workflow.steps))
        if any(self.branches.writes(attempt.call.tool) for attempt in report.kept):
            state.memory.forget(report.kept)

    async def _confirmed(self, notes: "_IterationNotes", report: Report) -> Report:
        """The chosen report with what of it can be repeated. What cannot is not tried again."""
        confirmed, problems = await self.witness.confirmed(report, self.state.workflow.steps)
        # It may have seen a write that the report discarded: then it can be repeated without that.
        discarded = [a.call.tool for a in report.attempts if not a.kept and a.observation is not None]
        repeatable = self.branches.needs_branch(discarded)
        for attempt in report.attempts:
            if problem := problems.get(attempt.id):
                notes.failures.append(f"replay: {attempt.call.tool} is left out: {problem}")
                if problem == ANOTHER and not repeatable:
                    self.state.memory.refuse(attempt.call, notes.number, problem)
        reports = {other.proposal: other for other in notes.reports} | {report.proposal: confirmed}
        notes.reports = tuple(reports.values())
        return confirmed

    async def finish(self) -> tuple[SessionStatus, str]:
        """Write the texts and check the sample: the session's status and the reason for it."""
        program, state = self.program, self.state
        if not state.workflow.chains:
            failures = [failure for iteration in state.iterations for failure in iteration.failures]
            return "failed", f"no step was accepted in {len(state.iterations)} iterations" + (
                f"; last failure: {failures[-1]}" if failures else ""
            )
        try:
            broken = await program.updater.acall(state=state)
            if broken:
                broken = await self._salvage(broken)
        except (AnswerError, CallLimitError) as error:
            return "rejected", f"no query: {error}"
        if broken:
            # What the query still does not state has no known origin after all: the stored sample says so.
            state.workflow = with_unknown_origins(state.workflow, broken)
            return "rejected", reasons(broken)
        return "accepted", state.salvaged

    async def _salvage(self, broken: tuple[Violation, ...]) -> tuple[Violation, ...]:
        """Take out what the query does not ask for; what is broken then, or ``broken`` if nothing can be saved."""
        program, state = self.program, self.state
        smaller = await salvaged(state, self.branches, broken)
        if smaller is None:
            return broken
        whole, texts, checks = state.workflow, (state.query, state.response), state.checks
        state.workflow = smaller.workflow
        still, state.checks = await program.updater.examined(state)
        if still:
            # They speak of what was taken out.
            state.violations = None
            with suppress(AnswerError, CallLimitError):
                still = await program.updater.acall(state=state)
        if still:
            state.workflow, (state.query, state.response), state.checks = whole, texts, checks
            return broken
        state.violations, state.salvaged = (), f"salvaged: {'; '.join(smaller.notes)}"
        return ()


@dataclass(slots=True)
class _IterationNotes:
    """The record of an iteration in the making, with the same fields."""

    number: int
    offered: tuple[str, ...]
    reason: str = ""
    proposals: tuple[Proposal, ...] = ()
    reports: tuple[Report, ...] = ()
    selection: Selection | None = None
    added: tuple[str, ...] = ()
    failures: list[str] = field(default_factory=list)

    def iteration(self) -> Iteration:
        return Iteration(
            number=self.number,
            offered=self.offered,
            reason=self.reason,
            proposals=self.proposals,
            reports=self.reports,
            selection=self.selection,
            added=self.added,
            failures=tuple(self.failures),
        )


def _kept_back(limit: int) -> int:
    """How many of a session's ``limit`` LM calls are for its texts.

    >>> [_kept_back(limit) for limit in (2, 4, 9, 12, 40)]
    [1, 2, 2, 3, 4]
    """
    # Of few a quarter, or two: texts are written and read. A step takes two, too, to propose it and to select it.
    return min(limit // 2, max(2, min(CALLS_FOR_TEXTS, limit // 4)))


def _offered(reports: Sequence[Report]) -> tuple[Report, ...]:
    """What the selector chooses from. A failed report has no call to add.

    An empty result ("no events on that day") is an answer, but a poor one: only where there is nothing else.
    """
    found = tuple(report for report in reports if report.outcome == "ok")
    return found or tuple(report for report in reports if report.outcome == "empty")


def _sample(state: State) -> Sample:
    return Sample(
        id=f"{state.run_seed}-{state.index:06d}",
        seed=state.run_seed,
        query=state.query,
        workflow=state.workflow,
        response=state.response,
        offered=tuple(sorted(state.offered)),
    )


def with_unknown_origins(workflow: Workflow, broken: Iterable[Violation]) -> Workflow:
    """``workflow`` with the origin of every value that the query was to state, and does not, turned ``unknown``."""
    missing = {(v.demand.step, v.demand.pointer) for v in broken if v.demand and v.code == "value_not_stated"}

    def reworked(step: Step) -> Step:
        origins = tuple(
            o.model_copy(update={"kind": "unknown"}) if (step.id, o.pointer) in missing else o for o in step.origins
        )
        return step.model_copy(update={"origins": origins})

    chains = tuple(c.model_copy(update={"steps": tuple(map(reworked, c.steps))}) for c in workflow.chains)
    return workflow.model_copy(update={"chains": chains})
