"""What people say for the choices that many tools offer: orders, periods, means of travel, formats, yes-or-no wishes.

A rule has to be sure, so the lists have only what means the same wherever it stands. Keys are words of options and of
names of parameters; what is said is looked for as whole words, in a text without accents.
"""

import re
from functools import lru_cache

# For options of an enumeration, by any of their words in singular.
OPTIONS: dict[str, str] = {
    "price asc": r"cheapest( ones?)? first|lowest price|low(est)? to high(est)?|cheap(est)? to"
    r"|(gunstigste|billigste)\w* zuerst|(les )?moins chers? d.abord|d.abord les moins chers?"
    r"|primero l[oa]s mas barat[oa]s|mas barat[oa]s? primero"
    r"|zuerst die (gunstigste|billigste)\w*|first the cheapest|cheapest (ones? )?(at|on) (the )?top"
    r"|(piu economic\w+|meno car\w+) prima|mais barat\w+ primeiro",
    "price desc": r"(most expensive|priciest|dearest)( ones?)? first|highest price|high(est)? to low(est)?"
    r"|teuerste\w* zuerst|plus chers? d.abord|mas caros? primero|piu car\w+ prima"
    r"|mais car\w+ primeiro",
    "date desc": r"newest|most recent|latest( ones?)? first|neueste\w*( zuerst)?|plus recent\w*"
    r"|mas reciente\w*|piu recent\w+|mais recente\w*",
    "date asc": r"oldest|earliest( ones?)? first|alteste\w*( zuerst)?|plus ancien\w*|mas antigu\w+"
    r"|piu vecch\w+|mais antig\w+",
    "rating desc": r"(best|highest|top) rated|best( ones?)? first|best reviewed|mieux notes?"
    r"|mejor valorad\w+|am besten bewertet\w*",
    "distance asc": r"nearest|closest",
    "asc": r"ascending|(lowest|smallest|oldest|cheapest)( ones?)? first|a to z|aufsteigend\w*|croissant|ascendente",
    "desc": r"descending|(highest|largest|biggest|newest|latest|top)( ones?)? first|z to a|absteigend\w*|decroissant"
    r"|descendente",
    "pickup": r"pick(ing)? (it|them|this|that|those|my order) up|pick(ing)? up|collect (it|them)"
    r"|abholen|a emporter|para llevar|ritiro",
    "delivery": r"deliver(ed|ing|s)?|liefern|lieferung|geliefert|livr(aison|er|e)|a domicilio|consegna|entrega",
    "completed": r"finished|done|complete|erledigt\w*|termine\w*|terminad[oa]s?|completat[oaie]",
    "docx": r"word (document|file|format)s?",
    "text": r"plain text",
    "high": r"(really |very |most )?urgent|as soon as possible|asap|top priority|dringend\w*|urgente?",
    "low": r"no (rush|hurry)|low priority|keine eile|pas press\w+|sin prisa",
    "hourly": r"hour by hour|(each|every|per) hour|stundlich\w*|heure par heure|cada hora|ogni ora",
    "daily": r"day by day|(each|every|per) day|taglich\w*|jour par jour|tous les jours|quotidien\w*|cada dia"
    r"|ogni giorno",
    "weekly": r"week by week|(each|every|per|once a) week|wochentlich\w*|chaque semaine|cada semana"
    r"|ogni settimana",
    "monthly": r"month by month|(each|every|per|once a) month|monatlich\w*|chaque mois|cada mes|ogni mese",
    "yearly": r"(each|every|per|once a) year|annual\w*|jahrlich\w*|chaque annee|cada ano|ogni anno",
    "bicycling": r"bikes?|bicycles?|cycling|cycle|fahrrad|mit dem rad|velo|bici\w*",
    "walking": r"on foot|walk|walking|zu fus+|a pied|a pie|a piedi|a pe",
    "driving": r"by car|drive|driving|mit dem auto|en voiture|en coche|in auto|de carro",
    "transit": r"public transport\w*|by (bus|train|metro|subway|tram)|offentliche\w*|transports en commun"
    r"|transporte publico",
    "train": r"by train|zug|mit der bahn|en train|en tren|in treno|de trem|電車|火车",
    "plane": r"by plane|fly|flugzeug|en avion|in aereo|de aviao|飛行機|飞机",
    "xlsx": r"excel|spreadsheets?",
    "one way": r"one way|single ticket|nur (die )?hinfahrt|nur hin|aller simple|solo (de )?ida|solo andata"
    r"|so (de )?ida",
    "round trip": r"round trip|return (ticket|flight|trip|journey)|there and back"
    r"|hin und (zuruck|ruckfahrt|ruckflug)|aller retour|ida y vuelta|andata e ritorno"
    r"|ida e volta",
    "celsius": r"celsius|centigrade|°c",
    "fahrenheit": r"fahrenheit|°f",
    "open": r"unresolved|still open"
    r"|(not|\w+n t|never)( yet)?( been)? (closed|merged|resolved)( or (merged|closed|resolved))?( yet)?"
    r"|noch offen\w*",
    "vegetarian": r"vegetarisch\w*|vegetarien\w*|vegetarian[oaie]s?|veggie",
    "gluten free": r"glutenfrei\w*|sans gluten|sin gluten|senza glutine|sem gluten",
    "single": r"einzelzimmer|chambre simple|habitacion individual|camera singola",
    "double": r"doppelzimmer|chambre double|habitacion doble|camera doppia|quarto duplo",
    "suite": r"suiten?",
    "large": r"big|biggest|gros+\w*|grande?s?",
    "small": r"klein\w*|petite?s?|pequen\w+|piccol\w+",
}
_SAME = {
    "rating": "rating desc", "distance": "distance asc", "ascending": "asc", "descending": "desc",
    "done": "completed", "finished": "completed", "complete": "completed", "collection": "pickup",
    "collect": "pickup", "word": "docx", "txt": "text", "bicycle": "bicycling", "bike": "bicycling",
    "cycling": "bicycling", "walk": "walking", "foot": "walking", "drive": "driving", "car": "driving",
    "public transport": "transit", "excel": "xlsx", "return": "round trip", "roundtrip": "round trip",
    "oneway": "one way", "annual": "yearly", "annually": "yearly", "big": "large",
    "price low to high": "price asc", "price high to low": "price desc", "newest": "date desc",
    "oldest": "date asc", "newest first": "date desc", "oldest first": "date asc", "cheapest": "price asc",
    "recent": "date desc", "ascending price": "price asc", "descending price": "price desc", "flight": "plane",
    "airplane": "plane",
}  # fmt: skip
# For booleans, by a word of the parameter's name: what says yes, and what says no in words of its own.
SWITCHES: dict[str, tuple[str, str]] = {
    "outdoor": (
        r"outside|outdoors?|open air|terrace|patio|al fresco|draus+en|im freien|terrasse|dehors|en plein air"
        r"|a l exterieur|al aire libre|terraza|fuera|all aperto|ao ar livre",
        r"inside|indoors?|drinnen|a l interieur|dentro|all interno",
    ),
    "breakfast": (
        r"breakfast|fruhstuck\w*|petit dejeuner|desayuno|colazione|cafe da manha",
        r"",
    ),
    "parking": (
        r"parking|parkplatz\w*|car park|parcheggio|aparcamiento|estacionamento|park my car",
        r"",
    ),
    "pet": (
        r"pets?|dogs?|cats?|haustiere?|hunde?|katze|animaux|chiens?|chat|mascotas?|perros?|gatos?|cane"
        r"|cachorro",
        r"",
    ),
    "smoking": (
        r"smok(e|ing|ers?)|raucher\w*|fumeurs?|fumador\w*|fumatori",
        r"nichtraucher\w*|smoke free",
    ),
    "wifi": (
        r"wi ?fi|wlan|internet",
        r"",
    ),
    "nonstop": (
        r"non ?stop|direct( flights?| trains?)?|without (a )?(stops?|changes?|changing|layovers?)"
        r"|no (stops?|layovers?|changes)|ohne (umsteigen|zwischenstopps?)|direkt\w*|sans escales?"
        r"|sin escalas?|directos?|senza scali|sem escalas?",
        r"",
    ),
    "recursive": (
        r"recursive\w*|(and )?(everything|all|whatever)( that s| that is)? (inside|in it)|subfolders"
        r"|subdirectories|(with )?all its contents|samt inhalt|rekursiv\w*",
        r"not the subfolders|top level only|only the top level",
    ),
    "private": (
        r"private\w*|privat\w*|prive\w*|privad[oa]",
        r"public\w*|offentlich\w*|publi(c|que|co|ca)",
    ),
    "public": (
        r"public\w*|offentlich\w*|publi(que|co|ca)",
        r"private\w*|privat\w*|prive\w*|privad[oa]",
    ),
    "insurance": (
        r"insurance|insured?|versicher\w+|assurance|seguro|assicurazione",
        r"",
    ),
    "free": (
        r"free|for nothing|kostenlos\w*|gratis|gratuite?s?|gratuit[oa]s?",
        r"paid",
    ),
    "refundable": (
        r"refundable|money back|erstattbar\w*|remboursable|reembolsable",
        r"non ?refundable",
    ),
    "wheelchair": (
        r"wheelchairs?|step free|rollstuhl\w*|fauteuil roulant|silla de ruedas|sedia a rotelle",
        r"",
    ),
    "pool": (
        r"pool|schwimmbad|piscin[ae]",
        r"",
    ),
    "attachment": (
        r"attachments?|anhange?|anlagen?|pieces? jointes?|adjuntos?|allegati",
        r"",
    ),
    "urgent": (
        r"urgent\w*|dringend\w*|asap",
        r"not urgent|no (rush|hurry)",
    ),
    "vegetarian": (OPTIONS["vegetarian"] + "|vegetarian", r"(i|we) eat meat"),
}
_SWITCH_SAME = {
    "outside": "outdoor", "terrace": "outdoor", "dog": "pet", "animal": "pet", "smoke": "smoking",
    "smoker": "smoking", "direct": "nonstop", "stop": "nonstop", "internet": "wifi", "accessible": "wheelchair",
    "swimming": "pool", "recursively": "recursive", "gratis": "free", "insured": "insurance",
    "recurse": "recursive",
}  # fmt: skip


@lru_cache(maxsize=512)
def said_for_option(option: str) -> re.Pattern[str] | None:
    """What people say for an option, given its words in lower case; None if nothing is known."""
    return _pattern(OPTIONS.get(_SAME.get(option, option), ""))


@lru_cache(maxsize=512)
def said_for_switch(word: str) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    """What says yes and what says no, for a word of a boolean's name."""
    forms = (word, word.removesuffix("s"))
    known = next((name for form in forms if (name := _SWITCH_SAME.get(form, form)) in SWITCHES), None)
    yes, no = SWITCHES[known] if known else ("", "")
    return _pattern(yes), _pattern(no)


def _pattern(alternatives: str) -> re.Pattern[str] | None:
    return re.compile(rf"(?<![^\W_])(?:{alternatives})(?![^\W_])") if alternatives else None
