"""What a number of a text is of: "2 rooms for 4 people" has two rooms, and no four.

Where a text binds another number to what the parameter is called, or gives a quantity of what it measures, a number
that stands elsewhere is not its value. A number within a name ("Highway 66") is none of anything else.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from toolgrad_dspy.provenance.statements.about import About
from toolgrad_dspy.provenance.statements.languages import LATIN, languages
from toolgrad_dspy.provenance.statements.lines import stem
from toolgrad_dspy.provenance.statements.numbers import Number, numbers
from toolgrad_dspy.provenance.statements.quantities import Quantity, quantities, quantity_at
from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, Reading, word_set
from toolgrad_dspy.provenance.statements.roles import Dimension, is_given_to
from toolgrad_dspy.provenance.statements.units import Unit, unit_named
from toolgrad_dspy.records import in_words

# Words of a name that say nothing of what is counted.
_GENERIC = word_set(
    "number count amount quantity total max min maximum minimum num no of the how many limit size value new id per "
    "current target"
)
# Words that count people, whatever the parameter calls them.
_PEOPLE = word_set(
    "people person persons guest guests diner diners adult adults passenger passengers traveller travellers traveler "
    "travelers attendee attendees participant participants visitor visitors personen leute gäste personnes personas "
    "persone pessoas ospiti invités"
)
PARTY = _PEOPLE | word_set("party group seats head heads covers")
# Plurals that count anything.
_ANYTHING = word_set(
    "results items entries units pieces copies minutes times stars tickets seats rows hits points options"
)
_PLURALS = {"child": "children", "person": "people", "man": "men", "woman": "women", "foot": "feet"}
_WORD = re.compile(r"[^\W\d_]+|[.,;:!?()]|\d")
# How many words after a number its noun is looked for: "four very quiet rooms".
_NOUN_WORDS = 3
_STOP = re.compile(
    r"[.,;:!?()\d]|and|or|for|in|on|at|with|to|from|of|by|y|und|et|für|pour|para|per|von|de|ou|oder|o|e"
)
_OR = re.compile(r" ?(?:-|/|or|and|to|oder|und|bis|ou|et|à|o|y|e|a) ?")
_LABEL = re.compile(r"([^\W\d_]+)(?: (?:number|no|nr|num|id))?\.?(?: ?[:#=]| is| are| of| to)? ?(?:#|no\. ?)?$")
_AT_MOST = re.compile(
    r"\b(?:at most|up to|under|below|less than|fewer than|no more than|not more than|maximum(?: of)?|max|not over"
    r"|no longer than|younger than|cheaper than|not exceeding|höchstens|maximal|unter|au plus|maximum|moins de"
    r"|como máximo|menos de|al massimo|no máximo) [$€£]? ?$"
)
_AT_LEAST = re.compile(
    r"\b(?:at least|over|above|more than|no less than|no fewer than|not less than|minimum(?: of)?|min|older than"
    r"|longer than|starting at|upwards of|mindestens|über|au moins|plus de|al menos|más de|almeno"
    r"|pelo menos) [$€£]? ?$"
)
_NOT = re.compile(
    r"(?:\b(?:not|no|nothing|never|none|nobody|nicht|nichts|kein\w*|pas|rien|nada|no|non|niente|não)\b|n't\b)[^.!?,;]{0,20}$"
)
_BETWEEN = re.compile(r"\b(?:between|from|zwischen|entre|tra|fra) [$€£]? ?$")
_BETWEEN_AND = re.compile(
    r"\b(?:between|from|zwischen|entre|tra|fra) [^.!?]*\d[^.!?]* (?:and|to|und|et|y|e|a|à) [$€£]? ?$"
)
_GOES_ON = re.compile(r"[^.!?,;]{0,12} ?(?:-|and|to|und|et|y|e|à) ?[$€£]? ?[^\W_]")
_NAME_BEFORE = re.compile(r"(?:(?<![.!?:] )(?<!^)(?<!\n)\b[A-Z][\w'’]*|\b[a-z]+[A-Z]\w*) $")
# Things that have a number: "fresh towels to room 4" are not four towels.
_PLACED = word_set(
    "room rooms gate gates page pages table tables floor platform track tracks chapter chapters number no chambre "
    "zimmer habitación camera quarto mesa tavolo gleis seite seiten páginas pagine"
)
# "For one thing", "one by one".
_SAID_SO = re.compile(r"\b(?:for one thing|one by one|at one point|one another)\b")
_YEAR, _YEAR_BEFORE = re.compile(r"(?:19|20)\d\d"), re.compile(r"\b(?:in|of|since|from) $")
# What a length is of: "80 cm wide" is no length of anything else.
_EXTENT = re.compile(r" (wide|long|high|tall|deep|thick|breit|lang|hoch|tief)\b")
_EXTENTS = {
    "wide": "width", "breit": "width", "long": "length", "lang": "length", "high": "height", "tall": "height",
    "hoch": "height", "deep": "depth", "tief": "depth", "thick": "thickness",
}  # fmt: skip
# Units at the end of names, "width_cm", which tell nothing of what is counted.
_SHORT_UNITS = word_set("cm mm m km kg g mg l ml lb oz usd eur gbp min sec h")
# "A 3-bedroom flat", "120 km/h", "80 of us".
_JOINED_TO = re.compile(r"-([a-z]{3,})\b")
_COMPOUNDS = {"person": ("guest", "peopl", "parti", "person"), "seat": ("guest", "passeng"), "bed": ("bedroom",)}
_RATE = re.compile(r"[^\W\d](?:/(?:h|s|min)\b| (?:per|an) (?:hour|second)\b| pro stunde\b)")
_RATES = word_set("speed rate pace velocity tempo")
_OF_US = re.compile(r" (?:of (?:us|them|you)|von uns|d'entre nous|de nosotros|di noi|de nós)\b")
# What money is of, and what it is for each of several.
_MONEY_OF = re.compile(
    r"\b(bill|rent|loyer|deposit|caution|fee|salary|tip|budget|balance|miete|kaution|trinkgeld|total)"
    r"(?:'s| is| was| of|:| est(?: de)?| beträgt)? [$€£]?$"
)
_MONEY_NAMES = word_set("bill rent loyer deposit caution fee salary tip budget balance miete kaution trinkgeld total")
_EACH = re.compile(
    r" (?:a head|each|apiece|per (?:person|head|night|day|piece)|pro person|par personne|por persona)\b"
)
_DIMENSIONS: dict[Dimension, frozenset[str]] = {
    "money": word_set(
        "price cost budget fee fare amount money rent salary tip deposit total spend preis prix precio"
    ),
    "duration": word_set("duration minute hour day night week length time"),
    "length": word_set("distance radius length height width depth range"),
    "mass": word_set("weight mass"),
}


def bound_elsewhere(number: Number, about: About, reading: Reading) -> bool:
    """Whether ``number`` is of something else than what the parameter is called."""
    if not about.words:
        return False
    if at_other_limit(number.start, number.end, about, reading):
        return True
    if _measured(number, about, reading):
        return True
    if _SAID_SO.search(reading.plain, max(0, number.start - 8), number.end + 12):
        return True
    if _of_a_compound(number, about, reading):
        return True
    own = _own_places(reading, about.words)
    if own:
        return number.start not in own
    if _counts_others(number, about, reading):
        return True
    if _counts_people(number, about, reading):
        return True
    label = _LABEL.search(reading.plain, max(0, number.start - 30), number.start)
    if label is not None and label[1] in _PLACED and number.form == "digits":
        return True
    return _in_a_name(number, about, reading)


def at_other_limit(start: int, end: int, about: About, reading: Reading) -> bool:
    """Whether what stands at ``start:end`` is a minimum where a maximum is wanted, or the other way round."""
    words = set(about.words)
    most, least = bool(words & {"max", "maximum"}), bool(words & {"min", "minimum"})
    if most == least:
        return False
    before = reading.plain[max(0, start - 60) : start]
    if _BETWEEN_AND.search(before):
        return least
    if _BETWEEN.search(before) and _GOES_ON.match(reading.plain, end):
        return most
    above, below = _AT_LEAST.search(before), _AT_MOST.search(before)
    if above and below:  # "no fewer than" has "fewer than" in it
        return (above.start() < below.start()) == most
    if above and _NOT.search(before[: above.start()]):  # "nothing over $85"
        return least
    return above is not None if most else below is not None


def _measured(number: Number, about: About, reading: Reading) -> bool:
    """Whether ``number`` counts another thing than the parameter measures, of which the text has a quantity."""
    words = set(about.words)
    wanted = _kind(about.unit) if about.unit else _dimension(about)
    own = quantity_at(reading, number.start)
    if not wanted:
        # What counts things counts no hours, and no money.
        return own is not None and bool(PARTY & set(about.words)) and number.form != "article"
    extent = _EXTENT.match(reading.plain, number.end) if own is None else None
    if extent and words.intersection(_EXTENTS.values()):  # "40 cm long, 30 wide"
        return _EXTENTS[extent[1]] not in words
    if own is None or not _measures(own, wanted):
        # "The dinner was 80 euros, and 10 the tip" leaves the unit out.
        said = (
            own is None and (kind := dimension(about)) and is_given_to(reading, number.start, number.end, kind, about)
        )
        return not said and wanted in _measured_dimensions(reading)
    return of_another(own, about, reading)


@lru_cache(maxsize=KEPT_TEXTS)
def _measured_dimensions(reading: Reading) -> frozenset[str]:
    return frozenset(_kind(unit) for quantity in quantities(reading) for unit in quantity.units)


def of_another(quantity: Quantity, about: About, reading: Reading) -> bool:
    """Whether ``quantity`` is of another side, or of other money, than the parameter's: "80 cm wide" for a length."""
    words = set(about.words)
    if _is_english(reading) and re.search(
        r"\d [A-Z][a-z]+s?$", reading.written(quantity.start, quantity.end)
    ):  # "127 Hours"
        return True
    if _is_rate(quantity.end - 1, about, reading):
        return True
    extent = _EXTENT.match(reading.plain, quantity.end)
    if extent and words.intersection(_EXTENTS.values()):
        return _EXTENTS[extent[1]] not in words
    if "total" in words and _EACH.match(reading.plain, quantity.end):
        return True
    money = _MONEY_OF.search(reading.plain, max(0, quantity.start - 30), quantity.start)
    return money is not None and bool(words & _MONEY_NAMES) and money[1] not in words


