"""A sample as a conversation: what is called at the same time, and which tools a model may choose from."""

import pytest

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.export import conversation
from toolgrad_dspy.export.conversation import turns
from toolgrad_dspy.records import Chain, Observation, Origin, Sample, Step, Tool, ToolAnnotations, ToolCall, Workflow


def step(number: int, tool: str = "read", uses: tuple[int, ...] = (), after: tuple[str, ...] = ()) -> Step:
    origins = tuple(Origin(pointer=f"/a{i}", kind="result", step=f"s{i}", path="/id") for i in uses)
    call = ToolCall(tool=tool, arguments={f"a{i}": "x" for i in uses})
    return Step(id=f"s{number}", call=call, observation=Observation(text="{}"), origins=origins, after=after)


def ids(steps: list[Step]) -> list[list[str]]:
    return [[step.id for step in turn] for turn in turns(steps, {"write"})]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([], []),
        ([step(1), step(2), step(3)], [["s1", "s2", "s3"]]),
        ([step(1), step(2, uses=(1,)), step(3, uses=(2,))], [["s1"], ["s2"], ["s3"]]),
        # The third uses the first, which an earlier turn has made.
        ([step(1), step(2, uses=(1,)), step(3, uses=(1,))], [["s1"], ["s2", "s3"]]),
        # The last does not depend on anything, and yet it stays where it ran.
        ([step(1), step(2, uses=(1,)), step(3)], [["s1"], ["s2", "s3"]]),
        ([step(1), step(2, "write"), step(3)], [["s1"], ["s2"], ["s3"]]),
        ([step(1, "write"), step(2, "write")], [["s1"], ["s2"]]),
        ([step(1), step(2, after=("s1",)), step(3, after=("s1",))], [["s1"], ["s2", "s3"]]),
    ],
)
def test_calls_are_made_together_unless_one_uses_another_or_writes(
    steps: list[Step], expected: list[list[str]]
) -> None:
    assert ids(steps) == expected


def tool(name: str, reads: bool = True) -> Tool:
    return Tool(
        name=name,
        source_name=name,
        description="",
        parameters={"type": "object"},
        source="s",
        category="c",
        annotations=ToolAnnotations(read_only=reads),
    )


TOOLS = {name: tool(name) for name in ("read", "look", "find", "list", "count", "other")}


def sample(id: str = "0-000000", tool: str = "read") -> Sample:
    # Two chains whose steps ran in turns.
    first, second, third = step(1, tool), step(2, tool), step(3, tool, uses=(1,))
    workflow = Workflow(chains=(Chain(id="c1", steps=(first, third)), Chain(id="c2", steps=(second,))))
    offered = ("count", "find", "list", "look")
    return Sample(id=id, seed=5, query="How many?", workflow=workflow, response="Three.", offered=offered)


def test_the_steps_of_all_chains_are_there_in_the_order_they_ran() -> None:
    built = conversation(sample(), TOOLS)
    assert [[step.id for step in turn] for turn in built.turns] == [["s1", "s2"], ["s3"]]
    assert [step.id for step in built.steps] == ["s1", "s2", "s3"]


def test_a_tool_that_says_nothing_of_its_effects_counts_as_one_that_writes() -> None:
    unknown = {**TOOLS, "read": TOOLS["read"].model_copy(update={"annotations": ToolAnnotations()})}
    assert len(conversation(sample(), unknown).turns) == 3


def test_writes_are_made_together_with_others_where_the_order_that_state_asks_for_is_known() -> None:
    writing = {**TOOLS, "read": tool("read", reads=False)}
    known = sample().model_copy(update={"workflow": sample().workflow.model_copy(update={"ordered": True})})
    assert [len(turn) for turn in conversation(sample(), writing).turns] == [1, 1, 1]
    assert [len(turn) for turn in conversation(known, writing).turns] == [2, 1]


def test_the_tools_are_those_offered_and_those_used_in_an_order_that_differs_from_sample_to_sample() -> None:
    orders = {tuple(tool.name for tool in conversation(sample(str(i)), TOOLS).tools) for i in range(20)}
    assert {frozenset(order) for order in orders} == {frozenset({"read", "look", "find", "list", "count"})}
    assert len(orders) > 10
    assert conversation(sample(), TOOLS) == conversation(sample(), dict(reversed(TOOLS.items())))


def test_a_sample_of_a_tool_that_its_run_does_not_have_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        conversation(sample(tool="gone"), TOOLS)
    assert caught.value.code == "unknown_tool"
    assert "'gone'" in str(caught.value)
