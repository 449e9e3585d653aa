"""Codes of languages, currencies and countries, and their names in eight languages (Unicode CLDR, babel).

Codes of every standard lead to the CLDR's own: ``deu`` and ``ger`` to ``de``, ``USA`` and ``840`` to ``US``.
"""

from functools import lru_cache
from typing import Literal

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_name

from toolgrad_dspy.provenance.statements.languages import LATIN
from toolgrad_dspy.provenance.statements.reading import normalise

CodeKind = Literal["language", "currency", "country"]

# Longer texts are no names.
_MAX_CHARS = 60
# What people say and the CLDR has no name for.
_COUNTRIES = {
    "US": "us|usa|u s|u s a|states|united states of america|america|amerika|amérique|eeuu|ee uu|美国|アメリカ",
    "GB": "uk|u k|great britain|britain|england|großbritannien|angleterre|grande bretagne|gran bretaña"
    "|inglaterra|inghilterra|gran bretagna|grã bretanha|英国|イギリス",
    "NL": "holland|the netherlands|hollande|holanda|olanda",
    "AE": "uae|emirates",
    "KR": "korea|republic of korea",
    "CZ": "czech republic",
    "TR": "turkey|türkiye",
    "RU": "russian federation",
    "CN": "people's republic of china|prc",
    "CI": "ivory coast",
    "CD": "dr congo",
}
_CURRENCIES = {
    "USD": "us dollar|us dollars|u s dollars|american dollars|dollar|dollars|buck|bucks|us$|$|dólares|dollari"
    "|美元|ドル",
    "EUR": "euros|euro|€",
    "GBP": "pounds sterling|british pounds|quid|£|livres sterling|libras esterlinas|sterline|pounds",
    "JPY": "yen|円|日元",
    "CNY": "yuan|renminbi|rmb|人民币|元",
    "CHF": "swiss francs|swiss franc|schweizer franken|franken",
    "INR": "indian rupees|rupees|rupee|₹",
    "AUD": "aussie dollars|a$",
}
_LANGUAGES = {
    "zh": "mandarin|mandarin chinese|汉语|普通话",
    "zh-hans": "简体中文|简体",
    "zh-hant": "繁體中文|繁体中文|繁體",
    "fa": "farsi",
    "nl": "flemish",
    "es": "castilian|castellano",
}
# The script that the Chinese of a territory is written in, by which people call it.
_SCRIPTS = {"zh-cn": "zh-hans", "zh-sg": "zh-hans", "zh-tw": "zh-hant", "zh-hk": "zh-hant"}
# "ins Französische", "aus dem Französischen": prepositions, and the ending of a language's name after them.
GERMAN_INFLECTED = (("ins", "e"), ("aus dem", "en"), ("im", "en"), ("vom", "en"), ("zum", "en"))
_SAID: dict[CodeKind, dict[str, str]] = {"currency": _CURRENCIES, "country": _COUNTRIES, "language": _LANGUAGES}
# Of the people of a country, where a language or an ending does not give the word.
_PEOPLE = {
    "US": "american", "GB": "british", "NL": "dutch", "CH": "swiss", "GR": "greek", "IE": "irish", "PL": "polish",
    "TR": "turkish", "DK": "danish", "SE": "swedish", "FI": "finnish", "NO": "norwegian", "ES": "spanish",
    "FR": "french", "DE": "german", "PT": "portuguese", "CZ": "czech", "PH": "filipino", "TH": "thai",
    "AR": "argentinian", "BE": "belgian", "IQ": "iraqi", "IL": "israeli", "PK": "pakistani", "CY": "cypriot",
}  # fmt: skip
_ENDINGS = ("n", "an", "ian", "ese", "i", "er")


@lru_cache(maxsize=1)
def locales() -> tuple[Locale, ...]:
    """English and the other languages whose names are known."""
    return tuple(Locale.parse(code) for code in (*LATIN, "zh", "ja"))


@lru_cache(maxsize=2048)
def code_names(value: str, kind: CodeKind) -> tuple[str, ...]:
    """The names of what the code or name ``value`` stands for, in lower case, the longest first; none if unknown.

    >>> {"german", "deutsch", "allemand", "tedesco"} <= set(code_names("deu", "language"))
    True
    """
    code = _code(value.strip(), kind) if len(value) <= _MAX_CHARS else None
    if code is None:
        return ()
    names = {normalise(name).strip() for locale in locales() for name in _in_locale(code, kind, locale)}
    names |= set(_SAID[kind].get(code, "").split("|"))
    return tuple(sorted(names - {""}, key=lambda name: (-len(name), name)))


@lru_cache(maxsize=512)
def people_of(value: str) -> frozenset[str]:
    """English words for the people of a country, for a nationality: "brazilian" for BR."""
    code = _code(value.strip(), "country") if len(value) <= _MAX_CHARS else None
    name = locales()[0].territories.get(code or "")
    if not name:
        return frozenset()
    plain = name.lower()
    return frozenset(
        {f"{stem}{end}" for stem in (plain, plain[:-1]) for end in _ENDINGS} | {_PEOPLE.get(code or "", plain)}
    )


def _in_locale(code: str, kind: CodeKind, locale: Locale) -> list[str]:
    if kind == "currency":
        return [get_currency_name(code, count=count, locale=locale) for count in (None, 1, 7)]
    if kind == "country":
        name = locale.territories.get(code)
    else:
        language, _, part = code.partition("-")
        # A part of four letters is a script, one of two a territory.
        key = f"{language}_{part.title() if len(part) == 4 else part.upper()}" if part else language
        name = locale.languages.get(key)
        if name and locale.language == "de" and name.endswith("sch"):
            return [name, *(f"{before} {name}{end}" for before, end in GERMAN_INFLECTED)]
    return [name] if name else []


@lru_cache(maxsize=2048)
def _code(value: str, kind: CodeKind) -> str | None:
    """The CLDR's code for a code of any standard, or for a name in any of the languages."""
    english, upper = locales()[0], value.upper()
    code = None
    if kind == "currency":
        code = upper if upper in english.currencies else None
    elif kind == "country":
        known = len(upper) == 2 and upper in english.territories
        code = upper if known else next(iter(get_global("territory_aliases").get(upper, ())), None)
    else:
        lower = value.lower().replace("_", "-")
        lower = _SCRIPTS.get(lower, lower)
        code = lower if lower.partition("-")[0] in english.languages else get_global("language_aliases").get(lower)
    return code or _by_name(kind).get(normalise(value).strip())


@lru_cache(maxsize=3)
def _by_name(kind: CodeKind) -> dict[str, str]:
    codes: dict[str, str] = {}
    for locale in locales():
        listed = {"language": locale.languages, "currency": locale.currencies, "country": locale.territories}[kind]
        for code, name in listed.items():
            if not code.isdigit():
                codes.setdefault(normalise(name).strip(), code.replace("_", "-"))
    for code, names in _SAID[kind].items():
        codes |= {normalise(name).strip(): code for name in names.split("|")}
    return codes
