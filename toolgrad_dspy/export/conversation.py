"""A sample as a conversation: what all formats are derived from."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.records import Sample, Step, Tool
from toolgrad_dspy.seeding import generator

Turn = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a user asks, what a model calls turn by turn, and what it answers.

    ``tools`` are those the model may choose from, in the order in which it sees them. The calls of one turn are made
    at the same time. All steps of the sample are there, in the order they ran.
    """

    id: str
    tools: tuple[Tool, ...]
    query: str
    turns: tuple[Turn, ...]
    response: str

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all turns."""
        return tuple(step for turn in self.turns for step in turn)


def conversation(sample: Sample, tools: Mapping[str, Tool]) -> Conversation:
    """``sample`` with the tools that its session was offered, of all ``tools`` of its run, by name.

    They are shuffled, by the sample's seed and id: in the order of a run's tools, a model could learn where the right
    ones stand. Raises UsageError (``unknown_tool``) if the run does not have a tool of the sample.
    """
    steps = sample.workflow.steps
    names = sorted({*sample.offered, *(step.call.tool for step in steps)})
    if unknown := [name for name in names if name not in tools]:
        raise UsageError(f"the run of sample {sample.id} does not have its tool {unknown[0]!r}", code="unknown_tool")
    generator(sample.seed, sample.id, "candidate tools").shuffle(names)
    writing = {name for name in names if tools[name].writes}
    return Conversation(
        id=sample.id,
        tools=tuple(tools[name] for name in names),
        query=sample.query,
        turns=tuple(turns(steps, apart=set() if sample.workflow.ordered else writing)),
        response=sample.response,
    )


def turns(steps: Iterable[Step], apart: Collection[str] = ()) -> list[Turn]:
    """``steps``, in their order, cut into turns of calls that can be made at the same time.

    A step begins a new turn if it depends on one of the turn under way, by value or by state. One that calls a tool
    of ``apart`` has a turn of its own: where the order that state asks for is not known, what runs beside a write
    might see its effect, or not.
    """
    cut: list[list[Step]] = []
    for step in steps:
        under_way = cut[-1] if cut else []
        together = (
            under_way
            and not step.depends_on & {other.id for other in under_way}
            and not {step.call.tool, under_way[-1].call.tool}.intersection(apart)
        )
        if together:
            under_way.append(step)
        else:
            cut.append([step])
    return [tuple(turn) for turn in cut]
