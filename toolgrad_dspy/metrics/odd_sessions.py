"""Sessions at the edges of what a component of the metric is given, for ``conformance.py``."""

from typing import Literal

from toolgrad_dspy.records import (
    Attempt,
    Chain,
    Iteration,
    Observation,
    Origin,
    Report,
    Sample,
    Selection,
    Session,
    Step,
    ToolCall,
    Trace,
    Verdict,
    Workflow,
)


def odd_sessions() -> tuple[Session, ...]:
    """The sessions, new ones each time, and an ordinary one. ``reason`` says what is odd about each."""
    call = ToolCall(tool="find_place", arguments={"kind": "cafe"})
    places = Observation(content={"places": [{"place_id": "pl_1"}]}, text="one place")
    step = Step(id="s1", call=call, observation=places, origins=(Origin(pointer="/kind", kind="user"),))
    bare = Step(id="s2", call=ToolCall(tool="get_time"), observation=Observation(content=None, text=""))
    added = Iteration(
        number=1,
        offered=("find_place",),
        reports=(_report("ok", _attempt(call, places)),),
        selection=Selection(report="p1", chain="c1", reason="it fits", lacking="a step that uses place_id"),
        added=("s1",),
    )
    stray = Selection(report="p9", chain=None, reason="", lacking="")
    absent = added.model_copy(update={"number": 2, "added": (), "selection": stray})
    in_vain = Iteration(
        number=1, offered=(), reports=(_report("failed", _attempt(call, None)),), failures=("unusable answer",)
    )
    nothing = Iteration(number=1, offered=())
    return (
        _session(0, "no sample, an empty trace", "failed", None),
        _session(1, "no sample, but accepted", "accepted", None),
        _session(2, "an iteration without proposals", "failed", None, nothing),
        _session(3, "only failed proposals", "failed", None, in_vain),
        _session(4, "a sample without steps", "rejected", _sample()),
        _session(5, "a sample without a trace", "accepted", _sample(step)),
        _session(6, "a sample without texts", "rejected", _sample(step, query="", response=""), added),
        _session(7, "a step without arguments or a result", "accepted", _sample(bare), nothing),
        _session(8, "a selection of what was not proposed", "rejected", _sample(step), added, absent),
        _session(9, "nothing odd", "accepted", _sample(step, bare), added),
    )


def _session(
    index: int,
    reason: str,
    status: Literal["accepted", "rejected", "failed"],
    sample: Sample | None,
    *iterations: Iteration,
) -> Session:
    trace = Trace(iterations=iterations)
    return Session(index=index, seed=0, status=status, reason=reason, sample=sample, trace=trace)


def _sample(*steps: Step, query: str = "Which cafes are there?", response: str = "One.") -> Sample:
    chains = (Chain(id="c1", steps=steps),) if steps else ()
    return Sample(id="x", seed=0, query=query, workflow=Workflow(chains=chains), response=response)


def _report(outcome: Literal["ok", "failed"], attempt: Attempt) -> Report:
    return Report(proposal="p1", instruction="Find a cafe.", outcome=outcome, attempts=(attempt,))


def _attempt(call: ToolCall, observation: Observation | None) -> Attempt:
    """An attempt that gave ``observation``, or failed before it gave any."""
    verdict = Verdict(outcome="failed" if observation is None else "ok", rule="content")
    return Attempt(
        id="a1", draft=1, turn=0, call=call, observation=observation, verdict=verdict, kept=observation is not None
    )
