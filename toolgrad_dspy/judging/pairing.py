"""Which of the calls that a judge read belongs to which call of the workflow.

A query need not tell in which order it is served: "a table for 4 at Rossi and one for 2 at Lumen" may be two calls in
either order. So readings of calls that a reader cannot tell apart may change places, but only as wholes: all that was
read for a call moves together, and with it what was read for the calls that its results lead to.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from toolgrad_dspy.records import Step

# Calls that may change places among themselves; of more, each keeps its own reading. The cost grows with the cube.
LARGEST = 40

T = TypeVar("T")
Costs = Callable[[Step, Step], int]
_Pairs = list[tuple[Step, Step]]


def paired(steps: Sequence[Step], costs: Costs) -> dict[str, str]:
    """For each step, by id, the one whose reading belongs to it: so that the costs are least, its own among equals.

    ``costs(call, read)`` is how many arguments of ``call`` are not what was read for ``read``, 0 or more.
    """
    alike: dict[tuple[object, ...], list[Sequence[Step]]] = {}
    for unit in _units(steps):
        alike.setdefault(_shape(unit), []).append(unit)
    pairs: _Pairs = []
    for units in alike.values():
        pairs += _arranged(units, units, lambda calls, read: _paired_inside(calls, read, costs), costs)
    return {call.id: read.id for call, read in pairs}


def _paired_inside(calls: Sequence[Step], read: Sequence[Step], costs: Costs) -> _Pairs:
    """The pairs of two units of one shape: those change places that are of one tool and take the same results."""
    alike: dict[object, list[int]] = {}
    for place, shape in enumerate(_shape(calls)):
        alike.setdefault(shape, []).append(place)
    pairs: _Pairs = []
    for places in alike.values():
        pairs += _arranged(
            [calls[place] for place in places],
            [read[place] for place in places],
            lambda call, reading: [(call, reading)],
            costs,
        )
    return pairs


def _arranged(calls: Sequence[T], read: Sequence[T], pairs: Callable[[T, T], _Pairs], costs: Costs) -> _Pairs:
    """The pairs of ``calls``, each with one of ``read``, that cost least; ``pairs`` are those of one with another."""
    own = [pairs(*both) for both in zip(calls, read, strict=True)]
    if len(calls) > LARGEST or not any(costs(*pair) for found in own for pair in found):
        return [pair for found in own for pair in found]
    table = [[pairs(call, reading) for reading in read] for call in calls]
    columns = cheapest([[sum(costs(*pair) for pair in found) for found in row] for row in table])
    return [pair for row, column in enumerate(columns) for pair in table[row][column]]


def _units(steps: Sequence[Step]) -> Iterator[Sequence[Step]]:
    """Steps that belong together, since one uses results of the other; each once, in order."""
    unit_of: dict[str, list[Step]] = {}
    for step in steps:
        joined = {id(unit): unit for name in step.uses if (unit := unit_of.get(name)) is not None}
        together = sorted((s for unit in joined.values() for s in unit), key=lambda s: s.number)
        unit = [*together, step]
        unit_of.update((member.id, unit) for member in unit)
    yield from {id(unit): unit for unit in unit_of.values()}.values()


def _shape(unit: Sequence[Step]) -> tuple[object, ...]:
    """What a reader is told of each step: the tool, and which of the unit's steps it takes results of."""
    places = {step.id: place for place, step in enumerate(unit)}
    return tuple(
        (step.call.tool, tuple(sorted(places[name] for name in step.uses if name in places))) for step in unit
    )


def cheapest(table: Sequence[Sequence[int]]) -> list[int]:
    """The column of each row in the assignment of least cost; where several are, as many rows as can keep their own.

    The Hungarian method (Kuhn 1955) with potentials, one shortest augmenting path per row.

    >>> cheapest([[4, 0], [0, 4]]), cheapest([[1, 1], [1, 1]])
    ([1, 0], [0, 1])
    """
    size = len(table)
    own = range(size)
    # A row that leaves its own column costs a little: less, for all rows together, than one argument.
    costs = [[cost * (size + 1) + (row != column) for column, cost in enumerate(table[row])] for row in own]
    row_of: list[int | None] = [None] * size
    rows, columns = [0] * size, [0] * size  # the potentials
    for row in own:
        _augment(row, costs, row_of, rows, columns)
    return [row_of.index(row) for row in own]


def _augment(
    start: int, costs: Sequence[Sequence[int]], row_of: list[int | None], rows: list[int], columns: list[int]
) -> None:
    """Give the row ``start`` a column, along the path on which the others pay least for making room."""
    size = len(costs)
    least: list[float] = [float("inf")] * size
    before: list[int | None] = [None] * size
    reached: set[int] = set()
    row: int | None = start
    column: int | None = None
    while row is not None:
        for other in range(size):
            if other in reached:
                continue
            slack = costs[row][other] - rows[row] - columns[other]
            if slack < least[other]:
                least[other], before[other] = slack, column
        # The next column that costs least more; all reached so far get as much dearer.
        nearest = min((other for other in range(size) if other not in reached), key=least.__getitem__)
        step = int(least[nearest])
        rows[start] += step
        for other in reached:
            columns[other] -= step
            holder = row_of[other]
            if holder is not None:
                rows[holder] += step
        least = [value if other in reached else value - step for other, value in enumerate(least)]
        reached.add(nearest)
        column, row = nearest, row_of[nearest]
    while column is not None:
        previous = before[column]
        row_of[column] = start if previous is None else row_of[previous]
        column = previous
