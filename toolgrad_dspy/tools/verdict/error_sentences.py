"""Text rules: does a short text *state* an error? A word of failure somewhere in it is not a statement.

:data:`ERROR_STATEMENTS` are for free text, of which the error must be the subject: a news item that reports a failure
is a result. :data:`COMPLAINTS` are for what can only be about the call, such as a field that exists to carry a
message: there the error may stand anywhere in the sentence.

Every rule takes the text and returns the reason, or None.
"""

import re
from collections.abc import Callable
from http import HTTPStatus

from toolgrad_dspy.errors import one_line

TextRule = Callable[[str], str | None]

SHORT = 400
"""A statement has at most this many characters on at most :data:`MAX_LINES` lines. A longer text is content."""

MAX_LINES = 3

_I = re.IGNORECASE

# One sentence up to the error. "If the file is not found, ..." explains an error, and states none.
_SENTENCE = (
    r"(?!(?:if|when|whether|specify)\b)(?![^\n]{0,80}\b(?:means|indicates|occurs|even if|is (?:raised|thrown))\b)"
    r"(?:[^.!?\n]|[.!?](?=\S)){0,120}?"
)
# What a caller can get wrong. "Unknown Pleasures" is an album, "unknown parameter" an error.
_INPUT = (
    r"(?:tool|function|method|command|operation|action|api|endpoint|service|server|resource|route|path|url|uri|query"
    r"|parameters?|arguments?|args?|kwargs?|keyword|field|property|key|column|table|option|flag|header"
    r"|body|token|type"
    r"|value|format|input|id|identifier|name|user|account|file|directory|credentials|password|api[ _-]?key|date|time"
    r"|time ?zone|city|country|location|region|language|locale|currency|symbol|ticker|unit|code|genre|category)"
)
# Errors of statistics are results: "Margin of error: 3%".
_MEASURED = r"(?!.{0,40}\b(?:margin|standard|mean|squared|absolute|relative|rounding|average|std|estimation)\b)"
# So are counts of none: "Failed: 0", "Errors: none".
_NONE = r"(?!\s*(?:\d{1,2}|none|null|no|nil|false|n/?a)\s*(?:[\n,;.%]|\Z))"

