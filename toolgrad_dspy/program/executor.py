"""The executor: runs the drafts of proposals, and asks a model to mend what did not run, or came back empty."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import dspy

from toolgrad_dspy.concurrency import gather_or_cancel
from toolgrad_dspy.json_schema import JsonSchema
from toolgrad_dspy.lm.answer_faults import answer_faults, pass_on
from toolgrad_dspy.lm.ask import AnswerError, ask
from toolgrad_dspy.lm.calls.allowance import CallLimitError
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.schemas import holding
from toolgrad_dspy.program.answer_schemas import MOST_CALLS, calls_schema
from toolgrad_dspy.program.doubtful import ResultJudge
from toolgrad_dspy.program.drafts import at_most, read_draft
from toolgrad_dspy.program.execution import Execution
from toolgrad_dspy.program.state import State
from toolgrad_dspy.records import AnswerFault, DraftCall, Proposal, Tool
from toolgrad_dspy.rendering import attempt_lines, schema_line
from toolgrad_dspy.signatures import Repair
from toolgrad_dspy.tools.base import ToolSession


@dataclass(frozen=True, slots=True)
class Work:
    """What an executor is given: the proposals of iteration ``number``, the session that each of them runs on, by
    its id, and the tools of the mini-batch.
    """

    proposals: Sequence[Proposal]
    sessions: Mapping[str, ToolSession]
    tools: Sequence[Tool]
    number: int


class Executor(dspy.Module):
    """Carries out the proposals of an iteration on tool sessions, and reports on each."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self.predict = dspy.Predict(Repair)
        self._models = models
        self._judge = ResultJudge(models)

    async def aforward(self, state: State, work: Work) -> list[Execution]:
        """The executions of the proposals, in their order. All drafts run at once.

        With ``config.mend == "needed"`` a model is asked only if no proposal gave a result, and until one does: only
        one report is taken. Then the proposals take turns, ``config.repairs`` in all. With ``"all"`` every proposal
        is mended, all at once, with as many turns each. Raises only what ends the run.
        """
        at_hand = frozenset(tool.name for tool in work.tools)
        running = [
            Execution(state, proposal, work.sessions[proposal.id], at_hand, work.number, self._judge)
            for proposal in work.proposals
        ]
        for faults in await gather_or_cancel(_drafts_run(execution) for execution in running):
            pass_on(faults)
        _remember(running)
        if state.config.mend == "all":
            for faults in await gather_or_cancel(self._mended(execution, work) for execution in running):
                pass_on(faults)
            _remember(running)
        else:
            await self._one_mended(running, work)
        return running

    async def _one_mended(self, running: list[Execution], work: Work) -> None:
        """Mend the proposals by turns until one gives a result."""
        turns = running[0].state.config.repairs if running else 0
        waiting = deque(execution for execution in running if execution.to_mend)
        while turns and waiting and all(execution.poor for execution in running):
            execution = waiting.popleft()
            turns -= 1
            if await self._turn(execution, work):
                waiting.append(execution)
            execution.remember()

    async def _mended(self, execution: Execution, work: Work) -> list[AnswerFault]:
        """Mend one proposal until it gives a result, the model gives up, or the turns are used up.

        Returns the faults of the model's answers.
        """
        with answer_faults() as faults:
            for _ in range(execution.state.config.repairs):
                if not execution.to_mend or not await self._turn(execution, work):
                    break
        return faults

    async def _turn(self, execution: Execution, work: Work) -> bool:
        """Ask for better calls, and run them; whether another turn may help."""
        try:
            calls = await self._ask(execution, work)
        except (AnswerError, CallLimitError) as error:
            # The model cannot mend it; the draft's own failure is in the report as an attempt.
            execution.problem = f"repair: {error}"
            return False
        if not calls:  # the model gave up: a booking for a day that is full cannot be mended
            return False
        return await execution.mend(calls) and execution.to_mend

    async def _ask(self, execution: Execution, work: Work) -> list[DraftCall]:
        """The model's calls in place of the poor one; none if it gives up. Raises AnswerError."""
        state = execution.state
        sources = state.sources(*(attempt.id for attempt in execution.attempts))

        def schemas() -> dict[str, JsonSchema]:
            ids = state.known_ids(work.tools, *execution.results.values())
            return {"calls": calls_schema(work.tools, sources, ids)}

        def unchanging() -> dict[str, JsonSchema]:
            return {"calls": calls_schema(work.tools, "any")}

        with holding(schemas, stable=unchanging if state.stable else None):
            answer = await ask(
                self.predict,
                self._models,
                "executor",
                tools=_tools(execution, work),
                workflow=state.workflow_text(),
                instruction=execution.proposal.instruction,
                attempts=attempt_lines(execution.attempts, state.config.shown_chars),
            )
        # A tool that does not exist fails as an attempt, and its failure is what the next turn reads.
        readable = [call for call in answer.calls if not call.fault]
        return [
            read_draft(call, work.tools) or DraftCall(tool=call.tool, arguments=call.arguments)
            for call in at_most(MOST_CALLS, readable, "calls of a repair", "executor")
        ]


async def _drafts_run(execution: Execution) -> list[AnswerFault]:
    """Run the drafts of one proposal. Returns the faults of the answers of a model that judged its results."""
    with answer_faults() as faults:
        await execution.go_on()
    return faults


def _remember(executions: Iterable[Execution]) -> None:
    for execution in executions:
        execution.remember()


def _tools(execution: Execution, work: Work) -> str:
    """The tools under repair with their full schemas, then the others of the mini-batch, one line each."""
    own = {draft.tool for draft in execution.proposal.calls}
    full = [schema_line(tool) for tool in work.tools if tool.name in own]
    others = execution.state.tools_text(tool for tool in work.tools if tool.name not in own)
    return "\n".join([*full, others] if others else full)
