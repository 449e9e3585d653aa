"""Whether a text states a value, as a person would say it.

A query may write a value in another form than the call does: ``2026-05-14`` as "May 14", ``19:30`` as "7:30 pm",
``4`` as "four", ``city_hall`` as "city hall". A strict comparison would reject good queries; a keyword search would
accept bad ones. Each form below is one a reader would take for the same value. Number words, months and halves of the
day are English.
"""

import re
import unicodedata
from functools import lru_cache

from pydantic import JsonValue

# Texts above this many words are free text (a message, a note): a query may reword them a little.
FREE_TEXT_WORDS = 8
# Share of a free text's words that a query has to repeat to state it.
FREE_TEXT_SHARE = 0.7
# A shorter text than this has to be repeated with its own blanks and signs.
SQUEEZED_LETTERS = 6

_NUMBERS = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *(
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
    ),
]
_MONTHS = [
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
]
_DATE = re.compile(r"^(\d{4})-(\d{2})-(\d{2})$")
_DATETIME = re.compile(r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_TIME = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)(?::\d{2})?$")
_MOMENT = re.compile(r"\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b")
# Scripts that put no blanks between words: Thai, Lao, Khmer, kana, Chinese characters.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Lower case, every run of anything but letters and digits as one blank, a blank at both ends."""
    return " " + " ".join(re.findall(r"[^\W_]+", composed(text).lower())) + " "


def composed(text: str) -> str:
    """One form for what looks the same: an accent on its own is joined to its letter."""
    return unicodedata.normalize("NFKC", text)


def states(text: str, value: JsonValue) -> bool:
    """Whether ``text`` states the leaf ``value``; an empty string or container has nothing to state.

    >>> states("A table for four on May 14 at 7:30 pm", 4)
    True
    >>> states("A table for four on May 14 at 7:30 pm", "2026-05-14T19:30")
    True
    >>> states("A table for 40", 4)
    False
    """
    # Yes, no or nothing: no query says "true", it says "with breakfast" or leaves it out.
    if isinstance(value, bool) or value is None:
        return True
    if isinstance(value, (int, float)):
        return _states_number(text, value)
    if isinstance(value, str):
        return _states_string(text, value)
    return not value


def contains(text: str, value: JsonValue) -> bool:
    """Whether ``text`` has ``value`` word for word: the test for values that must not leak."""
    plain = normalise(str(value))
    return bool(plain.strip()) and plain in normalise(text)


def _states_number(text: str, value: int | float) -> bool:
    # The digits of a date or a time are no numbers of their own: "at 12:30" does not state 12. The comma of "1,500"
    # belongs to the number, that of "rooms 1,2" does not.
    plain = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", _MOMENT.sub(" ", text))
    # None for a number that is not whole. An int may be larger than any float (10**400), and infinity is no int.
    whole = int(value) if isinstance(value, int) or value.is_integer() else None
    # "3.0 km" states 3, and "$2.50" states 2.5.
    form = re.escape(str(value if whole is None else whole)) + ("0*" if whole is None else r"(?:\.0+)?")
    # Not a piece of a longer number, and not a negative one. A minus follows a blank; in "a 12-day trip" and
    # "10-12 people" it is a hyphen.
    if re.search(rf"(?<![\d.])(?<!\s-){form}(?!\d|\.\d)", f" {plain}"):
        return True
    if whole is None:
        # 0.25 may be written as "25 percent". Rounded, since 0.07 * 100 is 7.000000000000001.
        percent = round(value * 100, 6)
        return 0 < value < 1 and bool(re.search(rf"(?<![\d.]){percent:g}\s?(?:%|percent)", plain))
    words = normalise(text)
    # Above twenty people write digits.
    if 0 <= whole <= 20 and f" {_NUMBERS[whole]} " in words:
        return True
    # One of something is often only an article: "a single room", "book me a table".
    return whole == 1 and any(f" {word} " in words for word in ("a", "an", "single", "once"))


