"""The executor: runs the drafts of a proposal, and asks a model only to mend one that failed.

An attempt is one call that was tried; a draft's final attempt is the one that did its work. Names of earlier results:
``s2`` is a step of the workflow, ``#1`` the proposal's first call, ``a3`` an attempt of this report.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import dspy

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.lm.ask import AnswerError, ask
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.program.constrained import signature_of, with_tool_names
from toolgrad_dspy.program.state import State
from toolgrad_dspy.provenance.dependencies import attempts_to_keep
from toolgrad_dspy.provenance.origins import EarlierResult, trace_origins
from toolgrad_dspy.provenance.references import UnresolvedReferenceError, resolve
from toolgrad_dspy.records import Attempt, DraftCall, Observation, Origin, Proposal, Report, ToolCall, Verdict
from toolgrad_dspy.records.pointer import list_index
from toolgrad_dspy.rendering import attempt_lines, line
from toolgrad_dspy.signatures import Repair
from toolgrad_dspy.tools.base import ToolSession
from toolgrad_dspy.tools.verdict import classify

# A repair turn answers with at most this many calls: look-ups, then the mended call.
CALLS_PER_REPAIR = 3


@dataclass(frozen=True, slots=True)
class Execution:
    """The execution of a proposal. ``results`` has the indexed results of the attempts that did not fail, by id."""

    report: Report
    results: Mapping[str, EarlierResult] = field(default_factory=dict)


class Executor(dspy.Module):
    """Carries out one proposal on a tool session and reports."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self.predict = dspy.Predict(Repair)
        self._models = models

    async def aforward(self, state: State, proposal: Proposal, session: ToolSession) -> Execution:
        """The execution of ``proposal``: every attempt, and which of them it needs.

        A draft that fails is mended, with at most ``config.repairs`` LM turns for the whole proposal. A draft that
        stays failed ends the proposal; the calls before it still count. Raises only what ends the run.
        """
        run = _Run(state, proposal, session)
        repairs = state.config.repairs
        problem = ""
        for number, draft in enumerate(proposal.calls, 1):
            turn = 0
            attempt = await run.attempt(draft, number, turn)
            while attempt.verdict.outcome == "failed" and repairs > 0:
                repairs -= 1
                turn += 1
                try:
                    mended = await self._mend(run)
                except AnswerError as error:
                    # The model cannot mend it; the draft's own failure is in the report as an attempt.
                    problem = f"repair: {error}"
                    break
                if not mended:  # the model gave up: a booking for a day that is full cannot be mended
                    break
                # Look-ups come first ("which notes are there?"), then the mended call, which may refer to them.
                for call in mended:
                    attempt = await run.attempt(call, number, turn)
                    if attempt.verdict.outcome == "failed":
                        break  # the calls after it need the result that it did not give
            if attempt.verdict.outcome == "failed":
                problem = problem or f"{attempt.call.tool}: {attempt.verdict.reason}"
                break  # later drafts build on this one: find a place, then book it
            run.final[number] = attempt.id
        return Execution(run.report(problem), run.results)

    async def _mend(self, run: "_Run") -> list[DraftCall]:
        """The model's calls in place of the one that failed; none if it gives up. Raises AnswerError."""
        library = run.state.library
        # Only the tools of the proposal: a mended call is one of them, and tool texts are most of a prompt's tokens.
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


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A draft made ready: the call with its references resolved, and the origin of every argument.

    ``refusal`` says why it cannot be made, if it cannot: then nothing is sent to the tool.
    """

    call: ToolCall
    origins: tuple[Origin, ...] = ()
    refusal: Verdict | None = None


@dataclass(slots=True)
class _Run:
    """One proposal under execution. ``final`` maps a draft's position to the attempt that did its work."""

    state: State
    proposal: Proposal
    session: ToolSession
    attempts: list[Attempt] = field(default_factory=list)
    results: dict[str, EarlierResult] = field(default_factory=dict)
    final: dict[int, str] = field(default_factory=dict)

    async def attempt(self, draft: DraftCall, number: int, turn: int) -> Attempt:
        """Try one call and record it. A call that cannot be made is a failed attempt without an observation."""
        prepared = self._prepare(draft)
        observation = None if prepared.refusal else await self.session.call(prepared.call)
        attempt = Attempt(
            id=f"a{len(self.attempts) + 1}",
            draft=number,
            turn=turn,
            call=prepared.call,
            observation=observation,
            verdict=prepared.refusal or self._classify(prepared.call, observation),
            origins=prepared.origins,
            seconds=observation.latency if observation else 0.0,
        )
        self.attempts.append(attempt)
        # The text of a failure is no place for values to come from ("no note note_9" repeats what the draft made up).
        if observation is not None and attempt.verdict.outcome != "failed":
            self.results[attempt.id] = EarlierResult(attempt.id, observation)
        return attempt

    def _prepare(self, draft: DraftCall) -> _Prepared:
        """Resolve the references of ``draft`` and check its arguments against the tool's schema."""
        call = ToolCall(tool=draft.tool, arguments=draft.arguments)
        try:
            arguments, references = resolve(draft.arguments, self._earlier)
        except UnresolvedReferenceError as problem:
            return _refused(call, "reference", str(problem))
        # A draft may give one reference in place of all arguments. It has to lead to an object.
        if not isinstance(arguments, dict):
            shown = one_line(line(arguments), 80)
            return _refused(
                call, "reference", f"the arguments have to be an object, and what they refer to is {shown}"
            )
        call = ToolCall(tool=draft.tool, arguments=arguments)
        # Checked here and not left to the tool: many servers answer wrong arguments with a result like any other.
        complaint = self.state.library.validate(call)
        if complaint is not None:
            return _refused(call, "arguments", complaint)
        # Origins before the call: they depend on the results that were there when its arguments were chosen.
        earlier = [*self.state.results.values(), *self.results.values()]
        return _Prepared(call, trace_origins(self.state.library.tool(call.tool), arguments, references, earlier))

    def _classify(self, call: ToolCall, observation: Observation | None) -> Verdict:
        assert observation is not None, "a call without a refusal has run"
        return classify(observation, self.state.library.tool(call.tool).returns)

    def _earlier(self, name: str) -> tuple[str, Observation] | None:
        """What a reference may name: a step of the workflow, or a call of this proposal by its position."""
        if name in self.state.observations:
            return name, self.state.observations[name]
        # Models also write "1" for "#1"; anything but a plain index names nothing.
        number = list_index(name.removeprefix("#"))
        if number is None:
            return None
        attempt_id = self.final.get(number) or next(
            # No final attempt yet: the draft is being mended, and a look-up for it has the draft's own position.
            (a.id for a in reversed(self.attempts) if a.draft == number and a.verdict.outcome != "failed"),
            None,
        )
        attempt = next((a for a in self.attempts if a.id == attempt_id), None)
        return (attempt.id, attempt.observation) if attempt and attempt.observation else None

    def report(self, problem: str) -> Report:
        """The report so far; ``problem`` says what ended the proposal early, if anything did."""
        keep = attempts_to_keep(self.attempts, set(self.final.values()))
        attempts = tuple(a.model_copy(update={"kept": True}) if a.id in keep else a for a in self.attempts)
        kept = [attempt.verdict.outcome for attempt in attempts if attempt.kept]
        return Report(
            proposal=self.proposal.id,
            instruction=self.proposal.instruction,
            # As the last call went: a look-up that found something and a search after it that did not is "empty".
            outcome=kept[-1] if kept else "failed",
            reason=problem,
            attempts=attempts,
        )


def _refused(call: ToolCall, rule: str, reason: str) -> _Prepared:
    return _Prepared(call, refusal=Verdict(outcome="failed", rule=rule, reason=reason))
