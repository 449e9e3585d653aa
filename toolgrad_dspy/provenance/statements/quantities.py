"""The quantities of a text: numbers with the unit or the money that they count, joined where people join them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from toolgrad_dspy.provenance.statements.numbers import Number, numbers
from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, Reading
from toolgrad_dspy.provenance.statements.units import CENTS, Unit, currency_unit, unit_named

_AND = r"(?:and|und|et|y|e)"
_HALF = r"half|halbe[nr]?|demie?|medi[ao]|mezz[ao]|mei[ao]"
_QUARTER = r"quarter|quart|cuarto|quarto"
# After a number: "2 hours", "20-min", "half of an hour", "un quart d'heure".
_AFTER = re.compile(
    r"(?P<of>(?: of)? (?:an?|1|d'une?|de|d'un'?) ?| ?d')?[ -]?(?P<word>[^\W\d_]+|[$€£¥₹])", re.IGNORECASE
)
_DEGREES = re.compile(r" ?(?:degrees?|deg\.?|grad|degrés|grados|gradi|graus|°) ?(fahrenheit|celsius|[fc])\b")
# Before it: "$40", "EUR 40".
_BEFORE = re.compile(r"(?P<word>us\$|[$€£₹¥]|(?<![^\W\d_])[a-z]{3}) ?$")
# After the unit: "an hour and a half".
_MORE = re.compile(rf" {_AND} (?:an? |une? |eine? |1 )?(?:(?P<half>{_HALF})|{_QUARTER})\b")
# One of a unit, or half of one: "an hour", "media hora", "une demi-heure".
_ONE = re.compile(
    rf"(?<![^\W_])(?=[aopuelhdmv])(?:(?:(?:(?:an?|one|per|une?|una|uma?|eine?[rnm]?)[ ']|l'|d')"
    rf"|(?P<half>(?:{_HALF}|demi|mezz)[ '-])){{1,2}}(?=(?P<word>[^\W\d_]{{2,}}))"
    r"|(?P<compound>(?:drei)?viertelstunde))"
)
_COMPOUND = {"viertelstunde": 15, "dreiviertelstunde": 45}
# "2h30" and "1h 30m" are durations where the parameter is one, and times where it is one.
_HOURS = re.compile(r"(?<![\d.,:])(?P<hours>\d{1,3}) ?h ?(?P<minutes>[0-5]\d)(?: ?m(?:in)?)?(?![\d:])")
# "En hora y media": without an article.
_HOUR_AND_A_HALF = re.compile(
    r"(?<![^\W_])(?<!\d )(?<!una )(?<!une )(?<!un')(?<!uma )(?:hora y media|heure et demie|ora e mezza|hora e meia)\b"
)
_JOIN = re.compile(rf"(?:,? {_AND} |, ?| ?)")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_MINUTE = Unit("duration", 60)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity at ``start:end`` of the plain text: ``bare`` is the number, or its readings, of the unit.

    A word may name more than one unit: "pounds" are money and mass.
    """

    start: int
    end: int
    bare: tuple[int | float, ...]
    units: tuple[Unit, ...]


@lru_cache(maxsize=KEPT_TEXTS)
def quantities(reading: Reading) -> tuple[Quantity, ...]:
    """The quantities of ``reading``, those that follow one another ("2 hours 30 minutes") as their sum."""
    counted = _counted(reading)
    taken = {place for quantity in counted for place in range(quantity.start, quantity.end)}
    single = [*counted, *(one for one in _ones(reading) if one.end - 1 not in taken)]
    single += [
        Quantity(*match.span(), (90,), (_MINUTE,))
        for match in _HOUR_AND_A_HALF.finditer(reading.plain)
        if match.start() not in taken and match.end() - 1 not in taken
    ]
    hours = [
        Quantity(*match.span(), (int(match["hours"]) * 60 + int(match["minutes"]),), (_MINUTE,))
        for match in _HOURS.finditer(reading.plain)
    ]
    taken = {place for quantity in hours for place in range(quantity.start, quantity.end)}
    single = hours + [quantity for quantity in single if quantity.start not in taken]
    return tuple(_sums(reading.plain, sorted(single, key=lambda quantity: quantity.start)))


def quantity_at(reading: Reading, place: int) -> Quantity | None:
    """The quantity of ``reading`` that has the sign at ``place`` of its plain text."""
    return _by_place(reading).get(place)


