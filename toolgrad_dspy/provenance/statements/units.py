"""Units of measure and money: their names in the languages of the CLDR, what they measure, and how they convert."""

import re
from functools import lru_cache
from typing import NamedTuple

from babel.core import get_global
from babel.units import format_unit

from toolgrad_dspy.provenance.statements.languages import LATIN
from toolgrad_dspy.provenance.statements.reading import word_set

_LOCALES = (*LATIN, "zh", "ja")


class Unit(NamedTuple):
    """A unit: ``dimension`` is what it measures (money by its currency), ``factor`` its size in the base unit."""

    dimension: str
    factor: float


# By the CLDR's names of units. Months and years are counted in months: no number of days is a month.
_UNITS = {
    "duration-millisecond": Unit("duration", 0.001),
    "duration-second": Unit("duration", 1),
    "duration-minute": Unit("duration", 60),
    "duration-hour": Unit("duration", 3600),
    "duration-day": Unit("duration", 86400),
    "duration-week": Unit("duration", 7 * 86400),
    "duration-month": Unit("months", 1),
    "duration-quarter": Unit("months", 3),
    "duration-year": Unit("months", 12),
    "duration-decade": Unit("months", 120),
    "duration-fortnight": Unit("duration", 14 * 86400),
    "length-millimeter": Unit("length", 0.001),
    "length-centimeter": Unit("length", 0.01),
    "length-meter": Unit("length", 1),
    "length-kilometer": Unit("length", 1000),
    "length-inch": Unit("length", 0.0254),
    "length-foot": Unit("length", 0.3048),
    "length-yard": Unit("length", 0.9144),
    "length-mile": Unit("length", 1609.344),
    "mass-milligram": Unit("mass", 1e-6),
    "mass-gram": Unit("mass", 0.001),
    "mass-kilogram": Unit("mass", 1),
    "mass-tonne": Unit("mass", 1000),
    "mass-ounce": Unit("mass", 0.028349523125),
    "mass-pound": Unit("mass", 0.45359237),
    "volume-milliliter": Unit("volume", 0.001),
    "volume-centiliter": Unit("volume", 0.01),
    "volume-liter": Unit("volume", 1),
    "digital-kilobyte": Unit("data", 1e3),
    "digital-megabyte": Unit("data", 1e6),
    "digital-gigabyte": Unit("data", 1e9),
    "digital-terabyte": Unit("data", 1e12),
    "temperature-celsius": Unit("celsius", 1),
    "temperature-fahrenheit": Unit("fahrenheit", 1),
}
# Words that people use beside the CLDR's, which is in American spelling and has no nights.
_MORE = {
    "duration-decade": "decade decades jahrzehnt jahrzehnte décennie décennies década décadas",
    "duration-second": "sec secs seg",
    "duration-minute": "min mins",
    "duration-hour": "hr hrs std",
    "duration-day": "night nights nächte nacht nuits nuit noches noche notti notte noites noite nächten tagen",
    "duration-week": "wk wks",
    "duration-month": "monaten mos",
    "duration-year": "yr yrs jahren",
    "length-millimeter": "millimetre millimetres",
    "length-centimeter": "centimetre centimetres centimeter centimeters",
    "length-meter": "metre metres metern",
    "length-kilometer": "kilometre kilometres kms kilometern",
    "mass-kilogram": "kilo kilos kgs",
    "mass-gram": "gramm gr",
    "mass-pound": "lbs",
    "mass-tonne": "tons tonnes",
    "volume-milliliter": "millilitre millilitres",
    "volume-liter": "litre litres",
    "temperature-celsius": "celsius",
    "temperature-fahrenheit": "fahrenheit",
}
_SYMBOLS = {"$": "USD", "us$": "USD", "€": "EUR", "£": "GBP", "₹": "INR", "元": "CNY", "円": "JPY"}
_MONEY = {
    **dict.fromkeys(("dollar", "dollars", "buck", "bucks", "dólares", "dólar"), "USD"),
    **dict.fromkeys(("euro", "euros", "euri"), "EUR"),
    **dict.fromkeys(("quid", "pound", "pounds", "sterling", "livres", "libras", "sterline"), "GBP"),
    **dict.fromkeys(("yen", "yens"), "JPY"),
    **dict.fromkeys(("rupee", "rupees", "rupien"), "INR"),
    **dict.fromkeys(("yuan", "renminbi"), "CNY"),
    **dict.fromkeys(("franken",), "CHF"),
}
# Hundredths of whatever currency the parameter has.
CENTS = word_set("cent cents pence penny centimes centavos céntimos centesimi cêntimos")
_AMOUNT = re.compile(r"[\d\u0660-\u0669]+")
# The CLDR's short forms that are words or too short to be told from others.
_NO_UNITS = word_set("a d j t m. o po po. in s' an to ko mo go")


@lru_cache(maxsize=1)
def _names() -> dict[str, Unit]:
    names: dict[str, Unit] = {}
    for code in _LOCALES:
        for key, unit in _UNITS.items():
            for length in ("long", "short"):
                for amount in (1, 7):
                    written = format_unit(amount, key, length=length, locale=code)
                    names.setdefault(_AMOUNT.sub("", written).strip(" .\u00a0\u202f").lower(), unit)
    for key, more in _MORE.items():
        names |= dict.fromkeys(more.split(), _UNITS[key])
    return {name: unit for name, unit in names.items() if name and name not in _NO_UNITS}


def unit_named(word: str) -> Unit | None:
    """The unit that ``word`` names in any of the languages, in the singular or plural; None if it names none.

    >>> unit_named("minutes"), unit_named("Stunden".lower())
    (Unit(dimension='duration', factor=60), Unit(dimension='duration', factor=3600))
    """
    return _names().get(word)


def currency_unit(word: str) -> Unit | None:
    """The currency of a code, a sign or a word, as a unit of money; ``cents`` are hundredths of any currency."""
    if word in CENTS:
        return Unit("money", 0.01)
    code = _SYMBOLS.get(word.lower()) or _MONEY.get(word.lower()) or (word.upper() if _is_currency(word) else None)
    return Unit(f"money:{code}", 1) if code else None


def _is_currency(word: str) -> bool:
    # In lower case a code may be a word: "all" are leks, "try" liras.
    return (
        len(word) == 3 and word.upper() in _currencies() and (word.isupper() or word in ("usd", "eur", "gbp", "jpy"))
    )


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    return frozenset(get_global("all_currencies"))
