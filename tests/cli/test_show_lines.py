"""What ``show`` tells of a step: what it comes after because of state, and what of its result varies."""

from toolgrad_dspy.cli.show import sample_lines
from toolgrad_dspy.records import Chain, Observation, Sample, Session, Step, ToolCall, Trace, Usage, Workflow


def test_state_dependence_and_volatile_leaves_are_shown_below_their_step() -> None:
    call, result = ToolCall(tool="info"), Observation(text="size 7, 10:00:00")
    steps = (
        Step(id="s1", call=call, observation=result),
        Step(id="s2", call=call, observation=result, after=("s1",), volatile=("",)),
        Step(id="s3", call=call, observation=result, volatile=("/at", "/took")),
    )
    workflow = Workflow(chains=(Chain(id="c1", steps=steps),))
    sample = Sample(id="0-0", seed=0, query="q", workflow=workflow, response="r", offered=())
    session = Session(
        index=0, seed=0, status="accepted", reason="", sample=sample, trace=Trace(), usage=Usage(roles={}), seconds=0
    )
    below = [line.strip() for line in sample_lines(session) if line.startswith("    ")]
    assert below == ["after s1: by state", "volatile: the whole result", "volatile: /at, /took"]
