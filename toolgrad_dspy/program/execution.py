"""One proposal under execution.

An attempt is one call that was tried; a draft's final attempt is the one that did its work. Names of earlier
results: ``s2`` is a step of the workflow, ``a3`` an attempt, and ``#1`` the first of the calls that were given
together, by the proposer or in one answer of the executor.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from toolgrad_dspy.concurrency import beside
from toolgrad_dspy.errors import one_line
from toolgrad_dspy.program.doubtful import ResultJudge
from toolgrad_dspy.program.memory import ADDS_NOTHING, FOUND_NOTHING, REPEATED, Memory
from toolgrad_dspy.program.state import State
from toolgrad_dspy.provenance.dependencies import attempts_to_keep
from toolgrad_dspy.provenance.made_up import MadeUpId, made_up_value, required_ids, without_optional
from toolgrad_dspy.provenance.origins import EarlierResult, trace_origins
from toolgrad_dspy.provenance.references import UnresolvedReferenceError, resolve
from toolgrad_dspy.provenance.repeats import changes_nothing, repeated
from toolgrad_dspy.records import Attempt, DraftCall, Observation, Origin, Proposal, Report, Step, ToolCall, Verdict
from toolgrad_dspy.records.pointer import list_index
from toolgrad_dspy.rendering import line
from toolgrad_dspy.tools.base import ToolSession
from toolgrad_dspy.tools.verdict import Context

_log = logging.getLogger(__name__)

# Tools that a model is told of, for an id that it made up.
GIVERS = 4


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A draft made ready: the call with its references resolved, and the origin of every argument.

    ``known`` says how the call ends without being sent, if that is known: it cannot be made, or it was made before.
    ``left_out`` says of each argument that the call can do without why it has not got it.
    """

    call: ToolCall
    origins: tuple[Origin, ...] = ()
    known: Verdict | None = None
    step: str | None = None
    left_out: tuple[str, ...] = ()


