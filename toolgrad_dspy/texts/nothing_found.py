"""Empty results, and whether a response says so."""

import re

from toolgrad_dspy.records import Step, Tool, in_words, last_key, leaves
from toolgrad_dspy.tools.verdict import Context, classify

# How people say that there was nothing, in the languages whose requests are checked.
_NOTHING = re.compile(
    r"\b(?:no(?! (?:more|less|fewer|later|longer|earlier)\b)|not|none|"
    r"nothing|nobody|neither|without|empty|zero|isn't|aren't|wasn't|weren't|couldn't|don't|doesn't|"
    r"didn't|unfortunately|unavailable"
    r"|kein\w*|nicht\w*|leider|niemand"
    r"|aucun\w*|rien|pas|personne|malheureusement"
    r"|ning[uú]n\w*|nada|nadie|vac[ií][oa]"
    r"|nessun\w*|niente|nulla|nenhum\w*|n[aã]o)\b|没有|沒有|無い|なし|ありません|見つかりません",
    re.IGNORECASE,
)


def is_empty(step: Step, tool: Tool | None) -> bool:
    """Whether the result of ``step`` holds nothing."""
    context = Context(call=step.call)
    if tool is not None:
        context = Context(returns=tool.returns, call=step.call, writes=tool.writes)
    return classify(step.observation, context).outcome == "empty"


def empty_parts(step: Step) -> frozenset[str]:
    """The keys in words under which a result has an empty list or nothing: ``departures``."""
    return frozenset(
        in_words(last_key(path)) for path, leaf in leaves(step.observation.value) if leaf in (None, [], {})
    ) - {""}


def denies(sentence: str) -> bool:
    """Whether ``sentence`` says that there was nothing."""
    return _NOTHING.search(sentence.replace("’", "'")) is not None