_LABEL = re.compile(
    rf"{_MEASURED}(?:\W{{0,3}}(?:[\w.\-]+ ){{0,3}}(?:error|exception|failure)(?: code)?"
    rf"(?: [\w\-]*\d[\w\-]*)?\s*(?:[:–—!]{_NONE}|\Z| - )"
    rf"|\W{{0,3}}(?:fatal|failed)\s*[:–—!]{_NONE}"
    r"|error (?:response|while|during|in|on|when|at|fetching|reading|getting|loading|parsing|connecting)\b"
    r"|an? (?:[\w\-]+ ){0,2}(?:error|exception) (?:has )?(?:occurred|happened)\b"
    r"|there (?:was|has been|is) an? (?:[\w\-]+ ){0,2}error\b|[A-Za-z.]{3,60}Exception\Z"
    rf"|(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception)\s*(?:\(|:{_NONE}))",
    _I,
)
# What programs that speak in the first person do; others can't get no satisfaction.
_WORK = (
    "access|add|assist|authenticate|book|cancel|change|check|complete|compute|connect|convert|create|delete"
    "|determine|download|execute|fetch|find|generate|handle|identify|load|locate|look up|open|parse|perform|process"
    "|provide|reach|read|recogni[sz]e|resolve|respond|retrieve|return|run|save|search|send|translate|understand|update|upload|verify"
)
_COULD_NOT = re.compile(
    rf"(?:sorry,? )?(?:(?:we|i) (?:could not|couldn'?t|cannot|can'?t|(?:were|was|are|am) unable to)(?= (?:{_WORK})\b)"
    r"|failed to|(?:unable|not able) to|could not|couldn'?t|cannot|can'?t) \w+",
    _I,
)
_INVALID = re.compile(
    r"(?:invalid|unsupported|unrecogni[sz]ed|malformed) (?!\((?:adj|adv|noun|verb)|means\b)\S"
    rf"|(?:unknown|unexpected|missing|illegal|bad|wrong) (?:(?:\w+ ){{0,2}}{_INPUT}\b|(?-i:[a-z]+): \S)",
    _I,
)
_REFUSED_INPUT = re.compile(
    rf"{_SENTENCE}\b(?:(?:parameters?|arguments?|fields?|api[ _-]?key|token|authentication|credentials|property)"
    r" (?:[\w'\"`.\-]+ )?(?:is|are) (?:required|missing|invalid|not valid|unknown|not specified)\b"
    r"|must be (?:an? )?(?:integer|number|string|boolean|array|object|list of|one of|between \d|greater|less than)\b"
    r"|is a required (?:property|parameter|argument|field)|got an unexpected keyword argument)",
    _I,
)
_NOT_FOUND = re.compile(
    rf"{_SENTENCE}\b(?:not (?:be )?found|(?:does not|doesn'?t|do not|don'?t) exists?|already exists?)"
    r"(?:[.!]?(?:\Z|\s*[:(\[])| in (?:the |our |your )?\w+(?: \w+)?\W*\Z)"
    rf"|no such {_INPUT}\b|(?:not|no longer) (?:found|available)\W*\Z",
    _I,
)
# After the words of a refusal comes its end, what is refused, or why; never "..., said the door".
_GOES_ON = (
    r"(?=\W*\Z|\s*[:.!(\[–—-]|\n|\s+(?:to|for|by|on|in|at|due|because|from|while|when|request|access|user|error|client"
    r"|operation)\b)"
)
_DENIED = re.compile(
    rf"(?:access (?:is )?denied|permission denied|forbidden|un-?authori[sz]ed|not authori[sz]ed){_GOES_ON}"
    r"|operation not permitted|authentication (?:required|failed)|login required"
    r"|no (?:valid |matching )?(?:api ?key|(?:access |auth )?token|credentials|permissions?|authori[sz]ation"
    r"|authentication|route|endpoint|handler)\b"
    r"|(?:you are |you're )not (?:subscribed|logged in|allowed|permitted|authori[sz]ed)"
    r"|(?:this|the) (?:endpoint|api|feature|resource|plan) (?:is|has been) "
    r"(?:disabled|deprecated|removed|not |no longer |unavailable|only available)",
    _I,
)
_LIMITED = re.compile(
    r"(?:too many requests|(?:api |request )?rate[ -]?limit(?:ed|ing)? (?:exceeded|reached|hit)|rate[ -]?limited"
    r"|(?:api |request |your )*quota (?:has been )?(?:exceeded|reached)|you have exceeded (?:the|your)\b"
    r"|you(?:'ve| have) (?:reached|hit|used up) (?:the|your)\b.{0,60}\b(?:limit|quota)"
    r"|(?:daily|monthly|hourly|api|request|usage) (?:limit|quota) (?:exceeded|reached))",
    _I,
)
# Reason phrases of HTTP. One word alone ("Locked", "Gone") may be the state of a door; after its number it is not.
_PHRASES = [re.escape(status.phrase) for status in HTTPStatus if status >= 400]
_LONG_PHRASES = "|".join(phrase for phrase in _PHRASES if " " in phrase)
_SERVER_SAYS = (
    r"(?:(?:internal )?server error|not found|bad request|access denied|forbidden|un-?authori[sz]ed|bad gateway"
    r"|service (?:is )?(?:temporarily |currently )?unavailable|gateway time-?out|request time-?out|too many requests"
    r"|method not allowed|unprocessable (?:entity|content)|payment required|not implemented)"
)
_OUTAGE = re.compile(
    rf"(?:HTTP )?(?:error )?(?:status )?(?:code:? )?[45]\d\d\b[:\s\-–(]+(?:{_SERVER_SAYS}|{'|'.join(_PHRASES)})"
    rf"{_GOES_ON}|{_SERVER_SAYS}{_GOES_ON}|(?:{_LONG_PHRASES})(?=\W*\Z)"
    r"|(?:HTTP|status)(?: error)?(?: status)?(?: code)?:? [45]\d\d\b"
    r"|(?:oops\W+|sorry\W+)?something went wrong"
    r"|(?:the )?(?:\w+ )?(?:request|connection|navigation|operation|query|tool|call|command|execution|validation"
    r"|authentication|authorization|verification|login|upload|download|lookup)(?: to [^\n]{1,80}?)? (?:has |was )?"
    r"(?:timed out|failed|refused|reset|aborted|interrupted)\b|time-?out(?: error)?\W*\Z|timed out\b",
    _I,
)


def labelled(text: str) -> str | None:
    """It introduces itself as an error: ``Error: ...``, ``Database error: ...``, ``ValueError: ...``."""
    return one_line(text) if _LABEL.match(text) else None


# A code in place of words: "ChannelNotFound", "PERMISSION_DENIED".
_CODE = re.compile(
    r"(?:[A-Z][a-z]+){1,6}(?:NotFound|Denied|Failed|Failure|Invalid|Fault|Error|Exception|Unavailable|Unsupported|Rejected"
    r"|Exceeded|Required|Missing|Expired|Forbidden|Unauthorized)"
    r"|(?:Bad|Invalid|Missing|Unknown|Unsupported|Duplicate|Unauthorized)(?:[A-Z][a-z]+){1,6}"
    r"|(?:[A-Z]+_){1,6}(?:NOT_FOUND|DENIED|FAILED|FAILURE|INVALID|ERROR|UNAVAILABLE|UNSUPPORTED|EXCEEDED|REQUIRED|EXPIRED)"
    r"|(?:INVALID|MISSING|UNKNOWN|UNSUPPORTED|NOT)_[A-Z_]{3,60}|UNAUTHENTICATED|RESOURCE_EXHAUSTED"
)


