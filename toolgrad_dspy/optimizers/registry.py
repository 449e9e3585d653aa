"""The optimizers by name."""

from collections.abc import Mapping

from toolgrad_dspy.errors import UsageError, hint
from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.optimizers.better_together import BetterTogether
from toolgrad_dspy.optimizers.bootstrap import Bootstrap
from toolgrad_dspy.optimizers.bootstrap_optuna import BootstrapOptuna
from toolgrad_dspy.optimizers.bootstrap_random import BootstrapRandom
from toolgrad_dspy.optimizers.copro import Copro
from toolgrad_dspy.optimizers.gepa import Gepa
from toolgrad_dspy.optimizers.infer_rules import InferRules
from toolgrad_dspy.optimizers.mipro import Mipro
from toolgrad_dspy.optimizers.simba import Simba

OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    one.name: one
    for one in (
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
}


def optimizer(name: str, strategy: str | None = None) -> Optimizer:
    """The optimizer called ``name``. ``strategy`` is better-together's, see there.

    Raises UsageError, for an unknown name with the nearest one.
    """
    if name not in OPTIMIZERS:
        raise UsageError(f"unknown optimizer {name!r}; {hint(name, OPTIMIZERS)}", code="unknown_optimizer")
    if strategy is None:
        return OPTIMIZERS[name]()
    if name != BetterTogether.name:
        raise UsageError(f"a strategy is for {BetterTogether.name}, not for {name}")
    return BetterTogether(strategy)
