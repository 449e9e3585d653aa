"""The answer: chains of steps that ran, with the origin of every argument."""

from typing import Literal

from toolgrad_dspy.records.base import Record
from toolgrad_dspy.records.call import Observation, ToolCall

OriginKind = Literal["user", "result", "schema", "unknown"]


class Source(Record):
    """A place in a result: ``path`` (JSON Pointer) in that of ``step``."""

    step: str
    path: str


class Origin(Record):
    """Where one argument leaf came from.

    ``pointer`` is the leaf's JSON Pointer (RFC 6901) in the arguments. ``kind``:

    - ``user``: the query has to state the value;
    - ``result``: it stands at ``path`` (JSON Pointer) in the result of the earlier step ``step``;
    - ``schema``: a default, constant or enumerated value of the tool's own schema;
    - ``unknown``: none of these. An accepted sample has none.

    ``match`` says how a ``result`` origin is known: the draft refers to it (``reference``), its value is equal to a
    result leaf (``literal``), it is a part of result text (``part``), or it follows from results by a rule
    (``derived``). For a ``schema`` origin it names the keyword (``default``, ``const``, ``enum``, ...).

    A derived value has the ``rule`` that computes it ("date_of", "sum", ...) and, besides the first place it comes
    from, the ``others`` in their order. A value of the user's, or of the schema, that a result only repeats keeps its
    kind; ``echo`` is where it stands there, and makes no step depend on another.
    """

    pointer: str
    kind: OriginKind
    step: str | None = None
    path: str | None = None
    match: str | None = None
    rule: str | None = None
    others: tuple[Source, ...] = ()
    echo: Source | None = None

    @property
    def sources(self) -> tuple[Source, ...]:
        """All places that the value comes from; none unless it is of ``result`` kind."""
        first = () if self.step is None else (Source(step=self.step, path=self.path or ""),)
        return (*first, *self.others)


class Step(Record):
    """One accepted call with its result. ``id`` is ``s1``, ``s2``, ... in the order the calls ran.

    ``after`` names earlier steps that have to run before it because of the state they leave or need, as replays in
    another order have shown. ``volatile`` has the JSON Pointers of the result's leaves that differ between two equal
    calls in equal states: times, durations, random ids.
    """

    id: str
    call: ToolCall
    observation: Observation
    origins: tuple[Origin, ...] = ()
    after: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        return int(self.id[1:])

    @property
    def uses(self) -> frozenset[str]:
        """Ids of the earlier steps whose results this step's arguments use."""
        return frozenset(source.step for origin in self.origins for source in origin.sources)

    @property
    def depends_on(self) -> frozenset[str]:
        """Ids of the earlier steps that it cannot run before: it uses their results, or their effect on state."""
        return self.uses | frozenset(self.after)


class Chain(Record):
    """Steps that belong together: each later one continues, or depends on, an earlier one. ``id``: ``c1``, ..."""

    id: str
    steps: tuple[Step, ...]


class Workflow(Record):
    """The chains built so far (W in the paper's (q, W, r)).

    ``ordered`` says that :attr:`Step.after` is complete: steps of which neither depends on the other can run in any
    order. Without it, nothing is known of the order that writes need.
    """

    chains: tuple[Chain, ...] = ()
    ordered: bool = False

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps in the order they ran."""
        return tuple(sorted((s for chain in self.chains for s in chain.steps), key=lambda s: s.number))

    def chain_of(self, step_id: str) -> str | None:
        """Id of the chain that holds the step, or None."""
        return next((c.id for c in self.chains if any(s.id == step_id for s in c.steps)), None)
