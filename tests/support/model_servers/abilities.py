"""What the model behind a server can do, and how a request for something else is treated."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

from tests.support.model_servers.brain import Asked

# Done; accepted without effect, as with many gateways and local servers; refused with the provider's own body.
Ability = Literal["yes", "ignored", "refused"]


@dataclass(frozen=True, slots=True)
class Abilities:
    """One setting for everything that a request may ask for besides a text: ``call_schema`` is a schema with
    alternatives, ``json_schema`` any other. A format that has no field for it refuses
    or drops it in its own way, whatever is set here.
    """

    json_schema: Ability = "yes"
    call_schema: Ability = "yes"
    json_object: Ability = "yes"
    tools: Ability = "yes"
    logprobs: Ability = "yes"

    @classmethod
    def all(cls, ability: Ability) -> "Abilities":
        return cls(ability, ability, ability, ability, ability)

    def refused(self, asked: Asked) -> str | None:
        """The first ability that is asked for and refused, or None."""
        return next((name for name in _wanted(asked) if getattr(self, name) == "refused"), None)

    def without_ignored(self, asked: Asked) -> Asked:
        """``asked`` without what is ignored."""
        ignored = frozenset(name for name in _wanted(asked) if getattr(self, name) == "ignored")
        if not ignored:
            return asked
        as_json = asked.as_json and not ignored & {"json_schema", "call_schema", "json_object"}
        return replace(
            asked,
            as_json=as_json,
            schema=asked.schema if as_json else None,
            tools={} if "tools" in ignored else asked.tools,
            logprobs=asked.logprobs and "logprobs" not in ignored,
            ignored=ignored,
        )


def _wanted(asked: Asked) -> list[str]:
    wanted = {
        "json_schema": asked.schema is not None and not _has_alternatives(asked.schema),
        "call_schema": asked.schema is not None and _has_alternatives(asked.schema),
        "json_object": asked.as_json and asked.schema is None,
        "tools": bool(asked.tools),
        "logprobs": asked.logprobs,
    }
    return [field.name for field in fields(Abilities) if wanted[field.name]]


def _has_alternatives(value: object) -> bool:
    if isinstance(value, Mapping):
        return "anyOf" in value or any(map(_has_alternatives, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_has_alternatives, value))
