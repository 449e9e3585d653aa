"""Sessions written by hand, for the rules and judges that score them."""

from typing import Any

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


def step(
    name: str, tool: str = "find", arguments: dict[str, Any] | None = None, result: Any = None, *origins: Origin
) -> Step:
    return Step(
        id=name,
        call=ToolCall(tool=tool, arguments=arguments or {}),
        observation=Observation(content=result, text="x"),
        origins=origins,
    )


def taken(pointer: str, from_step: str, path: str = "/id") -> Origin:
    """The origin of an argument that came from a result."""
    return Origin(pointer=pointer, kind="result", step=from_step, path=path, match="reference")


def attempt(
    tool: str = "find",
    arguments: dict[str, Any] | None = None,
    *origins: Origin,
    outcome: str = "ok",
    turn: int = 0,
    kept: bool | None = None,
    id: str = "a1",
) -> Attempt:
    return Attempt(
        id=id,
        draft=1,
        turn=turn,
        call=ToolCall(tool=tool, arguments=arguments or {}),
        observation=Observation(content={"n": 1}, text="x"),
        verdict=Verdict(outcome=outcome, rule="test", reason="it broke" if outcome == "failed" else ""),  # type: ignore[arg-type]
        origins=origins,
        kept=outcome != "failed" if kept is None else kept,
    )


def report(name: str, *attempts: Attempt, outcome: str = "ok", reason: str = "") -> Report:
    return Report(proposal=name, instruction="Do it.", outcome=outcome, reason=reason, attempts=attempts)  # type: ignore[arg-type]


def selection(
    chosen: str | None, lacking: str = "a step that uses place_id", note: str = "", chain: str | None = None
) -> Selection:
    return Selection(report=chosen, chain=chain, reason="it fits", lacking=lacking, note=note)


def iteration(
    number: int,
    *reports: Report,
    chosen: Selection | None = None,
    added: tuple[str, ...] = (),
    failures: tuple[str, ...] = (),
) -> Iteration:
    return Iteration(
        number=number, offered=("find",), reports=reports, selection=chosen, added=added, failures=failures
    )


def sample(*steps: Step, query: str = "q", response: str = "r", offered: tuple[str, ...] = ()) -> Sample:
    """A sample whose steps are all on one chain."""
    workflow = Workflow(chains=(Chain(id="c1", steps=steps),))
    return Sample(id="x", seed=0, query=query, workflow=workflow, response=response, offered=offered)


def session(
    *iterations: Iteration,
    steps: tuple[Step, ...] = (),
    status: str = "accepted",
    query: str = "q",
    response: str = "r",
) -> Session:
    """A session whose steps are all on one chain; without steps it has no sample."""
    held = sample(*steps, query=query, response=response) if steps else None
    return Session(index=0, seed=0, status=status, sample=held, trace=Trace(iterations=iterations))  # type: ignore[arg-type]
