"""Models that a user gives to DSPy, and not to our settings: no gate counts their calls, so they are counted here."""

from collections.abc import Collection, Mapping
from typing import Any

import dspy
from dspy.utils.usage_tracker import UsageTracker

from toolgrad_dspy.lm.calls.allowance import note_calls
from toolgrad_dspy.lm.calls.budget import Reservation
from toolgrad_dspy.lm.calls.meter import session_meter
from toolgrad_dspy.lm.models import Models


def is_counted(lm: Any) -> bool:
    """Whether a gate of ours counts the calls of ``lm``: it is one of our models, or a copy of one."""
    return bool(getattr(getattr(lm, "engine", None), "counts_usage", False))


def uncounted(module: dspy.Module, lm: Any) -> frozenset[str]:
    """The names of the models that ``module`` calls and no gate counts. ``lm`` is that of predictors without one."""
    predictors = [module] if isinstance(module, dspy.Predict) else module.predictors()
    used = (lm if predictor.lm is None else predictor.lm for predictor in predictors)
    return frozenset(model.model for model in used if not is_counted(model))


def count_usage(
    tracker: UsageTracker, names: Collection[str], models: Models, role: str, reservation: Reservation
) -> None:
    """Count for ``role`` what ``tracker`` saw of the models called ``names``, as far as they told it.

    One call was counted against the session's allowance before, and one is kept back in the ``reservation``.
    """
    note_calls(max(0, sum(len(tracker.usage_data.get(model, ())) for model in names) - 1))
    for model in names:
        price = models.prices.of(model)
        for usage in tracker.usage_data.get(model, ()):
            read, wrote = _tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens")
            details = usage.get("prompt_tokens_details")
            cached = _tokens(details, "cached_tokens") if isinstance(details, Mapping) else 0
            usd = None if price is None else price.of(read, wrote, cached, 0)
            reservation.settle(usd, read + wrote)
            for meter in (models.meter, session_meter()):
                if meter is not None:
                    meter.add(role, read, wrote, usd, model, cached)


def _tokens(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) else 0