def _is_english(reading: Reading) -> bool:
    """Whether nothing but English is likely: other languages have capitals in other places."""
    return languages(reading)[0] == "en" and languages(reading) != LATIN


def dimension(about: About) -> Dimension | None:
    """What a parameter measures, by its unit or its name; None for a bare number."""
    kind = _kind(about.unit) if about.unit else _dimension(about)
    return next((known for known in _DIMENSIONS if known == kind), None)


def _dimension(about: About) -> str:
    # Of "price_per_night" the price is measured, and of "times_per_day" nothing is.
    measured = about.words[: about.words.index("per")] if "per" in about.words else about.words
    last = measured[-1] if measured and "times" not in in_words(about.name).split() else ""
    return next((dimension for dimension, words in _DIMENSIONS.items() if last in words), "")


def _measures(quantity: Quantity, wanted: str) -> bool:
    return any(_kind(unit) == wanted for unit in quantity.units)


def _kind(unit: Unit) -> str:
    """What a unit measures, whatever the currency."""
    return unit.dimension.partition(":")[0]


@lru_cache(maxsize=4 * KEPT_TEXTS)
def _own_places(reading: Reading, words: tuple[str, ...]) -> frozenset[int]:
    """Where the numbers stand that the text binds to what a parameter of these ``words`` is called."""
    language = languages(reading)[0]
    nouns = {stem(word, language) for word in words if word not in _GENERIC and word not in _SHORT_UNITS}
    people = bool(PARTY.intersection(words)) and not {"child", "children", "kid", "adult"}.intersection(words)
    if people:
        nouns |= {stem(word, language) for word in _PEOPLE}
    nouns |= {stem(plural, language) for word, plural in _PLURALS.items() if word in words}
    if not nouns:
        return frozenset()
    per = "per" in words
    found: set[int] = set()
    later = 0  # where the number after this one stands, which may be bound for both: "four or five stars"
    for number in reversed(numbers(reading)):
        following = list(_following(reading, number.end))
        after = any(stem(word, language) in nouns for word in following)
        if per:
            after = bool(
                re.match(
                    rf"(?: \w+)? (?:per|a|each|every) (?:{'|'.join(map(re.escape, words[-1:]))})",
                    reading.plain[number.end : number.end + 60],
                )
            )
        label = _LABEL.search(reading.plain, max(0, number.start - 30), number.start)
        before = not per and label is not None and stem(label[1], language) in nouns
        listed = later in found and _OR.fullmatch(reading.plain, number.end, later) is not None
        if (after or before or listed) and number.form != "article":
            found.add(number.start)
        later = number.start
    return frozenset(found)


