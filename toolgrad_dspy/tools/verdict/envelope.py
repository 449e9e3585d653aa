"""How results are wrapped: which fields talk about the call, and which are the result."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

from toolgrad_dspy.tools.verdict.parsing import Data, data_in, is_list

ENTITY_FIELDS = 3
"""With this many fields of its own, an object is an entity with a state (a build that failed, a launch without
success), and its ``status``, ``success`` or ``error`` describes the entity, not the call."""

DEPTH = 4
"""Levels of nesting that are looked at. Envelopes in the recordings have up to three."""

WIDE = 64
"""Items of one level that are looked at: an object with more fields is a table, neither an envelope nor hollow."""

_TO_DROP = str.maketrans("", "", "_- .")

# Names without case and separators, as `plain` makes them.
_REMARK = re.compile(
    r"success|succeeded|successful|ok|(?:http)?status(?:code|te?xt|message|description|value|reasonphrase)?"
    r"|httpcode|httpstatuscode|code|cod|(?:error|err|response|result|return)(?:code|no)|errors?|err|exception|fault"
    r"|iserror|haserror|failed|failure|error(?:message|msg|type|details?|description)|etype|messages?|msg|reason"
    r"|traceid|(?:client)?requestid|correlationid|responseid|timestamp|ts|stack(?:trace)?|trace(?:back)?|exc"
    r"|exctype|exceptiontype|debug|documentationurl|moreinfo|apiversion|jsonrpc|support|additional|extras"
    r"|extendedcode|innererror|severity|servertime|elapsed|took|duration|faultcode|faultstring"
)
# Envelopes use these names, and so do articles, files and events.
_AMBIGUOUS = re.compile(
    r"details?|description|info|information|notes?|notice|warnings?|hint|help|title|type|instance|time|date|datetime"
    r"|path|uri|method|docs|links?|version"
)
_COUNTING = re.compile(
    r"total\w*|.*(?:count|total|cursor|pages?|offset|limit|pagesize|perpage)|pagetoken|nextpagetoken|start|size|skip"
    r"|next|prev|previous"
    r"|(?:num|total|number|count).{0,3}(?:results?|items|pages|records|hits|rows|found|matches)"
    r"|has(?:more|next)|more|listcomplete|query|q|keyword|term|get|parameters|lang|locale|devicetype"
)
_WRAPPER = re.compile(r"results?|data|payload|response|content|body|output|value|structuredcontent|text")
_WORDS = (
    *("message", "msg", "errormessage", "faultstring", "error", "detail", "statusmessage"),
    *("title", "description", "reason", "info"),
)


@lru_cache(maxsize=4096)
def plain(key: str) -> str:
    """A field's name without case and separators: ``Status_Code`` -> ``statuscode``."""
    return key.lower().translate(_TO_DROP)


@lru_cache(maxsize=4096)
def is_counting(name: str) -> bool:
    """Whether a field pages or counts a result rather than being one."""
    return _COUNTING.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def is_remark(name: str) -> bool:
    """Whether a field can only be about the call: ``success``, ``status_code``, ``message``, ``requestId``."""
    return _REMARK.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def may_be_remark(name: str) -> bool:
    """As :func:`is_remark`, or a name that articles and files have too: ``title``, ``description``, ``path``."""
    return is_remark(name) or _AMBIGUOUS.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def is_wrapper(name: str) -> bool:
    """Whether a field may hold the whole result: ``result``, ``data``, ``content``."""
    return _WRAPPER.fullmatch(name) is not None


def is_hollow(value: Data, depth: int = DEPTH) -> bool:
    """Whether there is nothing in ``value``: None, "", an empty container, or a container of such."""
    if value is None or value == "" or value == [] or value == {} or value == ():
        return True
    # Below the depth that is looked at, something is there.
    if depth == 0 or isinstance(value, str | int | float):
        return isinstance(value, str) and not value.strip()
    items = value.values() if isinstance(value, Mapping) else value
    return len(items) <= WIDE and all(is_hollow(item, depth - 1) for item in items)


def holds_list(value: Data, depth: int = DEPTH) -> bool:
    """Whether a list is in ``value``, or it is one; also of data that is written out as text."""
    if isinstance(value, str):
        value = data_in(value)
    if is_list(value):
        return True
    if depth == 0 or not isinstance(value, Mapping):
        return False
    return any(holds_list(item, depth - 1) for item in islice(value.values(), WIDE))


@dataclass(frozen=True)
class Envelope:
    """An object as the shape rules see it: fields by plain name, apart from those that the tool declares.

    ``declared`` holds the plain names of the properties in the tool's output schema.
    """

    fields: Mapping[str, Data]
    declared: frozenset[str] = frozenset()

    @classmethod
    def of(cls, value: Mapping[str, Data], declared: frozenset[str] = frozenset()) -> "Envelope":
        return cls({plain(str(key)): item for key, item in islice(value.items(), WIDE)}, declared)

    @cached_property
    def payload(self) -> tuple[str, ...]:
        """Names of the fields that hold something of a result, whatever else the object is."""
        return tuple(name for name in self.substance if not may_be_remark(name))

    @cached_property
    def substance(self) -> tuple[str, ...]:
        """Names of the fields that hold something, but for remarks on the call, counts and paging."""
        return tuple(
            name
            for name, item in self.fields.items()
            if not is_remark(name) and not is_counting(name) and not is_hollow(item)
        )

    @property
    def is_entity(self) -> bool:
        """Whether this is something with a state of its own, rather than an answer about the call."""
        return len(self.payload) >= ENTITY_FIELDS

    @cached_property
    def message(self) -> str:
        """What the envelope, or an error object in it, says in words; or ""."""
        # {"error": {"code": 3, "message": "..."}}: the words are often one level further in.
        for item in _named(self.fields, _WORDS):
            inner = {plain(str(key)): part for key, part in item.items()} if isinstance(item, Mapping) else {}
            for words in (item, *_named(inner, _WORDS)):
                if isinstance(words, str) and words.strip():
                    return words.strip()
        return ""

    @property
    def has_result(self) -> bool:
        """Whether a field that is named for the result holds an object or list with something in it."""
        return any(is_wrapper(name) and not isinstance(self.fields[name], str | int | float) for name in self.payload)

    @property
    def wrapped(self) -> Data:
        """The only thing in it where it merely wraps (``{"result": ...}``), else None."""
        if len(self.substance) == 1 and is_wrapper(self.substance[0]):
            return self.fields[self.substance[0]]
        return None


def _named(fields: Mapping[str, Data], names: Sequence[str]) -> list[Data]:
    return [fields[name] for name in names if name in fields]


def text_of_blocks(value: Data) -> str | None:
    """The text of a list of MCP content blocks, or None where it is no such list.

    Python clients print a result as a pair of the blocks and the structured content; that counts as well.
    """
    if not is_list(value) or not value:
        return None
    blocks = value[0] if len(value) == 2 and is_list(value[0]) else value
    texts: list[str] = []
    for block in blocks:
        text = block.get("text") if isinstance(block, Mapping) and block.get("type") == "text" else None
        if not isinstance(text, str):  # an image is content, whatever text stands beside it
            return None
        texts.append(text)
    return "\n".join(texts)
