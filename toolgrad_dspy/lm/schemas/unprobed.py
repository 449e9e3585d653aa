"""Models of which nothing is known, though asking them once would tell how to speak to them."""

from collections.abc import Iterable

from toolgrad_dspy.lm.capabilities.known import known
from toolgrad_dspy.lm.capabilities.probe_cache import address
from toolgrad_dspy.lm.settings import ModelSettings


def unprobed_notes(models: Iterable[ModelSettings]) -> list[str]:
    """A line for each model at an address of its own that was never probed and whose format is left to us."""
    notes: dict[str, None] = {}
    for settings in models:
        base = address(settings)
        chosen = settings.adapter == "chat" or settings.schema != "auto"
        if settings.is_rehearsal or base is None or chosen or known(settings).source != "unknown":
            continue
        line = (
            f"{settings.model} at {base} was not probed; `toolgrad-dspy doctor --models` finds out whether its "
            "answers can be held to a schema"
        )
        notes[line] = None
    return list(notes)
