"""The numbers of a text: digits with any separators, words, scales ("1.5k"), dozens, halves and per cent."""

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from toolgrad_dspy.provenance.statements.languages import languages
from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, Reading, read
from toolgrad_dspy.provenance.statements.spoken import SCALES, spoken

# Longer runs of digits are no amounts, and no float has more.
MAX_DIGITS = 300

_SCALE = "|".join(sorted((re.escape(word) for word in SCALES), key=len, reverse=True))
_HALVES = r"a half|1 half|demie?|media|medio|mezz[ao]|meia|meio"
_CJK_SCALE = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "千": 10**3, "百": 10**2}
_DIGITS = re.compile(
    r"(?=[\d.mn-])(?<![\d.,])(?P<minus>(?<![^\s(=:])-|\b(?:minus|negative|moins|menos|meno) )?"
    r"(?P<digits>\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+(?:[.,]\d+)?(?![\d'])|\d+(?:[.,]\d+)*|(?<!\w)[.]\d+)"
    r"(?P<ordinal>(?:st|nd|rd|th|er|ère|º|ª)\b)?"
    rf"(?P<half> (?:and|und|et|y|e) (?:{_HALVES})\b(?! (?:of|an|a) ))?"
    rf"(?:[ -]?(?P<scale>{_SCALE})\b|(?P<cjk>[万萬億亿千百]))?"
    r"(?P<dozen>[ -](?:dozen|douzaines?|dutzend|docenas?|dozzine?|dúzias?)\b)?"
    r"(?P<percent>[ -]?(?:%|٪|(?:per ?cent|pct|prozent|pour cent|por ciento|per cento|por cento)\b))?"
)
# Amounts with names of their own.
_NAMED = re.compile(
    r"\b(?:(?P<half>half |demi-|halbes |media |mezza |meia )?(?:(?:a|1|une|ein|una|uma|um) )?(?P<half2>halbes |demi-"
    r"|media |mezza |meia )?(?P<dozen>dozen|douzaine|dutzend|docena|dozzina|dúzia)"
    r"|(?P<couple>(?:a|1|the|une|ein|un|um) (?:couple|pair|brace|paar|par|paire|paio)(?= of| \w))"
    r"|(?P<grand>(?:a|1) grand)(?= (?:or|for|per|a|in|max|tops|at|to|on|if|each|and|total)\b|[.,;!?)]|$)"
    r"|half a (?P<scale>thousand|million|billion)|(?:eine )?halbe (?P<de>million|milliarde)"
    r"|(?:un )?demi-?(?P<fr>million|milliard)"
    r"|(?P<three>3[ -](?:quarters|quarts|cuartos|quarti|viertel))(?! past)"
    r"|(?P<quarter>(?:a|1|un|ein|um) (?:quarter|quart|cuarto|quarto|viertel))(?! past| to)"
    r"|(?P<a_half>(?<!and )(?<!and a )half(?! past| an? (?:million|thousand|billion|dozen))"
    r"|(?<!und )halb(?:e|er|es)?)"
    r"|(?P<sesqui>anderthalb))\b"
)
# What all of them have, as a quick look.
_NAMES = re.compile(r"do[uzc]|dutz|dúz|coup|pa[iar]|brace|hal[bf]|demi|quart|cuart|viert|anderth|grand")
# "A couple of thousand", "three quarters of a million", "a million and a half".
_OF_A_SCALE = re.compile(
    r"(?: of)?(?: (?:an?|1))? (?P<scale>hundred|thousand|grand|million|billion)\b|(?: d'| de| di| einer)"
    r"(?: ?(?:un|1|una))? ?(?P<more>million|milliard|millón|milione|milliarde)\b"
)
_AND_A_HALF = re.compile(rf" (?:and|und|et|y|e) (?:{_HALVES})\b")
_CJK = re.compile(r"[〇零一二三四五六七八九十百千万億亿两兩]+")
_CJK_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
_CJK_UNITS = {"十": 10, "百": 100, "千": 1000}


