"""Whether samples on stateful tools give the same results in any order that their dependences allow.

    python benchmarks/order.py [--sessions 30] [--orders 3] [--town]

Rehearsal grows samples on a file system with a current folder and on a shop (`tests/support/servers`). Each, whatever
was found of its texts, is then replayed on fresh sessions in random orders: those that the values alone allow, as if
nothing were known of state, and those that its steps allow. Beside it, what a sample has and what it costs.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.checks import Checks  # noqa: E402
from tests.support.servers.folders import folders  # noqa: E402
from tests.support.servers.shop import shop  # noqa: E402
from toolgrad_dspy.lm import Models  # noqa: E402
from toolgrad_dspy.program import ProgramConfig, ToolGrad, run_session  # noqa: E402
from toolgrad_dspy.records import Session, Step  # noqa: E402
from toolgrad_dspy.tools import Library  # noqa: E402
from toolgrad_dspy.tools.base import ToolSource  # noqa: E402
from toolgrad_dspy.world import WorldSource  # noqa: E402

Allowed = Callable[[Step], frozenset[str]]


def by_value(step: Step) -> frozenset[str]:
    """What a step has to come after if nothing is known of state."""
    return step.uses


def by_value_and_state(step: Step) -> frozenset[str]:
    """What a step has to come after."""
    return step.depends_on


def shuffled(steps: Sequence[Step], needs: Mapping[str, frozenset[str]], draw: random.Random) -> list[Step]:
    """The steps in a random order that ``needs`` allow."""
    left, order = list(steps), []
    while left:
        names = {step.id for step in left}
        step = draw.choice([step for step in left if not needs[step.id] & names])
        left.remove(step)
        order.append(step)
    return order


async def differs(library: Library, session: Session, allowed: Allowed, orders: int) -> bool:
    """Whether any of some random orders gives another result."""
    assert session.sample is not None
    steps = session.sample.workflow.steps
    needs = {step.id: allowed(step) for step in steps}
    for number in range(orders):
        draw = random.Random(f"{session.index} {number}")
        async with library.session(0) as fresh:
            for step in shuffled(steps, needs, draw):
                again = await fresh.call(step.call)
                if again.error is not None or again.value != step.observation.value:
                    return True
    return False


async def measured(source: ToolSource, n: int, orders: int, check: Checks) -> None:
    """Grow ``n`` samples on ``source``, and replay them in other orders."""
    async with Library([source]) as library:
        program = ToolGrad(library, Models.from_environment(), ProgramConfig())
        sessions = [await run_session(program, 0, index) for index in range(n)]
        grown = [session for session in sessions if session.sample]
        before = [await differs(library, session, by_value, orders) for session in grown]
        after = [await differs(library, session, by_value_and_state, orders) for session in grown]
    samples = [session.sample for session in grown if session.sample]
    steps = [step for sample in samples for step in sample.workflow.steps]
    notes = [note for session in grown for note in session.trace.notes]
    of = max(1, len(grown))
    print(f"\n{source.id}: {len(grown)} samples of {n} sessions, {orders} random orders each")
    print(f"  steps per sample {len(steps) / of:.2f}, chains {sum(len(s.workflow.chains) for s in samples) / of:.2f}")
    print(f"  steps that depend by value {sum(bool(s.uses) for s in steps) / of:.2f}, by state ", end="")
    print(f"{sum(bool(s.after) for s in steps) / of:.2f} per sample")
    print(f"  tool calls per sample {sum(s.usage.tool_calls for s in grown) / of:.1f}, replayed ", end="")
    print(f"{sum(s.usage.replayed_calls for s in grown) / of:.1f}; order kept as it was in {len(notes)}")
    print(f"  other results where only values are followed: {sum(before)} of {len(grown)}")
    check(f"{source.id}: samples with other results in an order that they allow", sum(after), "==", 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--orders", type=int, default=3, help="random orders of each sample")
    parser.add_argument("--town", action="store_true", help="the bundled town, too")
    options = parser.parse_args()
    check = Checks()
    for source in (folders(), shop(), *([WorldSource()] if options.town else [])):
        asyncio.run(measured(source, options.sessions, options.orders, check))
    check.end()


if __name__ == "__main__":
    main()
