"""What is said for words of parameters' names that people rarely use themselves: "kids" for ``children``."""

import re
from functools import lru_cache

# What is said for words of names that people rarely use themselves, without accents.
_SAID: dict[str, str] = {
    "open": r"open(s|ed|ing)?|offnet|geoffnet|ouvre|ouverture|abre|apre|apertura",
    "close": r"clos(e|es|ed|ing)|shuts?|schlies+t|ferme|fermeture|cierra|chiude|chiusura|fecha",
    # Not "start": who writes that asks for something to be started.
    "start": r"start(s|ing)|begin(s|ning)|starten|startet|beginnt|commence|empieza|comienza|inizia|comeca",
    "end": r"ends|ending|finish(es|ing)?|endet|termine|finit|termina|acaba|finisce",
    "depart": r"leav(e|es|ing)|depart\w*|fly|flies|sets? off|takes? off|fahrt|abflug|part|sale|parte",
    "arrive": r"arriv\w*|lands?|landing|gets? in|kommt|ankunft|llega|atterrit|chega",
    "return": r"return\w*|back|home|zuruck|retour|regreso|vuelta|ritorno|volta",
    "pickup": r"pick(s|ed|ing)?|pickup|collect\w*|abhol\w*|recog\w+",
    "remind": r"remind\w*|reminder|alarm|ping|erinner\w*|rappel\w*|recuerd\w*|recorda\w*|ricord\w*|lembr\w*",
    "tip": r"tips?|trinkgeld|pourboire|propina|mancia|gorjeta",
    "deposit": r"deposit|kaution|anzahlung|caution|acompte|fianza|caparra|deposito",
    "parking": r"parking|park(ed)?|parken|parkplatz|parcheggio|aparcamiento|estacionamento",
    "rent": r"rent|miete|loyer|alquiler|affitto|aluguel|renda",
    "child": r"child(ren)?|kids?|kind(er|ern)?|enfants?|ninos?|ninas?|bambin[oi]|criancas?",
    "adult": r"adults?|grown ?ups?|erwachsene\w*|adultes?|adultos?|adulti",
    "infant": r"infants?|bab(y|ies|ys)|bebes?|neonat[oi]",
    "run": r"r[ua]n|running|jog\w*|gelaufen|lauf\w*|couru|courir|corr\w+|corso|corsa",
    "bike": r"bik\w+|cycl\w+|rode|rad|fahrrad|velo|bici\w*",
    "swim": r"sw[aiu]m\w*|geschwommen|schwimm\w*|nage\w*|nadar|nade|nuotat\w*",
    "walk": r"walk\w*|gelaufen|spazier\w*|marche\w*|camin\w*|cammin\w*|andei",
    "sleep": r"sle(ep|pt)\w*|geschlafen|schlaf\w*|dormi\w*",
    "width": r"wide|width|breit\w*|large(ur)?|ancho|largo|larghezza|largura",
    "height": r"high|height|tall|hoch|hohe|haut(eur)?|alto|altezza|altura",
}
_SAME = {
    "begin": "start", "opening": "open", "closing": "close", "departure": "depart", "leave": "depart",
    "arrival": "arrive",
    "reminder": "remind", "alarm": "remind", "kid": "child", "children": "child", "baby": "infant", "running": "run",
    "cycling": "bike", "bicycle": "bike", "swimming": "swim", "walking": "walk", "sleeping": "sleep",
}  # fmt: skip


@lru_cache(maxsize=512)
def said_for_role(word: str) -> re.Pattern[str] | None:
    """The words that are said for ``word`` of a name, to match a whole word without accents; None if unknown."""
    known = _SAID.get(_SAME.get(word, word))
    return re.compile(known) if known else None
