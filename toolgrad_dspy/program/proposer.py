"""The proposer: which tools to call next, with complete draft calls."""

from collections.abc import Sequence
from dataclasses import dataclass

import dspy

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.json_schema import JsonSchema
from toolgrad_dspy.lm.ask import TOO_LONG, AnswerError, ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.schemas import holding
from toolgrad_dspy.program.answer_schemas import MOST_CALLS, SENTENCE, proposals_schema
from toolgrad_dspy.program.drafts import at_most, read_draft
from toolgrad_dspy.program.state import State
from toolgrad_dspy.records import Proposal, Tool
from toolgrad_dspy.seeding import derive
from toolgrad_dspy.signatures import Propose, ProposedWork


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposer's answer: its reason, the proposals that can be tried, and why each of the others cannot."""

    reason: str
    proposals: tuple[Proposal, ...]
    dropped: tuple[str, ...] = ()


class Proposer(dspy.Module):
    """Asks for proposals over a mini-batch of tools."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self.predict = dspy.Predict(Propose)
        self._models = models

    async def aforward(self, state: State, tools: tuple[Tool, ...], number: int) -> Proposed:
        """At most ``config.proposals`` proposals, each of one to three calls of ``tools``.

        A proposal with a call that cannot be read, or of a tool that is not at hand, is dropped alone, and so is one
        that makes the calls of another. When none is left the model is asked once more, with the names of the tools.
        A prompt that is too long for the model is shortened by half of the tools, for the rest of the session. Raises
        AnswerError.

        Every session shows the tools in an order of its own: a model's bias for early items must not become a bias of
        the data, and within a session the beginning of the prompts stays the same.
        """
        proposed, tools = await self._ask_with_room(state, tools, number)
        if proposed.proposals:
            return proposed
        names = ", ".join(sorted(tool.name for tool in tools))
        again = await self._ask(state, tools, number, f"; propose at least one call of these tools: {names}")
        return Proposed(again.reason, again.proposals, (*proposed.dropped, *again.dropped))

    async def _ask_with_room(
        self, state: State, tools: tuple[Tool, ...], number: int
    ) -> tuple[Proposed, tuple[Tool, ...]]:
        """The answer, and the tools that it is about: half of them, and again, while the prompt is too long."""
        while True:
            shown = tools[: state.most_tools]
            try:
                return await self._ask(state, shown, number, ""), shown
            except AnswerError as error:
                if error.code != TOO_LONG or len(shown) == 1:
                    raise
                state.most_tools = len(shown) // 2
                state.notes.append(f"a prompt with {len(shown)} tools is too long for the model: half are shown")

    async def _ask(self, state: State, tools: tuple[Tool, ...], number: int, urged: str) -> Proposed:
        shown = sorted(tools, key=lambda tool: derive(state.run_seed, state.index, "tool order", tool.name))
        limit = state.config.proposals

        def schemas() -> dict[str, JsonSchema]:
            proposals = proposals_schema(tools, limit, state.sources(), state.known_ids(tools))
            return {"reason": SENTENCE, "proposals": proposals}

        def unchanging() -> dict[str, JsonSchema]:
            return {"reason": SENTENCE, "proposals": proposals_schema(tools, limit, "any")}

        with holding(schemas, stable=unchanging if state.stable else None):
            answer = await ask(
                self.predict,
                self._models,
                "proposer",
                tools=state.tools_text(shown),
                workflow=state.workflow_text(),
                usable=state.usable(tools),
                failed=state.memory.told(),
                lacking=state.lacking,
                progress=f"{state.progress(number)}; make {limit} proposals{urged}",
            )
        return _read(answer.reason, at_most(limit, answer.proposals, "proposals", "proposer"), tools)


def _read(reason: str, works: Sequence[ProposedWork], tools: tuple[Tool, ...]) -> Proposed:
    proposals: list[Proposal] = []
    dropped = []
    for work in works:
        problem = _problem(work, tools)
        if problem:
            dropped.append(f"proposal dropped: {problem}")
            continue
        called = at_most(MOST_CALLS, work.calls, "calls of a proposal", "proposer")
        calls = tuple(draft for call in called if (draft := read_draft(call, tools)))
        same = next((proposal.id for proposal in proposals if proposal.calls == calls), None)
        if same:
            dropped.append(f"proposal dropped: its calls are those of {same}")
            continue
        # The ids count the usable proposals.
        proposals.append(Proposal(id=f"p{len(proposals) + 1}", instruction=work.instruction, calls=calls))
    return Proposed(reason, tuple(proposals), tuple(dropped))


def _problem(work: ProposedWork, tools: tuple[Tool, ...]) -> str:
    """Why a proposal cannot be tried; empty if it can."""
    fault = work.fault or next((call.fault for call in work.calls if call.fault), "")
    if fault:
        return fault
    if not work.calls:
        return f"it has no call ({one_line(work.instruction, 80)})"
    unknown = next((call.tool for call in work.calls if read_draft(call, tools) is None), None)
    return "" if unknown is None else f"there is no tool {one_line(unknown, 80)!r} at hand"
