"""The optimizers by name."""

import difflib
from collections.abc import Mapping

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.optimizers.gepa import Gepa

OPTIMIZERS: Mapping[str, type[Optimizer]] = {Gepa.name: Gepa}


def optimizer(name: str) -> Optimizer:
    """The optimizer called ``name``. Raises UsageError that names the nearest."""
    if name not in OPTIMIZERS:
        near = difflib.get_close_matches(name, OPTIMIZERS, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(OPTIMIZERS)}"
        raise UsageError(f"no optimizer is called {name!r}{hint}")
    return OPTIMIZERS[name]()
