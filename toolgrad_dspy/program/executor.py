"""The executor: runs proposals, draft first, and asks a model only to mend what failed."""

from dataclasses import dataclass, field

import dspy

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.lm.ask import AnswerError, ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.program.branches import Branch
from toolgrad_dspy.program.constrained import signature_of, with_tool_names
from toolgrad_dspy.program.state import State
from toolgrad_dspy.provenance.dependencies import needed
from toolgrad_dspy.provenance.origins import Result, trace
from toolgrad_dspy.provenance.references import UnresolvedReferenceError, resolve
from toolgrad_dspy.records import Attempt, DraftCall, Observation, Proposal, Report, ToolCall, Verdict
from toolgrad_dspy.records.pointer import list_index
from toolgrad_dspy.rendering import attempt_lines, line
from toolgrad_dspy.signatures import Repair
from toolgrad_dspy.tools.verdict import classify

# A repair turn answers with at most this many calls: look-ups, then the mended call.
CALLS_PER_REPAIR = 3


class Executor(dspy.Module):
    """Carries out one proposal on a branch and reports. Frozen: optimizers neither see nor save it."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self.predict = dspy.Predict(Repair)
        self._models = models
        self._compiled = True

    async def aforward(self, state: State, proposal: Proposal, branch: Branch) -> Report:
        """The report of ``proposal``: every attempt, and which of them it needs.

        A draft that fails is mended at most ``config.repairs`` times in the whole proposal. A draft that stays
        failed ends the proposal; what ran before it still counts.
        """
        run = _Run(state, proposal, branch)
        repairs = state.config.repairs
        problem = ""
        for number, draft in enumerate(proposal.calls, 1):
            turn = 0
            attempt = await run.attempt(draft, number, turn)
            while attempt.verdict.outcome == "failed" and repairs > 0 and not problem:
                repairs -= 1
                turn += 1
                try:
                    mended = await self._mend(run)
                except AnswerError as error:
                    problem = f"repair: {error}"
                    break
                if not mended:
                    break
                for call in mended:
                    attempt = await run.attempt(call, number, turn)
                    if attempt.verdict.outcome == "failed":
                        break
            if attempt.verdict.outcome == "failed":
                problem = problem or f"{attempt.call.tool}: {attempt.verdict.reason}"
                break
            run.final[number] = attempt.id
        return run.report(problem)

    async def _mend(self, run: "_Run") -> list[DraftCall]:
        """The model's calls in place of the one that failed; none if it gives up. Raises AnswerError."""
        library = run.state.environment.library
        tools = [library.tool(name) for name in sorted({call.tool for call in run.proposal.calls})]
        answer = await ask(
            self.predict,
            with_tool_names(signature_of(self.predict), "calls", tools),
            self._models,
            "executor",
            tools=run.state.tool_lines.text(tools),
            workflow=run.state.workflow_text(),
            instruction=run.proposal.instruction,
            attempts=attempt_lines(run.attempts, run.state.config.shown_chars),
        )
        return [DraftCall(tool=call.tool, arguments=call.arguments) for call in answer.calls[:CALLS_PER_REPAIR]]


@dataclass(slots=True)
class _Run:
    """One proposal under execution. ``final`` maps a draft's position to the attempt that did it."""

    state: State
    proposal: Proposal
    branch: Branch
    attempts: list[Attempt] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    final: dict[int, str] = field(default_factory=dict)

    async def attempt(self, draft: DraftCall, number: int, turn: int) -> Attempt:
        """Try one call and record it. A call that cannot be made is a failed attempt without an observation."""
        library = self.state.environment.library
        call = ToolCall(tool=draft.tool, arguments=draft.arguments)
        try:
            arguments, references = resolve(draft.arguments, self._earlier)
        except UnresolvedReferenceError as problem:
            return self._record(number, turn, call, Verdict(outcome="failed", rule="reference", reason=str(problem)))
        if not isinstance(arguments, dict):  # one reference in place of all arguments
            reason = f"the arguments have to be an object, and what they refer to is {one_line(line(arguments), 80)}"
            return self._record(number, turn, call, Verdict(outcome="failed", rule="reference", reason=reason))
        call = ToolCall(tool=draft.tool, arguments=arguments)
        complaint = library.validate(call)
        if complaint is not None:
            return self._record(number, turn, call, Verdict(outcome="failed", rule="arguments", reason=complaint))
        tool = library.tool(call.tool)
        earlier = [*self.state.results.values(), *self.results]
        origins = trace(tool, arguments, references, earlier)
        observation = await self.state.environment.call(self.branch, call)
        verdict = classify(observation, tool.returns)
        attempt = self._record(number, turn, call, verdict, observation)
        attempt = self.attempts[-1] = attempt.model_copy(update={"origins": origins})
        if verdict.outcome != "failed":
            self.results.append(Result(attempt.id, observation))
        return attempt

    def _record(
        self, number: int, turn: int, call: ToolCall, verdict: Verdict, observation: Observation | None = None
    ) -> Attempt:
        attempt = Attempt(
            id=f"a{len(self.attempts) + 1}",
            draft=number,
            turn=turn,
            call=call,
            observation=observation,
            verdict=verdict,
            seconds=observation.latency if observation else 0.0,
        )
        self.attempts.append(attempt)
        return attempt

    def _earlier(self, name: str) -> tuple[str, Observation] | None:
        """What a reference may name: a step of the workflow, or a call of this proposal by its position."""
        if name in self.state.observations:
            return name, self.state.observations[name]
        number = list_index(name.removeprefix("#"))
        if number is None:
            return None
        found = self.final.get(number) or next(
            # A look-up made while this draft is being mended goes by the draft's own position.
            (a.id for a in reversed(self.attempts) if a.draft == number and a.verdict.outcome != "failed"),
            None,
        )
        attempt = next((a for a in self.attempts if a.id == found), None)
        return (attempt.id, attempt.observation) if attempt and attempt.observation else None

    def report(self, problem: str) -> Report:
        keep = needed(self.attempts, set(self.final.values()))
        attempts = tuple(a.model_copy(update={"kept": True}) if a.id in keep else a for a in self.attempts)
        kept = [attempt.verdict.outcome for attempt in attempts if attempt.kept]
        return Report(
            proposal=self.proposal.id,
            instruction=self.proposal.instruction,
            outcome=kept[-1] if kept else "failed",
            reason=problem,
            attempts=attempts,
        )
