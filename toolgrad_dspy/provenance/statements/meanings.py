"""What people say for the choices that many tools offer: orders, periods, means of travel, formats, yes-or-no wishes.

A rule has to be sure, so the lists have only what means the same wherever it stands. Keys are words of options and of
names of parameters; what is said is looked for as whole words, in a text without accents.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from toolgrad_dspy.provenance.statements.recurring import RECURRING

# For options of an enumeration, by any of their words in singular.
OPTIONS: dict[str, str] = {
    **RECURRING,
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
    "rating desc": r"(best|highest|top) rated|best( ones?| reviews?)? (first|on top|at the top)|best reviewed"
    r"|liked (the )?(best|most)"
    r"|most liked|(highest|best) (scores?|ratings?|stars?) first|die besten zuerst|les meilleur\w+ d.abord"
    r"|primero l[oa]s mejores|mieux notes?"
    r"|mejor valorad\w+|am besten bewertet\w*",
    "price": r"(cheapest|most expensive|priciest|dearest|lowest price|highest price)( ones?)? first",
    "date": r"(newest|oldest|latest|earliest|most recent)( ones?)? first",
    "name": r"alphabetical(ly)?|a to z|alphabetisch|alfabetic\w+|alphabetique",
    "distance asc": r"nearest|closest",
    "asc": r"ascending|(lowest|smallest|oldest|cheapest)( ones?)? first|a to z|aufsteigend\w*|croissant|ascendente",
    "desc": r"descending|(highest|largest|biggest|newest|latest|top)( ones?)? first|z to a|absteigend\w*|decroissant"
    r"|descendente",
    "pickup": r"pick(ing)? (it|them|this|that|those|my order) up|pick(ing)? up|collect (it|them|(the|my) \w+)"
    r"|abholen|ritiro",
    "takeaway": r"(?<!want )(?<!need )(?<!like )(?<!have )(?<!ready )(?<!how )(?<!where )(?<!got )to go(?! \w)"
    r"|take ?(away|out)"
    r"|a emporter|para llevar|zum mitnehmen|da asporto|para viagem|持ち帰り|外带",
    "dine in": r"(eat|sit|dine) (in|here|inside)|for here|hier essen|sur place|(para )?(tomar|comer) aqui"
    r"|mangiare qui|店内",
    "business": r"(fly|flying|us|me|seats?|travel(ing)?|upgraded? to|tickets?) (in )?business( class)?(?! (trip"
    r"|travel|partner"
    r"|meeting|card|hours)\w*)|business class|businessklasse|classe affaires|clase ejecutiva",
    "economy": r"(in|fly|flying) (coach|economy)|(coach|economy|tourist) (class|seats?|tickets?)|classe economique"
    r"|clase turista|classe economica",
    "first": r"(first|1st) class|erster? klasse|premiere classe|primera clase|prima classe|primeira classe",
    "landscape": r"sideways|on its side|wider than (it s |it is )?(tall|high)|querformat|paysage|horizontal(ly|e"
    r"|es|mente)?",
    "portrait": r"taller than (it s |it is )?wide|hochformat|vertical(ly|e|es|mente)?|upright",
    "delivery": r"deliver(ed|ing|s)?|liefern|lieferung|geliefert|livr(aison|er|e)|a domicilio|consegna|entrega",
    "completed": r"finished|done|complete|erledigt\w*|termine\w*|terminad[oa]s?|completat[oaie]",
    "credit card": r"credit card|kreditkarte|carte (de credit|bancaire)|tarjeta( de credito)?|carta di credito"
    r"|cartao( de credito)?|クレジットカード|信用卡",
    "cash": r"cash|bar ?zahl\w*|bargeld|in bar|especes|(en )?efectivo|contanti|(em )?dinheiro|現金|现金",
    "docx": r"word (document|file|format)s?",
    "text": r"plain text",
    "high": r"(really |very |most )?urgent|as soon as possible|asap|top priority|drop everything|(can ?no?t"
    r"|can t|must not) wait(?! (to|for|until|till)\b)"
    r"|needs? \w+ (right away|immediately|at once)|dringend\w*|urgente?",
    "low": r"no (rush|hurry)|low priority|(?<!not )(?<!t )can wait(?! (for|here|until|till)\b)|nothing urgent"
    r"|not (that )?urgent"
    r"|when(ever)? (you|someone|somebody|anyone|they) (gets?|find|finds|have|has) (round|around|time|a (moment"
    r"|minute))"
    r"|hat zeit|kann warten|peut attendre|puede esperar|puo aspettare|pode esperar|keine eile|pas press\w+|sin prisa",
    "bicycling": r"bikes?|bicycles?|cycling|cycle|fahrrad|mit dem rad|velo|bici\w*",
    "walking": r"on foot|walk|walking|zu fus+|a pied|a pie|a piedi|a pe",
    "driving": r"by car|drive|driving|mit dem auto|en voiture|en coche|in auto|de carro",
    "transit": r"public transport\w*|by (bus|train|metro|subway|tram)|offentliche\w*|transports en commun"
    r"|transporte publico",
    "bus": r"by bus|buses",
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
    "take away": "takeaway", "takeout": "takeaway", "take out": "takeaway", "to go": "takeaway", "dinein": "dine in",
    "eat in": "dine in", "business class": "business", "economy class": "economy", "first class": "first",
    "coach": "economy", "fortnightly": "biweekly", "every two weeks": "biweekly", "weekday": "weekdays",
    "weekend": "weekends", "day": "daily", "week": "weekly", "month": "monthly", "year": "yearly",
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
    "vocal": (
        r"vocals?|with (the )?(singing|lyrics)|sung",
        r"instrumentals?( version)?|karaoke|without (the )?singing",
    ),
    "dry run": (
        r"(dry|trial|test) run|simulat\w+|(don t|do not|without) (actually|really) \w+|just (show"
        r"|tell) me what (would|will)"
        r"|probelauf|trockenlauf|a blanc|simulacro",
        r"for real|really do it",
    ),
    "furnished": (
        r"furnished|with furniture|mobliert\w*|meuble\w*|amueblad\w+|arredat\w+|mobiliad\w+|家具付き",
        r"unfurnished|unmobliert\w*|non meuble\w*|sin amueblar|sin muebles|without furniture|non arredat\w+",
    ),
    "receipt": (
        r"receipts?|quittung\w*|beleg|kassenbon|recu|ticket de caisse|recibo|ricevuta|scontrino|領収書",
        r"",
    ),
    "paper": (
        r"paper|printed|papier\w*|gedruckt\w*|papel|impres[oa]|cartace[oa]",
        r"paperless",
    ),
    "balcony": (r"balcon\w*|balkon\w*|sacada|varanda", r""),
    "garden": (r"gardens?|garten|jardin|giardino|jardim", r""),
    "kitchen": (r"kitchens?|kitchenette|kuche|cocina|cucina|cozinha|cuisine equipee|avec cuisine", r""),
    "air conditioning": (
        r"air ?con\w*|ac|klimaanlage|climatisation|climatise\w*|aire acondicionado|aria condizionata|ar condicionado",
        r"",
    ),
    "gift wrap": (
        r"(gift|present) ?wrap\w*|wrap\w*( \w+)? (up|as a (gift|present))|wrap (it|them|this|everything)"
        r"|geschenkpapier"
        r"|als geschenk\w*|(papier|emballage) cadeau|para regalo|envolver|envuelt\w+|confezione regalo|embrulh\w+"
        r"|プレゼント用|ラッピング",
        r"",
    ),
    "elevator": (r"elevators?|lift|aufzug|fahrstuhl|ascenseur|ascensor\w*|elevador", r""),
    "spicy": (r"spicy|scharf\w*|epice\w*|picante\w*|piccante", r"mild|not (too )?(spicy|hot)"),
    "vegan": (r"vegan\w*|vegetalien\w*", r""),
    "organic": (r"organic\w*|bio|biologique\w*|ecologic\w+|biologic\w+|organic[oa]", r""),
    "subtitle": (r"subtitles?|captions?|untertitel\w*|sous titres?|subtitulos?|sottotitoli|legendas?|字幕", r""),
    "quiet": (r"quiet\w*|silent|peaceful|ruhig\w*|calme|tranquil\w+|silencios\w+", r"noisy|loud"),
    "express": (r"express\w*|fast(est)? (shipping|delivery)|eilsendung|expres+o?", r"standard (shipping|delivery)"),
    "anonymous": (
        r"anonymous\w*|anonym\w*|anonim\w+|without (my|a) name|don t (say|tell|show) (it s from me|my name|who)",
        r"",
    ),
    "unread": (
        r"unread|haven t (read|opened)( yet)?|not (yet )?(read|opened)|ungelesen\w*|non lus?|no leid[oa]s"
        r"|non lett[ei]",
        r"",
    ),
    "switched on": (
        r"(switch|turn|put)(ed)?( \w+){0,4} on|anschalten|anmachen|einschalten|schalte?\b.{0,20} (an|ein)"
        r"|allume\w*|enciend\w+"
        r"|accend\w+|lig(a|ue|ar)",
        r"(switch|turn|put)(ed)?( \w+){0,4} off|ausschalten|ausmachen|schalte?\b.{0,20} aus|etei(ns|ndre)\w*|apag\w+"
        r"|speg\w+|deslig\w+",
    ),
    "all day": (
        r"(all|whole|entire|full) day|ganztag\w*|den ganzen tag|toute la journee|todo el dia|tutto il giorno"
        r"|(o )?dia (todo|inteiro)",
        r"",
    ),
    "navigation": (r"navi|navigation\w*|navigationsgerat|gps|sat ?nav|navegador|navigatore", r""),
    "notify": (
        r"notif\w+|let me know (when|once|as soon as)|(ping|alert|warn) me|benachrichtig\w+|sag mir bescheid"
        r"|previens moi"
        r"|avisame"
        r"|avisa me|avvisami|avise me",
        r"quietly|silently",
    ),
    "return trip": (OPTIONS["round trip"], OPTIONS["one way"]),
    "permanent": (
        r"permanent\w*|for good|for ever|forever|endgultig|definitiv\w+|para siempre|per sempre|para sempre",
        r"for now|temporar\w+",
    ),
    "overwrite": (
        r"overwrit\w+|replace (it|them|the old|the existing|any|whatever)\b.{0,20}|uberschreib\w+|ecrase\w*"
        r"|sobrescrib\w+"
        r"|sovrascriv\w+",
        r"keep the (old|existing|previous) \w+( too| as well)?",
    ),
    "recurring": (
        r"recurring|repeat(s|ing)?|wiederkehrend\w*|regelmassig\w*|recurrente|ricorrente|recorrente|"
        + RECURRING["daily"]
        + "|"
        + RECURRING["weekly"]
        + "|"
        + RECURRING["monthly"],
        r"one off|one time|(just|only) (this )?once",
    ),
    "vegetarian": (OPTIONS["vegetarian"] + "|vegetarian", r"(i|we) eat meat"),
}
_SWITCH_SAME = {
    "outside": "outdoor", "terrace": "outdoor", "dog": "pet", "animal": "pet", "smoke": "smoking",
    "smoker": "smoking", "direct": "nonstop", "stop": "nonstop", "internet": "wifi", "accessible": "wheelchair",
    "swimming": "pool", "recursively": "recursive", "gratis": "free", "insured": "insurance",
    "gps": "navigation", "satnav": "navigation", "notification": "notify", "round trip": "return trip",
    "roundtrip": "return trip", "permanently": "permanent",
    "recurse": "recursive", "vocals": "vocal", "instrumental": "vocal", "lift": "elevator", "caption": "subtitle",
    "ac": "air conditioning", "aircon": "air conditioning", "dryrun": "dry run", "bio": "organic",
    "gift wrapping": "gift wrap", "gift wrapped": "gift wrap", "giftwrap": "gift wrap",
}  # fmt: skip


@lru_cache(maxsize=512)
def said_for_option(option: str) -> re.Pattern[str] | None:
    """What people say for an option, given its words in lower case; None if nothing is known."""
    return _pattern(OPTIONS.get(_SAME.get(option, option), ""))


def switch_named(words: Sequence[str]) -> str:
    """What a boolean of these words is about as a whole: "on" is what is switched on, and "on sale" is not."""
    whole = " ".join(words)
    return "switched on" if whole in ("on", "power", "powered") else whole


@lru_cache(maxsize=512)
def said_for_switch(word: str) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    """What says yes and what says no, for a word of a boolean's name."""
    forms = (word, word.removesuffix("s"))
    known = next((name for form in forms if (name := _SWITCH_SAME.get(form, form)) in SWITCHES), None)
    yes, no = SWITCHES[known] if known else ("", "")
    return _pattern(yes), _pattern(no)


def _pattern(alternatives: str) -> re.Pattern[str] | None:
    return re.compile(rf"(?<![^\W_])(?:{alternatives})(?![^\W_])") if alternatives else None
