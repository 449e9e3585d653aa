"""Answers for every wire format: those of the rehearsal model, or a fixed one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dspy.lm15 import Config, Message, Request, TextPart

from toolgrad_dspy.lm.rehearsal.engine import answer

PROSE = "Certainly! I would be glad to help you with that. Could you tell me a little more about what you need?"
CANNED = "[[ ## answer ## ]]\nA small fixed answer.\n\n[[ ## completed ## ]]"
CANNED_TOKENS = (400, 120)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read from the wire. ``turns`` are (role, text) with the roles user and assistant.

    ``marked`` are the beginnings of the prompt that the client wants in the prompt cache. ``schema`` is that of the
    answer. ``tools`` has the parameters of each tool by its name; if ``forced``, one of the tools has to be called.
    ``ignored`` are abilities that were asked for and have no effect.
    """

    model: str
    system: str
    turns: tuple[tuple[str, str], ...]
    as_json: bool = False
    logprobs: bool = False
    marked: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    tools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    forced: bool = False
    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call."""

    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, before it is put into a wire format."""

    id: str
    model: str
    text: str
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    written_tokens: int = 0
    called: Called | None = None


def think(asked: Asked) -> Said:
    """The answer of the rehearsal model."""
    messages = tuple(Message.user(text) if role == "user" else Message.assistant(text) for role, text in asked.turns)
    config = Config(response_format={"type": "json_object"}) if asked.as_json else Config()
    response = answer(Request(model=asked.model, messages=messages, system=asked.system or None, config=config))
    text = "".join(part.text for part in response.message.parts if isinstance(part, TextPart))
    given, answered = response.usage.input_tokens or 0, response.usage.output_tokens or 0
    return Said(response.id or "", asked.model, text, given, answered)


class PromptCache:
    """Remembers marked beginnings, and says how much of a prompt is read from the cache and written to it."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def applied(self, asked: Asked, said: Said) -> Said:
        """``said`` with its cached and written tokens, as shares of its input tokens."""
        if not asked.marked:
            return said
        whole = len(asked.system) + sum(len(text) for _, text in asked.turns)
        known = max((len(text) for text in asked.marked if text in self._seen), default=0)
        self._seen.update(asked.marked)
        cached = said.input_tokens * known // whole
        written = said.input_tokens * max(map(len, asked.marked)) // whole - cached
        return replace(said, cached_tokens=cached, written_tokens=written)


def canned(model: str, text: str = CANNED) -> Said:
    """The fixed answer."""
    return Said("rehearsal-canned", model, text, *CANNED_TOKENS)
