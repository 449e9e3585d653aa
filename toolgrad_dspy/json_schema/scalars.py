"""Candidates for texts and numbers that meet the bounds of a schema; who asks checks them."""

import math
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from toolgrad_dspy.json_schema.patterns import text_matching

MADE_UP = "simulated"
INTEGER = 1234
NUMBER = 1234.5

Keywords = Mapping[str, JsonValue]

# Values of the formats of JSON Schema 2020-12 (Validation, section 7.3) and of OpenAPI's (its format registry), from
# the names and addresses that are reserved for examples (RFC 2606, RFC 5737, RFC 3849).
_FORMATS = {
    "date": "2026-05-14",
    "date-time": "2026-05-14T19:30:00Z",
    "time": "19:30:00Z",
    "duration": "PT1H30M",
    "email": "simulated@example.com",
    "idn-email": "simulated@example.com",
    "hostname": "simulated.example.com",
    "idn-hostname": "simulated.example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/simulated",
    "url": "https://example.com/simulated",
    "iri": "https://example.com/simulated",
    "uri-reference": "/simulated",
    "iri-reference": "/simulated",
    "uri-template": "https://example.com/{simulated}",
    "uuid": "00000000-0000-4000-8000-000000001234",
    "json-pointer": "/simulated",
    "relative-json-pointer": "0/simulated",
    "regex": "simulated",
    "byte": "c2ltdWxhdGVk",
}

# How many values are offered beyond the first ones, where a list has to hold different ones.
_FURTHER = 40
_LONGEST = 100_000


def texts(parts: Sequence[Keywords]) -> Iterator[str]:
    """Texts, the likeliest first: of the format, :data:`MADE_UP`, that one in the length asked for, by a pattern."""
    least = max(_whole(parts, "minLength"), default=0)
    most = min(_whole(parts, "maxLength"), default=_LONGEST)
    if least > _LONGEST:
        return
    formats = (part.get("format") for part in parts)
    yield from (_FORMATS[name] for name in formats if isinstance(name, str) and name in _FORMATS)
    yield MADE_UP
    patterns = [pattern for part in parts if isinstance(pattern := part.get("pattern"), str)]
    if not patterns:  # a long text that nearly matches is what makes expressions take for ever
        yield (MADE_UP * (least // len(MADE_UP) + 1))[: max(least, min(len(MADE_UP), most))]
    for pattern in patterns:
        written = (text_matching(pattern, repeats) for repeats in dict.fromkeys((1, 0, least)))
        yield from (text for text in written if text is not None)
    yield from (f"{MADE_UP}{number}"[-most:] for number in range(2, _FURTHER))


def numbers(parts: Sequence[Keywords], whole: bool) -> Iterator[int | float]:
    """Numbers, the likeliest first; only integers if they have to be ``whole``."""
    low, high = max(_bounds(parts, "minimum"), default=None), min(_bounds(parts, "maximum"), default=None)
    step = max((abs(size) for size in _values(parts, "multipleOf", "divisibleBy") if size), default=1)
    start = INTEGER if low is None or low <= INTEGER else low
    start = start if high is None or start <= high else high
    candidates: list[int | float] = [INTEGER] if whole else [NUMBER, INTEGER]
    steps = start / step  # infinitely many of a step such as 1e-306
    multiples = [math.ceil(steps) * step, math.floor(steps) * step] if math.isfinite(steps) else [start]
    candidates += [start, *multiples]
    for bound in (low, high):
        if bound is not None:
            candidates += [bound, math.floor(bound) + 1, math.ceil(bound) - 1, bound + step, bound - step]
    if low is not None and high is not None:
        candidates.append((low + high) / 2)
    base = candidates[-1] if low is not None and high is not None and not whole else multiples[0]
    candidates += [base + sign * count * step for count in range(1, _FURTHER) for sign in (1, -1)]
    for candidate in candidates:
        if float(candidate).is_integer():
            yield int(candidate)
        elif not whole:
            yield candidate


def _bounds(parts: Sequence[Keywords], name: str) -> list[int | float]:
    """The bounds called ``name``, the exclusive ones too; those that are true or false (draft 4) are none."""
    return _values(parts, name, "exclusive" + name.capitalize())


def _values(parts: Sequence[Keywords], *names: str) -> list[int | float]:
    listed = (part.get(name) for part in parts for name in names)
    return [
        value
        for value in listed
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300
    ]


def _whole(parts: Sequence[Keywords], name: str) -> list[int]:
    return [int(value) for value in _values(parts, name) if value >= 0]
