"""Which steps have to come after which because of the state of their tools, found by replaying in another order.

Two steps share no value and still depend on each other where one reads or changes what the other has written
(``mkdir`` and ``cd``), or where a read would see a write that came later. Per source that isolates its sessions, and
for each write w of the sample, on fresh sessions:

- w is left out: a later step that gives another result depends on it;
- w comes as early as what it depends on allows: an earlier step that gives another result has to stay before it.

With one write that is all there is to know. Where a write overtakes another, what both leave may be another: so what
comes later is run too, and what has been seen to change with a write is read once more at the end. At last the steps
are run in an order as different as all this allows, with the writes first, and in some orders by chance; whatever
still gives another result is put in order, until nothing does.

With W writes among the n steps of a source this takes at most n calls where W is 1, else 2 n (W + 4 ROUNDS) and one
for each of those reads, fewer where it is known what they give (``replays.py``); none where nothing is written. Above
:data:`MOST_CALLS` each step comes after the one before it.
Where a source cannot be replayed, a write comes after all that is before it, and before all that is after it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from toolgrad_dspy.program.branch import CrashError
from toolgrad_dspy.program.branches import Branches
from toolgrad_dspy.program.replays import Replays
from toolgrad_dspy.program.state import State, joined
from toolgrad_dspy.program.volatile_leaves import VolatileLeaves
from toolgrad_dspy.program.witness import Witness
from toolgrad_dspy.records import Chain, Step, Workflow, leaves
from toolgrad_dspy.seeding import generator

# Tool calls that finding the order within one source of a sample may take, and how often what is found is tried.
MOST_CALLS = 400
ROUNDS = 5
# Orders by chance in which the steps are run at last, besides the one that is most different.
AT_RANDOM = 2

# For each step the earlier ones that it has to come after, by id.
After = dict[str, set[str]]


async def in_order(state: State, branches: Branches, witness: Witness) -> None:
    """Complete ``state.workflow``: the order that state asks for, and the volatile leaves of its steps.

    Chains are joined where a step depends on one of another chain. Raises BudgetSpentError.
    """
    steps = state.workflow.steps
    before: After = {step.id: set(step.uses) for step in steps}
    for source in dict.fromkeys(state.library.tool(step.call.tool).source for step in steps):
        own = [step for step in steps if state.library.tool(step.call.tool).source == source]
        if not any(branches.writes(step.call.tool) for step in own):
            continue
        problem = "was not found in time"
        try:
            found = await _Order(own, branches, witness).found(before)
        except CrashError:
            problem, found = "was not found, since the server crashed", None
        if found is None:
            state.notes.append(f"{source}: the order that its steps need {problem}; it is kept as it was")
            found = _one_by_one(own, lambda step: True)
        for name, earlier in found.items():
            before[name] |= earlier
    state.workflow = _with_order(state.workflow, before, branches.volatile)


class _Order:
    """The order within one source: its ``steps`` are replayed in other ones."""

    def __init__(self, steps: Sequence[Step], branches: Branches, witness: Witness) -> None:
        self._steps = steps
        self._branches = branches
        self._witness = witness
        self._replays = Replays(steps, branches)
        self._writes = [step for step in steps if self._is_write(step)]
        self._after: After = {}
        self._changed: set[str] = set()  # the steps that have given another result in another order
        self._known_probes: list[Step] = []

    async def found(self, uses: Mapping[str, set[str]]) -> After | None:
        """What each step has to come after, those that it uses included; None if that was not found in time."""
        if not self._branches.isolated(self._steps[0].call.tool):
            return _one_by_one(self._steps, self._is_write)
        if 2 * len(self._writes) * len(self._steps) > MOST_CALLS:
            return None
        own = {step.id for step in self._steps}
        self._after = {step.id: ancestors(step.id, uses) & own for step in self._steps}
        for write in self._writes:
            await self._leave_out(write)
        for write in self._writes:
            await self._bring_forward(write)
        for earlier, later in _overwritten(self._writes):
            self._after[later.id].add(earlier.id)
        return self._after if len(self._writes) == 1 or await self._proved() else None

    def _is_write(self, step: Step) -> bool:
        return self._branches.writes(step.call.tool)

    def _sees_writes(self, read: Step) -> bool:
        return read.id in self._changed or bool(read.uses.intersection(step.id for step in self._writes))

    async def _probes(self) -> list[Step]:
        """The reads before the last write that see writes, with what they give at the end."""
        for read in self._steps[: self._steps.index(self._writes[-1])]:
            known = any(read.call == probe.call for probe in self._known_probes)
            if not known and not self._is_write(read) and self._sees_writes(read):
                self._known_probes.append(await self._witness.read_again(read, self._steps))
        return self._known_probes

    async def _differing(self, steps: Sequence[Step]) -> tuple[str, ...]:
        differing = await self._replays.differing(steps)
        self._changed.update(differing)
        return differing

    async def _leave_out(self, write: Step) -> None:
        """What comes later and gives another result without ``write`` depends on it."""
        place = self._steps.index(write)
        # What depends on it already would fail, and shows nothing.
        later = [step for step in self._steps[place + 1 :] if write.id not in ancestors(step.id, self._after)]
        if later:
            differing = await self._differing([*filter(self._is_write, self._steps[:place]), *later])
            for step in later:
                if step.id in differing:
                    self._after[step.id].add(write.id)

    async def _bring_forward(self, write: Step) -> None:
        """What comes earlier and gives another result after ``write`` has to stay before it."""
        needed = ancestors(write.id, self._after)
        place = self._steps.index(write)
        passed = [step for step in self._steps[:place] if step.id not in needed]
        if not passed:
            return
        first = [step for step in self._steps[:place] if step.id in needed and self._is_write(step)]
        order = [*first, write, *passed]
        overtaken = {step.id for step in passed if self._is_write(step)}
        if overtaken:  # what both leave may be another, which only shows later
            order += [step for step in self._steps[place + 1 :] if self._is_write(step) or self._sees_writes(step)]
            order += await self._probes()
        differing = await self._differing(order)
        found = {step.id for step in passed if step.id in differing} or (overtaken if differing else set())
        self._after[write.id] |= found
        if found & overtaken:  # without those it may meet others of the steps in another state
            await self._bring_forward(write)

    async def _proved(self) -> bool:
        """Whether other orders give the same results; what does not is put in order first."""
        if not (await self._holds(_latest_first) and await self._holds(self._writes_first)):
            return False
        for number in range(AT_RANDOM):
            if not await self._holds(partial(_at_random, number)):
                return False
        return True

    async def _holds(self, order: Callable[[Sequence[Step], After], list[Step]]) -> bool:
        for _ in range(ROUNDS):
            other = order(self._steps, self._after)
            if other == list(self._steps):
                return True
            differing = await self._differing([*other, *await self._probes()])
            if not differing:
                return True
            self._put_in_order(other, differing[0])
        return False

    def _writes_first(self, steps: Sequence[Step], after: Mapping[str, Iterable[str]]) -> list[Step]:
        """The writes with what they have to come after, one by one, then the reads that are left."""
        order: dict[str, Step] = {}
        for step in sorted(steps, key=lambda step: not self._is_write(step)):
            needed = ancestors(step.id, after)
            order.update({e.id: e for e in steps if e.id in needed and e.id not in order})
            order.setdefault(step.id, step)
        return list(order.values())

    def _put_in_order(self, other: Sequence[Step], differing: str) -> None:
        """Undo what in the order ``other`` can be the reason that the step ``differing``, or a probe, did.

        That is the writes that have changed places with it, or if there are none, those that have with each other.
        """
        place = {step.id: number for number, step in enumerate(other)}
        until = place.get(differing, len(other))  # a probe comes last
        pairs = [(a, b) for number, a in enumerate(self._steps) for b in self._steps[number + 1 :]]
        turned = [(a, b) for a, b in pairs if place[b.id] < place[a.id] and place[b.id] <= until]
        own = [(a, b) for a, b in turned if differing in (a.id, b.id) and (self._is_write(a) or self._is_write(b))]
        for a, b in own or [(a, b) for a, b in turned if self._is_write(a) and self._is_write(b)]:
            self._after[b.id].add(a.id)


def ancestors(name: str, after: Mapping[str, Iterable[str]]) -> set[str]:
    """Everything that the step ``name`` has to come after, directly or not."""
    found: set[str] = set()
    waiting = list(after.get(name, ()))
    while waiting:
        earlier = waiting.pop()
        if earlier not in found:
            found.add(earlier)
            waiting.extend(after.get(earlier, ()))
    return found


def _overwritten(writes: Sequence[Step]) -> list[tuple[Step, Step]]:
    """Pairs of writes that seem to set the same thing: of one tool, with a common argument and equal results.

    Which of them was the last shows only to a later read, which the sample may not have.
    """
    pairs = ((a, b) for place, b in enumerate(writes) for a in writes[:place])
    return [
        (a, b)
        for a, b in pairs
        if a.call.tool == b.call.tool
        and a.observation.value == b.observation.value
        and any(leaf in list(leaves(b.call.arguments)) for leaf in leaves(a.call.arguments))
    ]


def _one_by_one(steps: Sequence[Step], writes: Callable[[Step], bool]) -> After:
    """A write comes after all that is before it, and everything else after the last write."""
    after: After = {}
    write: set[str] = set()
    read: set[str] = set()
    for step in steps:
        after[step.id] = write | read if writes(step) else set(write)
        if writes(step):
            write, read = {step.id}, set()
        else:
            read.add(step.id)
    return after


def _latest_first(steps: Sequence[Step], after: Mapping[str, Iterable[str]]) -> list[Step]:
    """The steps in an order that ``after`` allows: the last as early as it can come, then the one before it, ..."""
    order: dict[str, Step] = {}
    for step in reversed(steps):
        needed = ancestors(step.id, after)
        order.update({earlier.id: earlier for earlier in steps if earlier.id in needed and earlier.id not in order})
        order.setdefault(step.id, step)
    return list(order.values())


def _at_random(number: int, steps: Sequence[Step], after: Mapping[str, Iterable[str]]) -> list[Step]:
    """The steps in an order that ``after`` allows, by chance: the same for the same ``number`` and steps."""
    chance = generator("order", number, *(step.id for step in steps))
    left, order = list(steps), list[Step]()
    while left:
        there = {step.id for step in order}
        ready = [step for step in left if ancestors(step.id, after) <= there]
        order.append(chance.choice(ready))
        left.remove(order[-1])
    return order


def _with_order(workflow: Workflow, before: After, volatile: VolatileLeaves) -> Workflow:
    """``workflow`` with what its steps come after: only what does not follow from the rest."""
    new: dict[str, Step] = {}
    for step in workflow.steps:
        implied = {far for near in before[step.id] for far in ancestors(near, before)}
        after = sorted(before[step.id] - implied - step.uses, key=lambda name: int(name[1:]))
        update = {"after": tuple(after), "volatile": volatile.of(step.call.tool, step.observation)}
        new[step.id] = step.model_copy(update=update)
    chains = (Chain(id=c.id, steps=tuple(new[step.id] for step in c.steps)) for c in workflow.chains)
    ordered = Workflow(chains=tuple(chains), ordered=True)
    for step in ordered.steps:
        for name in step.after:
            ordered = joined(ordered, name, step.id)
    return ordered.model_copy(update={"ordered": True})
