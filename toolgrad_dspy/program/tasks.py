"""Tasks: sessions to be run, as DSPy examples. Training, validation and test tasks never share one."""

from dataclasses import dataclass

import dspy


@dataclass(frozen=True, slots=True)
class Tasks:
    """Three disjoint sets of sessions of one run seed."""

    train: list[dspy.Example]
    validation: list[dspy.Example]
    test: list[dspy.Example]


def draw(seed: int, train: int, validation: int, test: int) -> Tasks:
    """Tasks for compiling: each is a session of its own, known by (seed, index).

    The index decides the mini-batches, the order in which tools are shown and the seed of the tools.
    """
    examples = [
        dspy.Example(seed=seed, index=i).with_inputs("seed", "index") for i in range(train + validation + test)
    ]
    return Tasks(examples[:train], examples[train : train + validation], examples[train + validation :])