def _of_a_compound(number: Number, about: About, reading: Reading) -> bool:
    """Whether it belongs to a word that is no unit of the parameter's: "4-star hotels" for guests."""
    if (joined := _JOINED_TO.match(reading.plain, number.end)) and languages(reading)[0] == "en":
        language = languages(reading)[0]
        own = {stem(word, language) for word in about.words}
        same = not {stem(joined[1], language), *_COMPOUNDS.get(joined[1], ())}.isdisjoint(own)
        return unit_named(joined[1]) is None and not same
    return False


def _is_rate(last: int, about: About, reading: Reading) -> bool:
    """Whether a unit that ends at ``last`` goes on to a rate: "120 km/h" is no distance."""
    return _RATE.match(reading.plain, last) is not None and _RATES.isdisjoint(about.words)


def _counts_others(number: Number, about: About, reading: Reading) -> bool:
    """Whether the next word is the plural of another thing than the parameter counts: "3 bedrooms" for bathrooms."""
    last = in_words(about.name).split()[-1:]
    following = re.match(r" ([a-z]{3,}[^s\W]s)\b", reading.plain[number.end : number.end + 60])
    if PARTY.intersection(about.words) or not _is_english(reading):
        return False
    if not last or not last[0].endswith("s") or last[0] in _ANYTHING or following is None:
        return False
    return unit_named(following[1]) is None and following[1] not in _PEOPLE | _ANYTHING