def _states_string(text: str, value: str) -> bool:
    if not value.strip():
        return True
    words = normalise(value).split()
    if not words:  # signs only, such as "*" or "/", which normalising would remove
        return value.strip() in text
    # Moments before plain text: "May 14" does not contain "2026-05-14", and "19:30" does not state "9:30".
    if parts := _DATETIME.match(value):
        return _states_date(text, parts[1]) and _states_time(text, parts[2])
    if _DATE.match(value):
        return _states_date(text, value)
    if _TIME.match(value):
        return _states_time(text, value)
    # A house number, a year: the digits of a time do not state it, and of a date only its year does.
    if value.strip().isdecimal():
        text = _MOMENT.sub(lambda moment: moment[0][:4] if "-" in moment[0] else " ", text)
    if contains(text, value):
        return True
    # A message to send: "tell her that I will be late" is enough where the call has "I'll be late".
    if len(words) > FREE_TEXT_WORDS:
        present = set(normalise(text).split())
        return sum(word in present for word in words) >= FREE_TEXT_SHARE * len(words)
    # In these scripts a value is inside a run of letters ("我想去北京旅游"): there are no word borders to look for.
    if _UNSPACED.search(value):
        return composed(value).lower() in composed(text).lower()
    return _states_squeezed(text, "".join(words))


def _states_squeezed(text: str, letters: str) -> bool:
    """By letters and digits only: ``readme.md`` in "README md", ``5551234567`` in "555-123-4567", and plurals.

    Whole words have to make it up: ``ann@x.org`` is not in "joann@x.org".
    """
    if len(letters) < SQUEEZED_LETTERS:
        return False
    accepted = {letters, f"{letters}s", f"{letters}es"} if letters.isalpha() else {letters}
    words = normalise(text).split()
    # Words are joined from every start, up to the first that does not continue the value.
    for start in range(len(words)):
        joined = ""
        for word in words[start:]:
            joined += word
            if joined in accepted:
                return True
            if not letters.startswith(joined):
                break
    return False


def _states_date(text: str, value: str) -> bool:
    match = _DATE.match(value)
    if match is None:
        return False
    year, month, day = (int(part) for part in match.groups())
    if not 1 <= month <= 12:  # not a date after all, but an order number such as "2026-13-40"
        return contains(text, value)
    words = normalise(text)
    name = _MONTHS[month - 1]
    months = f"(?:{name}|{name[:3]})"
    days = f"0?{day}(?:st|nd|rd|th)?"
    # "May 1" without a year, or with this one: people leave the current year out.
    no_other_year = rf" (?!(?!{year} )[12]\d\d\d )"
    # "2026-05-01", "01/05/2026" and "5/1/2026": the order of day and month is taken as the value has it.
    numeric = f"{year} 0?{month} 0?{day}|0?{day} 0?{month} {year}|0?{month} 0?{day} {year}"
    return bool(re.search(rf" (?:(?:{months} {days}|{days} (?:of )?{months}){no_other_year}|(?:{numeric}) )", words))


def _states_time(text: str, value: str) -> bool:
    match = _TIME.match(value)
    if match is None:
        return False
    hour, minute = int(match[1]), int(match[2])
    plain = text.lower().replace(".", ":")  # "19.30" is a time too; "p.m." turns into "p:m:" by it
    half, other_half = ("am", "pm") if hour < 12 else ("pm", "am")
    spoken = re.sub(r"(?<![a-z])([ap])[: ]?m\b", r"\1m", plain)
    if re.search(rf"(?<!\d)0?{hour}:{minute:02d}(?!\d)(?!\s?{other_half}\b)", spoken):
        return True
    # On the clock of twelve only with its half of the day: a bare "7:30" is in the morning.
    twelve = hour % 12 or 12
    minutes = rf"(?::{minute:02d})" if minute else r"(?::00)?"
    if re.search(rf"(?<!\d)0?{twelve}{minutes}\s?{half}\b", spoken):
        return True
    if minute == 0 and hour in (0, 12):  # "12 o'clock" may be either of them
        return f" {'midnight' if hour == 0 else 'noon'} " in normalise(text)
    return minute == 0 and bool(re.search(rf"(?<!\d)0?(?:{twelve}|{hour}) ?(?:o'clock|h\b)", plain))
