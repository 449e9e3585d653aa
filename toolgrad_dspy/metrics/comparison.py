"""Whether one program is better than another: the mean difference over the same tasks, with a bootstrap interval."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolgrad_dspy.seeding import derive

RESAMPLES = 10_000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Difference:
    """The ``mean`` of after - before, and the ends of its confidence interval. All in units of the score.

    >>> Difference(mean=0.02, low=-0.01, high=0.05).excludes_zero
    False
    """

    mean: float
    low: float
    high: float
    confidence: float = CONFIDENCE

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0

    @property
    def is_gain(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low > 0

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def compare(before: Sequence[float], after: Sequence[float], seed: int = 0) -> Difference:
    """The difference of paired scores, with the paired percentile bootstrap interval over tasks.

    >>> difference = compare([0.5, 0.25, 0.5, 0.5], [0.75, 0.5, 0.75, 0.75])
    >>> print(difference)
    +0.250 [+0.250, +0.250]
    >>> difference.is_gain
    True

    The pairs are drawn with replacement :data:`RESAMPLES` times (Efron and Tibshirani, "An Introduction to the
    Bootstrap", 1993, section 13.3). ``before[i]`` and ``after[i]`` are scores of one task. The same seed gives the
    same interval. Raises ValueError for sequences that do not pair up.
    """
    import numpy as np  # 13 MB that a run of sessions, which compares nothing, does not need

    if len(before) != len(after) or not before:
        raise ValueError("scores before and after have to be those of the same tasks, at least one")
    differences = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    drawn = np.random.default_rng(derive(seed, "bootstrap")).integers(
        0, differences.size, (RESAMPLES, differences.size)
    )
    means = differences[drawn].mean(axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Difference(float(differences.mean()), float(low), float(high))