def error_code(text: str) -> str | None:
    """Nothing but the code of an error: ``ChannelNotFound``, ``PERMISSION_DENIED``."""
    return one_line(text) if _CODE.fullmatch(text) else None


def could_not(text: str) -> str | None:
    """It begins with what was not possible: ``Failed to ...``, ``Could not ...``, ``We were unable to ...``."""
    return one_line(text) if _COULD_NOT.match(text) else None


def invalid(text: str) -> str | None:
    """It begins by refusing something: ``Invalid timezone: ...``, ``Unknown tool: x``, ``Missing parameter``."""
    return one_line(text) if _INVALID.match(text) else None


def refused_input(text: str) -> str | None:
    """Its subject is an argument that is missing or wrong: ``An API key is required``, ``x must be an integer``."""
    return one_line(text) if _REFUSED_INPUT.match(text) else None


def not_found(text: str) -> str | None:
    """One sentence that ends in ``not found`` or ``does not exist``, or names what there is ``no such`` of."""
    return one_line(text) if _NOT_FOUND.match(text) else None


def denied(text: str) -> str | None:
    """It begins with a refusal of access: ``Access denied - ...``, ``Forbidden``, ``You are not subscribed``."""
    return one_line(text) if _DENIED.match(text) else None


def limited(text: str) -> str | None:
    """It begins with a rate limit or quota, in the words of API gateways: ``Too many requests``."""
    return one_line(text) if _LIMITED.match(text) else None


def outage(text: str) -> str | None:
    """It begins with a server's trouble: ``Internal Server Error``, ``503 Service Unavailable``, ``Timed out``."""
    return one_line(text) if _OUTAGE.match(text) else None


ERROR_STATEMENTS: tuple[TextRule, ...] = (
    labelled, error_code, could_not, invalid, refused_input, not_found, denied, limited, outage,
)  # fmt: skip

# In a message about the call, such words are about the call: in an article they would be content.
_COMPLAINT = re.compile(
    r"\b(?:(?:an?|[45]\d\d|internal|server|unexpected|unknown|fatal|api|client|network|connection|database|syntax"
    r"|parsing|authentication|authorization|permissions?|validation|confirmation) error\b|errors? (?:occurred|code)"
    r"|exception\b|malformed|invalid|unrecogni[sz]ed|unsupported|bad request"
    r"|not (?:valid|found|exists?|allowed|authori[sz]ed|permitted|supported|implemented|subscribed|available)"
    r"|(?:doesn'?t|does not|don'?t|do not) (?:exists?|have (?:access|permission))"
    r"|must (?:be|have|contain|not|provide|specify|include|match)"
    r"|(?:is|are|was|has been) (?:required|missing|disabled|incorrect|wrong|revoked|rejected)"
    r"|already (?:exists?|registered|taken|in use)|there is no [\w ]{1,40} (?:with|for) (?:that|this|the|id)\b"
    r"|exceed(?:s|ed)|too (?:many|long|large|short)|rate[ -]?limit(?:ed| reached| hit)|(?:unable|failed|failure) to"
    r"|could not|couldn'?t|cannot|can'?t|denied|forbidden|un-?authori[sz]ed|un-?authenticated|unavailable"
    r"|timed out|time-?out|expired|went wrong|try again|(?:must|need to|please) subscribe|for your subscription"
    r"|subscription (?:is )?required|(?:no|wrong) (?:or \w+ )?(?:api )?(?:key|token|permission|access|route|such)\b)",
    _I,
)
_OPENS_BADLY = re.compile(r"(?:unknown|missing|unexpected|illegal|bad|wrong|failed|failure|fail)\b", _I)
# "Deployed with 0 errors".
_HARMLESS = re.compile(r"\b(?:no|0|zero|without(?: any)?) (?:errors?|exceptions?|problems?|failures?)\b", _I)


def complaint(text: str) -> str | None:
    """A sentence that complains: ``amount of values ... exceeds the limit of 4``, ``API doesn't exists``."""
    return one_line(text) if _COMPLAINT.search(text) and not _HARMLESS.search(text) else None


def opens_badly(text: str) -> str | None:
    """A sentence that begins with what is wrong: ``unknown service all``, ``Missing 'q'``, ``Failed: x``."""
    return one_line(text) if _OPENS_BADLY.match(text) and not _HARMLESS.search(text) else None


COMPLAINTS: tuple[TextRule, ...] = (complaint, opens_badly)


def is_short(text: str) -> bool:
    """Whether ``text`` is small enough to be a statement."""
    return len(text) <= SHORT and text.count("\n") < MAX_LINES
