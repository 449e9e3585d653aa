"""The optimizers by name: the nine of this package, and those that users register."""

from typing import TypeVar

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.optimizers.better_together import ARROW, BetterTogether
from toolgrad_dspy.optimizers.bootstrap import Bootstrap
from toolgrad_dspy.optimizers.bootstrap_optuna import BootstrapOptuna
from toolgrad_dspy.optimizers.bootstrap_random import BootstrapRandom
from toolgrad_dspy.optimizers.copro import Copro
from toolgrad_dspy.optimizers.gepa import Gepa
from toolgrad_dspy.optimizers.infer_rules import InferRules
from toolgrad_dspy.optimizers.mipro import Mipro
from toolgrad_dspy.optimizers.simba import Simba
from toolgrad_dspy.registry import Registry

# Instructions first: demonstrations of a tuned program then show what its instructions brought about.
STRATEGY = "gepa -> bootstrap"

OptimizerClass = TypeVar("OptimizerClass", bound=type[Optimizer])

# All that are registered; it grows with every call of :func:`register`.
OPTIMIZERS: Registry[Optimizer] = Registry(
    "optimizer",
    Gepa,
    Mipro,
    Copro,
    Simba,
    Bootstrap,
    BootstrapRandom,
    BootstrapOptuna,
    InferRules,
    BetterTogether,
)


def register(optimizer_class: OptimizerClass) -> OptimizerClass:
    """Make an optimizer of your own known by its ``name``: to :func:`optimizer`, and in strategies.

    The class has to be callable without arguments. Returns it, so that this can be a decorator::

        @register
        class Careful(Optimizer):
            name = "careful"
            ...

        optimizer("better-together", "careful -> bootstrap")

    Raises UsageError for a name that belongs to another class, or that is not lower-case words with hyphens.
    """
    OPTIMIZERS.register(optimizer_class)
    return optimizer_class


def optimizer(name: str, strategy: str | None = None) -> Optimizer:
    """The optimizer called ``name``.

    ``strategy`` is for better-together only: the names of the optimizers it runs, with arrows between them.
    Raises UsageError for an unknown name, with the most similar one, and for a strategy that cannot run.

    >>> optimizer("gepa").name
    'gepa'
    >>> optimizer("better-together", "mipro -> bootstrap").label
    'better-together: mipro -> bootstrap'
    """
    if name == BetterTogether.name:
        return BetterTogether(_stages(strategy if strategy is not None else STRATEGY))
    found = OPTIMIZERS.make(name)
    if strategy is not None:
        raise UsageError(
            f"the optimizer {name} takes no strategy, only {BetterTogether.name} does", code="strategy_not_supported"
        )
    return found


def _stages(strategy: str) -> list[Optimizer]:
    """The optimizers that ``strategy`` names, in its order."""
    names = [name.strip() for name in strategy.split(ARROW)]
    if not all(names):
        raise UsageError(
            f"invalid strategy {strategy!r}: give names of optimizers with {ARROW!r} between them, for example "
            f"{STRATEGY!r}",
            code="invalid_strategy",
        )
    return [optimizer(name) for name in names]
