"""The proposer: which tools to call next, with complete draft calls."""

import dspy

from toolgrad_dspy.lm.ask import ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.program.constrained import signature_of, with_tool_names
from toolgrad_dspy.program.state import State
from toolgrad_dspy.records import DraftCall, Proposal, Tool
from toolgrad_dspy.seeding import derive
from toolgrad_dspy.signatures import Propose

# The paper's limit on the tools of one proposal (arXiv 2508.04086, section 3).
CALLS_PER_PROPOSAL = 3


class Proposer(dspy.Module):
    """Asks for proposals over a mini-batch of tools; tool names are confined to it."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self.predict = dspy.Predict(Propose)
        self._models = models

    async def aforward(self, state: State, tools: tuple[Tool, ...], number: int) -> tuple[str, tuple[Proposal, ...]]:
        """The reason and at most ``config.proposals`` proposals, each of one to three calls.

        Every session shows the tools in an order of its own: a model's bias for early items must not become a bias of
        the data, and within a session the beginning of the prompts stays the same. Raises AnswerError.
        """
        shown = sorted(tools, key=lambda tool: derive(state.run_seed, state.index, "tool order", tool.name))
        limit = state.config.proposals
        answer = await ask(
            self.predict,
            self._models,
            "proposer",
            signature=with_tool_names(signature_of(self.predict), "proposals", tools),
            tools=state.tool_lines.text(shown),
            workflow=state.workflow_text(),
            lacking=state.lacking,
            progress=f"{state.progress(number)}; make {limit} proposals",
        )
        proposals: list[Proposal] = []
        for work in [w for w in answer.proposals if not any(item.fault for item in (w, *w.calls))][:limit]:
            calls = tuple(DraftCall(tool=c.tool, arguments=c.arguments) for c in work.calls[:CALLS_PER_PROPOSAL])
            if calls:  # models also write an instruction without a call; the ids count the usable proposals
                name = f"p{len(proposals) + 1}"
                proposals.append(Proposal(id=name, instruction=work.instruction, calls=calls))
        return answer.reason, tuple(proposals)