@lru_cache(maxsize=KEPT_TEXTS)
def _by_place(reading: Reading) -> dict[int, Quantity]:
    return {place: one for one in quantities(reading) for place in range(one.start, one.end)}


def _counted(reading: Reading) -> list[Quantity]:
    found: list[Quantity] = []
    for number in numbers(reading):
        if found and (whole := _with_cents(reading.plain, found[-1], number)):
            found[-1] = whole
        elif number.form != "percent" and (quantity := _of_number(reading, number)):
            found.append(quantity)
    return found


def _of_number(reading: Reading, number: Number) -> Quantity | None:
    plain = reading.plain
    before = _BEFORE.search(plain, max(0, number.start - 4), number.start)
    if before and (money := currency_unit(reading.written(*before.span("word")))):
        return Quantity(before.start(), number.end, number.values, (money,))
    if degrees := _DEGREES.match(plain, number.end):
        unit = unit_named("celsius" if degrees[1].startswith("c") else "fahrenheit")
        return Quantity(number.start, degrees.end(), number.values, (unit,) if unit else ())
    after = _AFTER.match(plain, number.end)
    # "half an hour", but not "two of an hour".
    if not after or (after["of"] and number.form != "fraction"):
        return None
    units = _units(reading, *after.span("word"))
    if not units:
        return None
    # "2,20 m" is one length; a list of two numbers has no unit.
    end, values = after.end(), number.values[:1] if len(number.values) > 2 else number.values
    if more := _MORE.match(plain, end):
        end, values = more.end(), tuple(value + _part(more) for value in values)
    return Quantity(number.start, end, values, units)


def _with_cents(plain: str, money: Quantity, number: Number) -> Quantity | None:
    """``money`` with ``number`` as its hundredths: "forty-two pounds fifty"."""
    is_money = any(unit.dimension.startswith("money:") for unit in money.units)
    if not is_money or plain[money.end : number.start] not in (" ", " and ") or not 10 <= number.values[0] < 100:
        return None
    if not all(isinstance(value, int) for value in (*money.bare, *number.values)):
        return None
    after = _AFTER.match(plain, number.end)
    cents = after is not None and after["word"] in CENTS
    if after and not cents and (unit_named(after["word"]) or plain[money.end : number.start] == " and "):
        return None
    return Quantity(
        money.start,
        after.end() if after and cents else number.end,
        (money.bare[0] + number.values[0] / 100,),
        money.units,
    )


def _ones(reading: Reading) -> Iterator[Quantity]:
    for match in _ONE.finditer(reading.plain):
        if compound := match["compound"]:
            yield Quantity(match.start(), match.end(), (_COMPOUND[compound],), (_MINUTE,))
        elif unit := unit_named(match["word"]):
            value, end = 0.5 if match["half"] else 1.0, match.end("word")
            if more := _MORE.match(reading.plain, end):
                value, end = value + _part(more), more.end()
            yield Quantity(match.start(), end, (value,), (unit,))


def _part(more: re.Match[str]) -> float:
    return 0.5 if more["half"] else 0.25


def _units(reading: Reading, start: int, end: int) -> tuple[Unit, ...]:
    word, written = reading.plain[start:end], reading.written(start, end)
    if _UNSPACED.match(word):  # the unit is what a run of signs begins with
        word = written = next((word[:length] for length in (3, 2) if unit_named(word[:length])), word[:1])
    candidates = (unit_named(word), currency_unit(written), currency_unit(word))
    return tuple(dict.fromkeys(unit for unit in candidates if unit))


def _sums(plain: str, single: list[Quantity]) -> list[Quantity]:
    joined: list[Quantity] = []
    for quantity in single:
        if joined and _continues(plain, joined[-1], quantity):
            last, unit = joined[-1], quantity.units[0]
            total = last.bare[0] * last.units[0].factor + quantity.bare[0] * unit.factor
            joined[-1] = Quantity(last.start, quantity.end, (round(total / unit.factor, 9),), (unit,))
        else:
            joined.append(quantity)
    return joined


def _continues(plain: str, last: Quantity, quantity: Quantity) -> bool:
    before, after = last.units[0], quantity.units[0]
    return (
        before.dimension == after.dimension
        and before.factor > after.factor
        and last.end <= quantity.start
        and quantity.start - last.end < 8
        and _JOIN.fullmatch(plain, last.end, quantity.start) is not None
    )