@dataclass(frozen=True, slots=True)
class Number:
    """A number at ``start:end`` of a text: what it may be read as, and by which form.

    ``1.500`` is 1.5 to some readers and 1500 to others. Forms: ``digits``, ``number_words``, ``article`` (a word for
    one that may be an article), ``ordinal``, ``scaled``, ``dozen``, ``couple``, ``fraction``, ``percent``.
    """

    start: int
    end: int
    values: tuple[int | float, ...]
    form: str


def numbers_in(text: str) -> tuple[Number, ...]:
    """Every number of ``text``, in order; places may overlap where digits can be read together or apart.

    >>> [(text[n.start : n.end], n.values) for text in ["twenty-five at $1,200"] for n in numbers_in(text)]
    [('twenty-five', (25,)), ('1,200', (1200,))]
    """
    reading = read(text)
    return tuple(Number(*reading.origin(n.start, n.end), n.values, n.form) for n in numbers(reading))


@lru_cache(maxsize=KEPT_TEXTS)
def numbers(reading: Reading) -> tuple[Number, ...]:
    """The numbers of ``reading``, with places in its plain text."""
    written, named = _written(reading), [*_named(reading), *_chinese(reading)]
    # Of two that overlap the longer one is meant: "three quarters" is no three, "two dozen" is not twelve.
    found = [*_outside(named, written)]
    found += _outside(written, found)
    return tuple(sorted(found, key=lambda number: (number.start, -number.end)))


def _outside(numbers: list[Number], others: list[Number]) -> list[Number]:
    """Those of ``numbers`` that do not lie within one of ``others``."""
    ends = {place: other.end for other in others for place in range(other.start, other.end)}
    return [number for number in numbers if ends.get(number.start, 0) < number.end]


def _written(reading: Reading) -> list[Number]:
    said = spoken(reading)
    found = []
    # A comma is a decimal one for everybody but readers of English. A text may be in more than one language.
    english, decimal_comma = "en" in languages(reading), languages(reading) != ("en",)
    for match in _DIGITS.finditer(said.text):
        values = _values(match["digits"], english, decimal_comma)
        form = "number_words" if match.start("digits") in said.worded else "digits"
        if match.start("digits") in said.articles and values == (1,):
            form = "article"
        if match["half"]:
            values, form = tuple(value + _half_of(value) for value in values), "fraction"
        if match["scale"] == "m":  # metres, minutes or millions
            found.append(Number(*said.plain(match.start(), match.end("digits")), values, form))
        if scale := _CJK_SCALE.get(match["cjk"] or "") or SCALES.get(match["scale"] or ""):
            values, form = tuple(_whole(value * scale) for value in values), "scaled"
        end = match.end()
        if values and values[0] >= 10**6 and (more := _AND_A_HALF.match(said.text, end)):
            values, end = tuple(value + _half_of(value) for value in values), more.end()
        if match["dozen"]:
            values, form = tuple(value * 12 for value in values), "dozen"
        if match["ordinal"]:
            form = "ordinal"
        if match["percent"]:
            form = "percent"
        if match["minus"] or said.text.startswith((" degrees below", " below zero", " below 0"), match.end()):
            values = tuple(-value for value in values)
        if values:
            found.append(Number(*said.plain(match.start(), end), values, form))
        if " " in match["digits"]:  # "rooms 1 500" may be two numbers
            for part in re.finditer(r"\d+", match["digits"]):
                place = said.plain(match.start("digits") + part.start(), match.start("digits") + part.end())
                found.append(Number(*place, (int(part[0]),), "digits"))
    return found


def _half_of(value: int | float) -> int | float:
    """What "and a half" adds: half of one, or of the million that was said."""
    scale = next((scale for scale in (10**9, 10**6) if value and value % scale == 0), 1)
    return scale // 2 if scale > 1 else 0.5