@dataclass(slots=True)
class Execution:
    """A proposal on its tool session, as far as it has come.

    ``at_hand`` names the tools that may be called, those of the mini-batch.
    ``results`` has the indexed results of the attempts that did not fail, by id; ``problem`` says what ended the
    proposal early, if anything did. ``final`` maps a draft's position to the attempt that did its work, or to the
    step of the workflow that had done it before. ``mendable`` is False once a call needs what nothing at hand gives.
    """

    state: State
    proposal: Proposal
    session: ToolSession
    at_hand: frozenset[str]
    iteration: int
    judge: ResultJudge
    problem: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    results: dict[str, EarlierResult] = field(default_factory=dict)
    final: dict[int, str] = field(default_factory=dict)
    mendable: bool = True
    _turn: int = 0
    _tried: Memory = field(default_factory=Memory)  # what this proposal alone has tried
    _same: dict[str, str] = field(default_factory=dict)  # what stands for an attempt that brought nothing new
    _given: list[str] = field(default_factory=list)  # the attempts for the calls of the turn; "" for one that failed

    async def go_on(self) -> None:
        """Run the drafts that are left, up to one that fails: later ones build on it (find a place, then book it).

        One that is known to find nothing does not end it, as little as one that finds nothing now.
        """
        for number, draft in enumerate(self.proposal.calls, 1):
            if number in self.final:
                continue
            attempt = await self._attempt(draft, number)
            if attempt.verdict.outcome == "failed":
                self.problem = f"{attempt.call.tool}: {attempt.verdict.reason}"
                if attempt.verdict.rule != FOUND_NOTHING:
                    return

    async def mend(self, calls: Sequence[DraftCall]) -> bool:
        """Run ``calls`` in place of the draft that did not give a result, look-ups first, then the drafts after it.

        False if mending has to end: the last of them has failed before.
        """
        self._turn += 1
        self._given = []
        number = self._poor_draft
        before = self.final.pop(number, None)
        attempt = None
        for call in calls:
            attempt = await self._attempt(call, number)
            if attempt.verdict.outcome == "failed":
                break  # the calls after it need the result that it did not give
        assert attempt is not None, "there is a call to make"
        if attempt.verdict.outcome == "failed":
            self.final.pop(number, None)
            if before is not None:  # an empty result is better than none
                self.final[number] = before
            else:
                self.problem = f"{attempt.call.tool}: {attempt.verdict.reason}"
            return attempt.verdict.rule not in (REPEATED, FOUND_NOTHING)
        self.problem = ""
        await self.go_on()
        return True

    def remember(self) -> None:
        """Let later proposals know what was tried. Those that run at once must not: which is first is chance."""
        for attempt in self.attempts:
            self.state.memory.note(attempt, self.iteration)

    @property
    def poor(self) -> bool:
        """Whether the proposal gave no result, or an empty one."""
        return self.report.outcome != "ok"

    @property
    def to_mend(self) -> bool:
        """Whether a model is to mend it: it is poor or, if all proposals are mended, it broke before its end.

        A proposal whose calls are all steps already has nothing to mend, and one that needs what nothing at hand
        gives cannot be.
        """
        if not self.mendable:
            return False
        if not self.problem and self.report.outcome == "failed":
            return False
        return self.poor or (self.state.config.mend == "all" and len(self.final) < len(self.proposal.calls))

    @property
    def _poor_draft(self) -> int:
        """The draft to mend: the first that failed, else the last one, which came back empty."""
        drafts = len(self.proposal.calls)
        return next((number for number in range(1, drafts + 1) if number not in self.final), drafts)

    async def _attempt(self, draft: DraftCall, number: int) -> Attempt:
        """Try one call and record it. A call that cannot be made is a failed attempt without an observation."""
        prepared = self._prepare(draft)
        observation = None if prepared.known else await self.session.call(prepared.call)
        verdict = prepared.known or await self._judged(prepared.call, observation)
        _log.debug(
            "tool call of %s: %s by %s, %s",
            *(prepared.call.tool, verdict.outcome, verdict.rule),
            "not sent" if observation is None else f"{observation.latency:.3f} s",
        )
        if observation is not None and verdict.outcome == "ok":
            step = await beside(observation.is_large, partial(self._repeated, prepared.call, observation))
            prepared, verdict = replace(prepared, step=step), _adds_nothing(step) if step else verdict
        attempt = Attempt(
            id=f"a{len(self.attempts) + 1}",
            draft=number,
            turn=self._turn,
            call=prepared.call,
            observation=observation,
            verdict=verdict,
            origins=prepared.origins,
            seconds=observation.latency if observation else 0.0,
            left_out=prepared.left_out,
        )
        self.attempts.append(attempt)
        self._tried.note(attempt, self.iteration)
        if attempt.verdict.outcome == "failed":
            # The text of a failure is no place for values to come from ("no note note_9" repeats what the draft made
            # up).
            self._given.append("")
            return attempt
        self.final[number] = prepared.step or attempt.id
        self._given.append(self.final[number])
        if prepared.step is not None:
            self._same[attempt.id] = prepared.step
        elif observation is not None:
            self.results[attempt.id] = await beside(observation.is_large, partial(self.state.indexed, attempt))
        return attempt

    def _repeated(self, call: ToolCall, observation: Observation) -> str | None:
        """The step, or the attempt of this proposal, that has told what the call's result tells.

        What a write does is not in its result: it repeats none, but it may set what is so already.
        """
        own = (a for a in self.attempts if a.id in self.results)
        steps = [Step(id=a.id, call=a.call, observation=a.observation) for a in own if a.observation is not None]
        rule = changes_nothing if self._writes(call) else repeated
        return rule(call, observation, [*self.state.workflow.steps, *steps])

    def _prepare(self, draft: DraftCall) -> _Prepared:
        """Resolve the references of ``draft``, check its arguments, and see whether it is known how it ends."""
        call = ToolCall(tool=draft.tool, arguments=draft.arguments)
        if draft.tool not in self.at_hand:
            return _refused(call, "unknown_tool", f"there is no tool {one_line(draft.tool, 80)!r} at hand")
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
        traced = self._traced(call, references)
        known = self._known(traced.call, possible=traced.known is None)
        return replace(known, left_out=traced.left_out) if known else traced

    def _known(self, call: ToolCall, *, possible: bool) -> _Prepared | None:
        """How ``call`` ends, if it was made before: by a step, in this proposal, or by one that gave nothing.

        One that was never sent may be ``possible`` by now.
        """
        step = self.state.same_step(call)
        if step is not None:
            reason = f"step {step.id} of the workflow has made this call"
            return _Prepared(call, known=Verdict(outcome="ok", rule=REPEATED, reason=reason), step=step.id)
        ran = [attempt for attempt in self.attempts if attempt.observation is not None]
        if not self._writes(call) and (writes := [n for n, attempt in enumerate(ran) if self._writes(attempt.call)]):
            ran = ran[writes[-1] :]  # what was read before this proposal wrote may read differently now
        elif (failure := self.state.memory.failure(call) or self._tried.failure(call)) and (
            failure.sent or not possible
        ):
            rule = FOUND_NOTHING if failure.empty else REPEATED
            return _refused(call, rule, f"the same call was made before: {failure.reason}")
        made = next((a for a in ran if a.call == call and a.verdict.outcome == "ok"), None)
        if made is not None:
            return _Prepared(call, known=Verdict(outcome="ok", rule=REPEATED, reason=f"as {made.id}"), step=made.id)
        return None

    def _writes(self, call: ToolCall) -> bool:
        return self.state.library.tool(call.tool).writes

    def _traced(self, call: ToolCall, references: dict[str, tuple[str, str]]) -> _Prepared:
        """The call with its origins, which depend on the results that were there when its arguments were chosen."""
        tool = self.state.library.tool(call.tool)
        earlier = [*self.state.results.values(), *self.results.values()]
        origins = trace_origins(tool, call.arguments, references, earlier)
        made_up = made_up_value(tool, call.arguments, origins, self.state.givers)
        if made_up is None:
            return _Prepared(call, origins)
        if isinstance(made_up, MadeUpId):
            made_up = replace(made_up, givers=self._nearest(made_up.givers))
        shorter = without_optional(tool, call.arguments, made_up.pointer)
        if shorter is not None:  # the call can do without it, and asks for what the other arguments say
            without = ToolCall(tool=call.tool, arguments=shorter)
            if self.state.library.validate(without) is None:
                traced = self._traced(without, references)
                return replace(traced, left_out=(str(made_up), *traced.left_out))
        self.mendable = made_up.mendable
        return _refused(call, made_up.rule, str(made_up))

    def _nearest(self, givers: Sequence[str]) -> tuple[str, ...]:
        """Those of ``givers`` that are at hand, a few of them; first the ones that need no id themselves."""
        library = self.state.library
        near = [name for name in givers if name in self.at_hand]
        return tuple(sorted(near, key=lambda name: len(required_ids(library.tool(name))))[:GIVERS])

    async def _judged(self, call: ToolCall, observation: Observation | None) -> Verdict:
        assert observation is not None, "a call without a refusal has run"
        tool = self.state.library.tool(call.tool)
        steps = (step.observation for step in self.state.workflow.steps if step.call.tool == call.tool)
        tried = (a.observation for a in self.attempts if a.call.tool == call.tool and a.verdict.outcome == "ok")
        others = tuple(seen.value for seen in (*steps, *tried) if seen is not None)
        context = Context(returns=tool.returns, call=call, writes=tool.writes, others=others)
        return await self.judge.verdict(tool, call, observation, context, self.state.config.shown_chars)

    def _earlier(self, name: str) -> tuple[str, Observation] | None:
        """What a reference may name: a step, an attempt, or by its position a call that was given before this one."""
        # Models also write "1" for "#1"; anything but a plain index is the name of a step or of an attempt.
        number = list_index(name.removeprefix("#"))
        if number is not None:
            given = self._given[number - 1] if 0 < number <= len(self._given) else None
            name = given or self.final.get(number) or ""
        name = self._same.get(name, name)
        if name in self.state.observations:
            return name, self.state.observations[name]
        attempt = next((a for a in self.attempts if a.id == name and a.id in self.results), None)
        return (name, attempt.observation) if attempt and attempt.observation else None

    @property
    def _wanted(self) -> set[str]:
        """The attempts that the drafts ended in. A read that found nothing is left out if there is anything else."""
        final = set(self.final.values())
        ended = [attempt for attempt in self.attempts if attempt.id in final]
        return {a.id for a in ended if a.verdict.outcome == "ok" or self._writes(a.call)} or final

    @property
    def report(self) -> Report:
        """The report so far."""
        keep = attempts_to_keep(self.attempts, self._wanted)
        attempts = tuple(a.model_copy(update={"kept": True}) if a.id in keep else a for a in self.attempts)
        kept = [attempt.verdict.outcome for attempt in attempts if attempt.kept]
        return Report(
            proposal=self.proposal.id,
            instruction=self.proposal.instruction,
            outcome=kept[-1] if kept else "failed",
            reason=self.problem or ("" if kept else self._nothing_new),
            attempts=attempts,
        )

    @property
    def _nothing_new(self) -> str:
        """Why there is nothing to add, though no call has failed."""
        told = [f"{a.call.tool}: {a.verdict.reason}" for a in self.attempts if a.verdict.rule == ADDS_NOTHING]
        return "; ".join(told) or "its calls are steps of the workflow already"


def _adds_nothing(earlier: str) -> Verdict:
    return Verdict(outcome="ok", rule=ADDS_NOTHING, reason=f"its result is that of {earlier} again")


def _refused(call: ToolCall, rule: str, reason: str) -> _Prepared:
    return _Prepared(call, known=Verdict(outcome="failed", rule=rule, reason=reason))
