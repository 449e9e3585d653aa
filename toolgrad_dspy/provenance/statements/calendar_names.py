"""Names of the months and of the days of the week, from the Unicode CLDR (babel)."""

from functools import lru_cache

from babel import Locale

from toolgrad_dspy.provenance.statements.languages import LATIN

# In the order of ``date.weekday``.
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Short forms that the CLDR does not have.
_MORE = {"en": {"sept": 9}, "de": {"jänner": 1}, "es": {"setiembre": 9}}


# Short forms of other languages that are English words.
_ENGLISH_WORDS = frozenset({"out", "set", "ago"})


@lru_cache(maxsize=1)
def month_names() -> dict[str, dict[str, int]]:
    """By language, each name of a month and its short form, in lower case and without its point: 1 to 12."""
    names = {}
    for language in LATIN:
        months = Locale.parse(language).months
        names[language] = {
            str(name).lower().rstrip("."): number
            for context in ("format", "stand-alone")
            for width in ("wide", "abbreviated")
            for number, name in months[context][width].items()
        } | _MORE.get(language, {})
    return names


@lru_cache(maxsize=64)
def months_of(languages: tuple[str, ...]) -> dict[str, int]:
    """Names of months for a text in ``languages``: full names of all, short forms (set, ago, mar) of those only."""
    known: dict[str, int] = {}
    for language, names in month_names().items():
        known |= {name: month for name, month in names.items() if language in languages or len(name) > 4}
    # In what may be English, "out 07" is no October.
    return {name: month for name, month in known.items() if "en" not in languages or name not in _ENGLISH_WORDS}


@lru_cache(maxsize=256)
def day_names(day: str) -> frozenset[str]:
    """The names of an English day of the week in other languages, in lower case, with plurals in s; or none.

    >>> sorted(day_names("tuesday") & {"dienstag", "mardi", "dienstags", "mittwoch"})
    ['dienstag', 'dienstags', 'mardi']
    """
    english = {str(name).lower(): number for number, name in Locale.parse("en").days["format"]["wide"].items()}
    number = english.get(day.lower())
    if number is None:
        return frozenset()
    names = {str(Locale.parse(code).days["format"]["wide"][number]).lower() for code in LATIN}
    return frozenset(names | {f"{name}s" for name in names})