def _whole(value: int | float) -> int | float:
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    return round(value) if abs(value - round(value)) < 1e-6 else value


def _values(digits: str, english: bool, decimal_comma: bool) -> tuple[int | float, ...]:
    """What digits with separators may stand for."""
    if len(digits) > MAX_DIGITS:
        return ()
    digits = re.sub(r"[' \u00a0\u202f]", "", digits)
    commas, dots = digits.count(","), digits.count(".")
    if not commas and not dots:
        return (int(digits),)
    if commas and dots:  # the last sign is the decimal one
        last = max(digits.rfind(","), digits.rfind("."))
        head = digits[:last].replace(",", "").replace(".", "")
        return (_decimal(head, digits[last + 1 :]),) if max(commas, dots) == 1 or min(commas, dots) == 1 else ()
    sign = "," if commas else "."
    head, *rest = digits.split(sign)
    grouped = int(digits.replace(sign, "")) if all(len(part) == 3 for part in rest) and head.strip("0") else None
    if len(rest) > 1:
        # "1.2.3" is a version, "rooms 1,2,3" is a list.
        return (grouped,) if grouped is not None else tuple(map(int, [head, *rest])) if commas else ()
    fraction = _decimal(head, rest[0])
    if sign == ".":
        if grouped is None or not decimal_comma:
            return (fraction,)
        return (fraction, grouped) if english else (grouped,)
    if grouped is not None:
        # Three digits after a comma are thousands to readers of English, whatever else the text may be in.
        return (grouped, fraction) if decimal_comma and not english else (grouped,)
    # "80,5" in other languages; in English "rooms 1,2" is a list.
    apart = (int(head), int(rest[0]))
    return (fraction, *apart) if decimal_comma else apart


def _decimal(head: str, fraction: str) -> int | float:
    return _whole(float(f"{head or 0}.{fraction}")) if fraction.strip("0") else int(head or 0)


def _named(reading: Reading) -> list[Number]:
    said = spoken(reading)
    found: list[Number] = []
    if not _NAMES.search(said.text):
        return found
    for match in _NAMED.finditer(said.text):
        value: int | float
        form = "fraction"
        if match["dozen"]:
            value, form = 6 if match["half"] or match["half2"] else 12, "dozen"
        elif match["couple"]:
            value, form = 2, "couple"
        elif match["grand"]:
            value, form = 1000, "scaled"
        elif scale := match["scale"] or match["de"] or match["fr"]:
            value, form = SCALES[scale] // 2, "scaled"
        elif match["three"]:
            value = 0.75
        elif match["quarter"]:
            value = 0.25
        else:
            value = 1.5 if match["sesqui"] else 0.5
        end = match.end()
        if form in ("couple", "fraction") and (of := _OF_A_SCALE.match(said.text, end)):
            value, form, end = _whole(value * SCALES[of["scale"] or of["more"]]), "scaled", of.end()
        found.append(Number(*said.plain(match.start(), end), (value,), form))
    return found


def _chinese(reading: Reading) -> list[Number]:
    if reading.plain.isascii():
        return []
    # "一" alone begins many words that are no numbers.
    return [
        Number(match.start(), match.end(), (value,), "number_words")
        for match in _CJK.finditer(reading.plain)
        if len(match[0]) <= MAX_DIGITS and (value := chinese_number(match[0])) > 1
    ]


def chinese_number(signs: str) -> int:
    """The value of a numeral in Chinese characters: 二十五 is 25."""
    total = section = digit = 0
    for sign in signs:
        if sign in _CJK_DIGITS:
            digit = digit * 10 + _CJK_DIGITS[sign] if digit else _CJK_DIGITS[sign]
        elif sign in _CJK_UNITS:
            section, digit = section + (digit or 1) * _CJK_UNITS[sign], 0
        else:
            total, section, digit = total + (section + digit or 1) * _CJK_SCALE[sign], 0, 0
    return total + section + digit
