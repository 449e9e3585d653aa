"""The languages of a text, by its function words. What a word means as a number or a name depends on them."""

from functools import lru_cache

from toolgrad_dspy.provenance.statements.reading import KEPT_TEXTS, Reading, word_set

# A language with so much of the function words of the likeliest one is taken to be spoken too.
_SHARE = 0.6

FUNCTION_WORDS: dict[str, frozenset[str]] = {
    "en": word_set(
        "a an and any are at be book by can could did do does find for from get give had has have he her him his "
        "how i if in is it its let ll made make may me my need no not of off on or our please s she should show "
        "so t that the their them then there these they this to us want was we were what when where which who "
        "will with would you your"
    ),
    "de": word_set(
        "aber als am an auf aus bei bis bitte das dass dem den der des die ein eine einem einen einer er es für "
        "gibt hat ich ihr im in ist kann mein meine mich mir mit möchte nach nicht nur oder sein sie sind so um "
        "und uns unser von vor war was welche wie wir zu zum zur über"
    ),
    "fr": word_set(
        "ai au aux avec c ce cette combien d dans de des du elle en est et il j je l la le les ma me mes moi mon "
        "ne nous on ou où pas plus pour qu que quel quelle qui s sa se ses son sont sur tu un une vous à"
    ),
    "es": word_set(
        "a al como con cuál cuánto de del dos el ella en es esta este está la las le lo los me mi mis muy más no "
        "nos o para pero por que quiero qué se sin su sus un una uno y ya"
    ),
    "it": word_set(
        "a ai al alla alle anche che ci come con cosa da dal dei del della delle di e gli ha i il in la le lo ma "
        "mi mia mio nel nella non per più quale quanto se si sono su un una uno vorrei è"
    ),
    "pt": word_set(
        "a ao aos as com como da das de do dos e em essa este eu faz foi há mais mas me meu minha na nas no nos "
        "não o os ou para pela pelo por quais qual que quero se sem seu sua um uma às é"
    ),
}
LATIN = tuple(FUNCTION_WORDS)


@lru_cache(maxsize=KEPT_TEXTS)
def languages(reading: Reading) -> tuple[str, ...]:
    """The codes of the languages that ``reading`` may be in, the likeliest first; all of them if nothing tells."""
    counts = {code: sum(map(known.__contains__, reading.words)) for code, known in FUNCTION_WORDS.items()}
    most = max(counts.values())
    if not most:
        return LATIN
    return tuple(sorted((code for code in LATIN if counts[code] >= _SHARE * most), key=lambda code: -counts[code]))


def is_function_word(word: str, reading: Reading) -> bool:
    """Whether ``word`` is one that the languages of ``reading`` use in every sentence."""
    return any(word in FUNCTION_WORDS[code] for code in languages(reading))
