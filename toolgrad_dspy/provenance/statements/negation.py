"""Whether what a text names is what it does not want: "anything but Thai", "not Hugo", "keine Suiten"."""

import re

from toolgrad_dspy.provenance.statements.reading import Reading

# Signs before a mention that a negation is looked for in.
_BEFORE = 40
_SMALL = (
    r"(?:(?:a|an|the|its|their|his|her|my|your|any|more|in|on|at|to|for|with|from|by|as|of|el|la|los|las|un|una"
    r"|le|les|du|de|des|den|die|das|der"
    r"|einen?|eine|il|lo|i|gli|o|os|um|uma|mit|für|con|pour|avec|para|com|per) ){0,2}"
)
_WANT = r"(?:want|like|need|use|include|invite|add)"
_WORDS = re.compile(
    r"(?:\b(?:(?:any|every|no)(?:thing|body|one|where)|all) (?:but|except|besides) "
    r"|\b(?:except|excluding|without|instead of|rather than|other than|apart from|aside from|besides|but not|not"
    r"|no longer|stop (?:giving me|using)|hold the|leave off|not interested in|no interest in|not into"
    r"|isn't|aren't|wasn't|neither|nor|hates?|dislikes?|skip|no need for|(?:nobody|no one)(?:'s| has"
    r"| is)?(?: been| ever)?"
    rf"|(?:don't|do not|doesn't|does not|didn't) {_WANT}|(?:haven't|hasn't|has not|have not|not)(?: yet)? been"
    r"|no hace falta|no es necesario|no (?:necesito|quiero|hay que)|pas besoin d[e']|pas la peine d[e']|non serve"
    r"|non (?:voglio|occorre)|não (?:preciso|quero|é preciso)|(?:braucht?|brauchen?) kein\w*"
    r"|(?:rather|prefer|prefers|better) not (?:to )?\w+"
    r"|nada|niente|gar nicht|nicht|kein|keine|keinen|keiner|ohne|außer|statt|anstatt|sans|sauf|excepté|pas"
    r"|plutôt que|au lieu d[e']"
    r"|sin|salvo|excepto|menos|en vez de|senza|tranne|eccetto|non|invece di|sem|exceto|não|em vez de) "
    r"|\b(?:no|ni|aucune?|nessun[oa]?|ningún|ninguna|nenhum[a]?) (?!\d))"
    rf"{_SMALL}$"
)
# "Leave Italy out", "take the eggs off my list".
_TAKEN, _OFF_IT = (
    re.compile(r"\b(?:take|remove|delete|drop|cross|scratch|strike|erase) (?:the |my |all |any )?[\"'“‘]?$"),
    re.compile(r"[\"'”’]?(?: \w+)? (?:off|from|out of)\b"),
)
_KEPT = re.compile(
    r"\b(?:keep|retain|leave|garde[rz]?|behalte|behalten|mantén|conserva|tieni|mantenha)"
    r" (?:the |le |la |les |el |il |o |a |den |die |das )?$"
)
_LEFT, _OUT = re.compile(r"\b(?:leave|leaving|left|keep|keeping) (?:out )?$"), re.compile(r" out\b")
_AFTER = re.compile(
    r"(?:ではなく|じゃなく|ではない|以外|、?不要)"
    r"|,? (?:can't|cannot|can not|won't|couldn't) (?:come|make it|join|be there)\b| (?:is|are) (?:gone|sold out"
    r"|ill|sick)\b"
    r"| (?:any ?more|no longer)\b"
    r"| ?(?:excluded|is not wanted|out of (?:it|this)\b|or not|oder nicht|ou (?:pas|non)|o no)\b"
)
# What a thing is not to be made: "don't make the event public". Not so "don't forget to make it public".
_UNDONE = re.compile(
    r"\b(?:(?:don't|do not|never|no need to|needn't) (?!forget|hesitate|worry|mind|wait)\w+"
    r"|(?:no|não|non) (?:(?:me|mi|nos|le|les|lo|la|se|te|ci|o|a) )?(?!olvid|dud|esque|hesit|dimentic|scord|esit)\w+"
    r"|n(?:e |')(?:(?:me |nous |lui |m'))?(?!oubli|hésit)\w+ pas)"
    r"(?: (?!and\b|but\b|then\b)[\w'-]+){0,4} $"
)
_CHINESE_BEFORE = re.compile(r"(?:不要|不是|别|除了|没有)$")


def negated(reading: Reading, start: int, end: int) -> bool:
    """Whether the mention at ``start:end`` of the plain text stands under a negation of its own."""
    before = reading.plain[max(0, start - _BEFORE) : start]
    # Quotes and hyphens between do not matter: not "Thai", non-smoking.
    before = before.replace('"', "").replace("'", "'").replace("-", " ")
    if _LEFT.search(before) and (before.endswith("out ") or _OUT.match(reading.plain, end)):
        return True
    return bool(_WORDS.search(before) or _CHINESE_BEFORE.search(before) or _AFTER.match(reading.plain, end))


def kept(reading: Reading, start: int) -> bool:
    """Whether the mention is what is to stay: "keep the name"."""
    return _KEPT.search(reading.plain, max(0, start - _BEFORE), start) is not None


def taken_off(reading: Reading, start: int, end: int) -> bool:
    """Whether the mention is what is to be taken off something: "take the eggs off my list"."""
    before = reading.plain[max(0, start - _BEFORE) : start]
    return bool(_TAKEN.search(before) and _OFF_IT.match(reading.plain, end))


def undone(reading: Reading, start: int) -> bool:
    """Whether the mention at ``start`` is what a thing is not to be made, in a clause that says what not to do."""
    return _UNDONE.search(reading.plain[max(0, start - 2 * _BEFORE) : start]) is not None
