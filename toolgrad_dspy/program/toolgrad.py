"""The loop: four modules that grow one sample, answer first (arXiv 2508.04086, section 3)."""

import time
from typing import Any, Literal

import dspy

from toolgrad_dspy.concurrency import gather_or_cancel, run_on_loop_thread
from toolgrad_dspy.lm.ask import AnswerError
from toolgrad_dspy.lm.calls.meter import metered
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.program.branches import Branch, Branches
from toolgrad_dspy.program.config import ProgramConfig
from toolgrad_dspy.program.executor import Executor
from toolgrad_dspy.program.proposer import Proposer
from toolgrad_dspy.program.selector import Selector, chains_used
from toolgrad_dspy.program.state import State
from toolgrad_dspy.program.updater import Updater
from toolgrad_dspy.provenance.query_rules import demands, unstated, with_unknown_origins
from toolgrad_dspy.records import (
    Iteration,
    Proposal,
    Report,
    Sample,
    Selection,
    Session,
    Trace,
    Usage,
)
from toolgrad_dspy.rendering import ToolLines
from toolgrad_dspy.sampling import Sampler, Uniform
from toolgrad_dspy.seeding import derive
from toolgrad_dspy.tools.library import Library

Status = Literal["accepted", "rejected", "failed"]


class ToolGrad(dspy.Module):
    """Grows samples against a library. One object serves any number of sessions at once.

    ``acall(seed, index)`` gives a ``dspy.Prediction`` whose ``session`` is the outcome: accepted, rejected or failed,
    with its trace. Tool trouble and unusable answers are part of it; what breaks a run raises ToolGradError.
    Optimizers see the predictors of ``proposer`` and ``selector`` only.
    """

    def __init__(
        self,
        library: Library,
        models: Models,
        config: ProgramConfig | None = None,
        sampler: Sampler | None = None,
    ) -> None:
        super().__init__()
        self.config = config or ProgramConfig()
        self.sampler = sampler or Uniform()
        self.proposer = Proposer(models)
        self.executor = Executor(models)
        self.selector = Selector(models)
        self.updater = Updater(models)
        self.library = library
        self._budget = models.budget
        self._tool_lines = ToolLines()

    def forward(self, seed: int, index: int) -> dspy.Prediction:
        """As :meth:`aforward`, for callers without an event loop: DSPy's optimizers.

        All calls of a process run on one background loop, where the library has to have been opened.
        """
        return run_on_loop_thread(self.aforward(seed=seed, index=index))

    async def aforward(self, seed: int, index: int) -> dspy.Prediction:
        """Grow the sample ``index`` of the run seeded by ``seed``."""
        started = time.perf_counter()
        with metered() as meter:
            async with Branches(self.library, derive(seed, index, "tools"), self._budget) as environment:
                state = State(seed, index, self.config, environment, self._tool_lines)
                for number in range(1, self.config.iterations + 1):
                    state.iterations.append(await self._iterate(state, number))
                status, reason = await self._finish(state)
                usage = Usage(
                    roles=meter.roles(),
                    tool_calls=environment.tool_calls,
                    replayed_calls=environment.replayed_calls,
                )
        session = Session(
            index=index,
            seed=seed,
            status=status,
            reason=reason,
            sample=_sample(state) if state.workflow.chains else None,
            trace=Trace(iterations=tuple(state.iterations)),
            usage=usage,
            seconds=time.perf_counter() - started,
        )
        return dspy.Prediction(session=session)

    async def _iterate(self, state: State, number: int) -> Iteration:
        """One pass: sample, propose, execute, select, update. A failed step skips the rest of it."""
        tools = self.sampler.sample(
            self.library.tools, derive(state.run_seed, state.index), number, self.config.mini_batch
        )
        state.offered.update(dict.fromkeys(tool.name for tool in tools))
        record = _Record(number=number, offered=tuple(sorted(tool.name for tool in tools)))
        try:
            record.reason, record.proposals = await self.proposer.acall(state=state, tools=tools, number=number)
            branches = await self._branches(state, record.proposals)
            record.reports = await self._execute(state, record.proposals, branches)
            offered = tuple(report for report in record.reports if report.outcome != "failed")
            if offered:
                selection = await self.selector.acall(state=state, reports=offered, number=number)
                record.selection = selection
                await self._take(state, record, selection, branches)
                if record.added and self.config.update == "each":
                    await self.updater.acall(state=state)
        except AnswerError as error:
            record.failures.append(str(error))
        await state.environment.prune()
        return record.done()

    async def _branches(self, state: State, proposals: tuple[Proposal, ...]) -> dict[str, Branch]:
        """Where each proposal runs: on the trunk if it only reads, else on a branch of its own."""
        environment = state.environment
        places = {}
        for proposal in proposals:
            writes = environment.needs_branch(call.tool for call in proposal.calls)
            places[proposal.id] = await environment.branch(state.workflow.steps) if writes else environment.trunk
        return places

    async def _execute(
        self, state: State, proposals: tuple[Proposal, ...], branches: dict[str, Branch]
    ) -> tuple[Report, ...]:
        return tuple(
            await gather_or_cancel(
                self.executor.acall(state=state, proposal=p, branch=branches[p.id]) for p in proposals
            )
        )

    async def _take(self, state: State, record: "_Record", selection: Selection, branches: dict[str, Branch]) -> None:
        """Append the chosen report to its chain and make the branch it ran on the trunk."""
        state.lacking = selection.lacking or state.lacking
        report = next((r for r in record.reports if r.proposal == selection.report), None)
        if report is None:
            return
        if selection.chain is None and len(state.workflow.chains) >= self.config.chains:
            record.failures.append(f"no new chain for {report.proposal}: there are {self.config.chains} already")
            return
        used = frozenset(chains_used(state.workflow, report))
        record.added = state.append(report.kept, selection.chain, used)
        branch = branches[report.proposal]
        if not branch.is_trunk:
            await state.environment.adopt(await self._clean(state, report, branch))

    async def _clean(self, state: State, report: Report, branch: Branch) -> Branch:
        """``branch``, or one without the writes that ran on it and were not taken over.

        A failed call counts as one that ran: it may have written before it failed.
        """
        discarded = [a.call.tool for a in report.attempts if not a.kept and a.observation is not None]
        if state.environment.needs_branch(discarded):
            return await state.environment.branch(state.workflow.steps)
        return branch

    async def _finish(self, state: State) -> tuple[Status, str]:
        """Write the texts and check the sample: the session's status and the reason for it."""
        if not state.workflow.chains:
            failures = [failure for iteration in state.iterations for failure in iteration.failures]
            return "failed", f"no step was accepted in {self.config.iterations} iterations" + (
                f"; last failure: {failures[-1]}" if failures else ""
            )
        try:
            wrong = await self.updater.acall(state=state)
        except AnswerError as error:
            return "rejected", f"no query: {error}"
        if wrong:
            missing = unstated(state.query, demands(state.workflow, self.library))
            state.workflow = with_unknown_origins(state.workflow, missing)
            return "rejected", "; ".join(wrong)
        difference = await state.environment.replay(state.workflow.steps)
        return ("rejected", f"replay: {difference}") if difference else ("accepted", "")


class _Record:
    """An iteration being written down."""

    def __init__(self, number: int, offered: tuple[str, ...]) -> None:
        self.number = number
        self.offered = offered
        self.reason = ""
        self.proposals: tuple[Proposal, ...] = ()
        self.reports: tuple[Report, ...] = ()
        self.selection: Selection | None = None
        self.added: tuple[str, ...] = ()
        self.failures: list[str] = []

    def done(self) -> Iteration:
        fields: dict[str, Any] = {**vars(self), "failures": tuple(self.failures)}
        return Iteration(**fields)


def _sample(state: State) -> Sample:
    return Sample(
        id=f"{state.run_seed}-{state.index:06d}",
        seed=state.run_seed,
        query=state.query,
        workflow=state.workflow,
        response=state.response,
        offered=tuple(sorted(state.offered)),
    )
