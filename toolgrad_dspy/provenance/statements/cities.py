"""Other names of cities: in other languages (Unicode CLDR, babel), and the short ones that people say."""

from functools import lru_cache

from toolgrad_dspy.provenance.statements.codes import locales
from toolgrad_dspy.provenance.statements.reading import normalise

# The CLDR has the cities of time zones; these are the large ones beside them whose name differs between languages.
_CITIES = {
    "new york city": "nyc|new york|big apple|nueva york|ny",
    "new york": "nyc|new york city|nueva york",
    "los angeles": "la|l a",
    "san francisco": "sf|frisco",
    "washington dc": "washington d c|washington|dc|d c",
    "las vegas": "vegas",
    "philadelphia": "philly",
    "new orleans": "nola",
    "rio de janeiro": "rio",
    "st petersburg": "saint petersburg|sankt petersburg|saint pétersbourg",
    "mexico city": "cdmx|ciudad de méxico|mexiko-stadt",
    "saint louis": "st louis",
    "hong kong": "hk|香港",
    "munich": "münchen|monaco di baviera|múnich|munique|慕尼黑|ミュンヘン",
    "cologne": "köln|colonia|colônia",
    "nuremberg": "nürnberg",
    "hanover": "hannover",
    "frankfurt": "frankfurt am main|francfort",
    "hamburg": "hambourg|hamburgo|amburgo",
    "florence": "firenze|florenz|florencia|florença",
    "milan": "milano|mailand|milán|milão",
    "venice": "venezia|venedig|venise|venecia|veneza",
    "naples": "napoli|neapel|nápoles",
    "turin": "torino",
    "genoa": "genova|genua|gênes",
    "seville": "sevilla|séville|siviglia|sevilha",
    "barcelona": "barcelone|barcellona",
    "geneva": "genève|genf|ginevra|ginebra|genebra",
    "basel": "bâle|basilea",
    "the hague": "den haag|la haye|la haya|l'aia",
    "antwerp": "antwerpen|anvers|amberes",
    "kyoto": "京都|kioto",
    "osaka": "大阪",
    "beijing": "北京|peking|pékin|pekín|pechino|pequim",
    "gothenburg": "göteborg",
    "krakow": "kraków|cracow|krakau|cracovie|cracovia",
    "nice": "nizza|niza",
    "marseille": "marseilles|marsella|marsiglia",
    "lyon": "lyons|lione",
    "strasbourg": "straßburg|strassburg",
}


def city_names(city: str) -> tuple[str, ...]:
    """The other names of ``city``, in lower case, the longest first.

    >>> "nyc" in city_names("New York City"), "münchen" in city_names("Munich"), "lissabon" in city_names("Lisbon")
    (True, True, True)
    """
    return tuple(sorted(_cities().get(normalise(city).strip(), ()), key=len, reverse=True))


@lru_cache(maxsize=1)
def _cities() -> dict[str, frozenset[str]]:
    """Every known name of a city, with its other names."""
    zones: dict[str, set[str]] = {}
    for locale in locales():
        for zone, names in locale.time_zones.items():
            if "city" in names and "/" in zone:
                zones.setdefault(zone, {zone.rpartition("/")[2]}).add(names["city"])
    cities: dict[str, set[str]] = {}
    for group in (*zones.values(), *({city, *names.split("|")} for city, names in _CITIES.items())):
        plain = {normalise(name).strip() for name in group}
        for name in plain:
            cities.setdefault(name, set()).update(plain)
    return {name: frozenset(group - {name}) for name, group in cities.items()}
