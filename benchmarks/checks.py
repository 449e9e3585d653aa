"""The numbers of a benchmark, each beside its goal."""

import sys
from typing import Literal, NoReturn


class Checks:
    """Prints each number with its goal, and counts those that are met."""

    def __init__(self) -> None:
        self.met = self.all = 0

    def __call__(self, name: str, value: float, relation: Literal["<=", ">=", ">", "=="], limit: float) -> None:
        """A number that has to be in ``relation`` to ``limit``."""
        met = {"<=": value <= limit, ">=": value >= limit, ">": value > limit, "==": value == limit}[relation]
        self.told(name, f"{value:.4g}", met, f"{relation} {limit:g}")

    def told(self, name: str, value: object, met: bool, goal: str) -> None:
        """Anything else, and whether it is as the ``goal`` says."""
        self.all += 1
        self.met += met
        print(f"  {'met   ' if met else 'MISSED'} {name}: {value} ({goal})", flush=True)

    def end(self) -> NoReturn:
        """Print how many are met, and exit with 1 if that is not all."""
        print(f"\n{self.met} of {self.all} numbers met")
        sys.exit(self.met < self.all)