def _counts_people(number: Number, about: About, reading: Reading) -> bool:
    """Whether the next word says people, and the parameter measures something: "a tent for 3 people" has no price."""
    if not _dimension(about):
        return False
    return next(_following(reading, number.end), "") in _PEOPLE or _OF_US.match(reading.plain, number.end) is not None


def _following(reading: Reading, end: int) -> Iterator[str]:
    words = _WORD.findall(reading.plain, end, end + 60)[:_NOUN_WORDS]
    for word in words:
        if _STOP.fullmatch(word):
            return
        yield word


def _in_a_name(number: Number, about: About, reading: Reading) -> bool:
    """Whether ``number`` belongs to a name before it: "Highway 66", "iPhone 15", "the Ocean's Eleven DVD"."""
    if number.form not in ("digits", "number_words") or about.words[-1] in ("number", "id", "no"):
        return False
    first = reading.origin(number.start, number.end)[0]
    named = _NAME_BEFORE.search(reading.text[max(0, first - 30) : first])
    written = reading.text[first]
    year = number.form == "digits" and _YEAR.fullmatch(reading.plain, number.start, number.end) is not None
    if year and _YEAR_BEFORE.search(reading.plain, max(0, number.start - 8), number.start):
        return "year" not in about.words
    last = reading.origin(number.start, number.end)[1]
    goes_on = re.match(r"[A-Z][a-z]| (?!I\b)[A-Z][a-z]", reading.text[last : last + 3])
    if (
        goes_on
        and quantity_at(reading, number.start) is None
        and "de" not in languages(reading)[:1]
        and written.isdigit()
    ):  # "7Up", "the 24 Hours of Le Mans"
        return True
    return named is not None and (written.isdigit() or written.isupper())
