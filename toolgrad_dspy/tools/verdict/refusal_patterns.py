"""The words of refusals: what programs keep records of, and how a sentence says that something is wrong with one.

The patterns are for one sentence of at most some hundred characters, from its start.
"""

import re

_I = re.IGNORECASE


def _any(*words: str) -> str:
    return "|".join(word for line in words for word in line.split())


# What programs keep records of, and what calls are given.
_RECORDS = _any(
    "account address airport amount appointment argument balance bill booking branch budget cabin card cart",
    "certificate channel check-?in check-?out code column commit connection contact coupon credentials customer",
    "database date device directory document driver element email employee engine event field file flight folder",
    "format group guest hotel id identifier invoice item job key limit line list login mailbox market member",
    "message method name number operation option order page parameter parcel passcode passenger password path",
    "patient payment permission phone photo pin plan playlist post product profile project quantity query range",
    "recipient record refund repository request reservation resource restaurant room route row schedule seat",
    "sender server service session shipment size slot stock subscription symbol table task team ticket time token",
    "tool transaction transfer trip type url user username value vehicle version wallet watchlist window",
    "workspace zip",
)
_RECORD = rf"(?:{_RECORDS})(?:e?s)?"
_ID = r"#?[\w./@:-]{0,40}\d[\w./@:-]{0,40}"
_QUOTED = r"'[^'\n]{1,60}'|\"[^\"\n]{1,60}\"|`[^`\n]{1,60}`|\[[^\]\n]{1,60}\]"
# "with ID 'USR009'", "8812", "HX-9", "TSLA"
_WHICH = (
    r"(?:,? (?:with |of |for |on |in |from |to )?(?:(?:the )?(?:id|name|number|symbol|code|date|key) )?"
    rf"(?:{_QUOTED}|{_ID}|(?-i:[A-Z]{{2,8}})))?"
)
# Words that make of the records behind them something else: "number of tickets", "if the room", "returns a code".
_NO_MODIFIER = _any(
    "a an the of if when whether where while to for from with by in on at that this these those which who whose",
    "and or but i we you he she it they my our his her their its is are was were be been has have had do does did",
    "not no should must can may will would true false returns return calculate get gets set sets define defines",
    "use uses used all some most many every only because after before until since though how what why as than",
    "then so like about",
)
_MODIFIERS = rf"(?:(?!(?:{_NO_MODIFIER})\b)[\w'\"()-]{{1,30}} ){{0,3}}?"
_SUBJECT = rf"{_MODIFIERS}{_RECORD}{_WHICH}"
# Anything, not only a record.
_THING = rf"{_MODIFIERS}(?!(?:{_NO_MODIFIER})\b)[a-z][\w'\"-]{{1,30}}{_WHICH}"

_WRONG = _any(
    "already closed deactivated declined denied disabled empty exceeded expired frozen full inactive incorrect",
    "insufficient invalid locked missing occupied offline private rejected required reserved revoked suspended",
    "unavailable unknown unsupported wrong",
)
_IS_WRONG = (
    rf"(?:is|are|was|were|has been|have been) (?:(?:already |currently |not )?(?:{_WRONG})|already|not|no longer|too"
    r"|out of|in use|sold out|taken|under|above|below|outside|less than|more than|greater than|engaged|refused)\b"
)
_CANNOT = (
    r"(?:cannot|can't|can not|can no longer|can only|could not|couldn't|may not|must not|will not|won't|must"
    r"|ha(?:s|ve) to|should (?:not|match|be (?:the same|different|exactly))|needs? to be \w+ (?:before|when|to))\b"
)
_DOES_NOT = (
    r"(?:(?:does not|do not|did not|doesn't|don't|didn't|has no|have no|ha(?:s|ve) not|hasn't|lacks?) \w"
    r"|ha(?:s|ve) (?:already|expired|failed|exceeded|ended)\b|ha(?:s|ve) \w+ and can(?:not| no longer)\b"
    r"|(?:exceeds?|would be exceeded)\b)"
)
_FINITE = rf"(?:{_IS_WRONG}|{_CANNOT}|{_DOES_NOT})"
_CURT = rf"(?:not (?!as\b)\w|no longer \w|mismatch\b|(?:too|already) \w|(?:{_WRONG})\b)"
_YOU = (
    r"you (?:must|need to|have to|cannot|can't|can only|may not|are not|aren't|are already|do not|don't|did not"
    r"|didn't|have no|have not|have already|have insufficient|haven't)\b"
)

TELEGRAM = re.compile(rf"(?:{_SUBJECT} (?:and|or|does not belong to) )?{_SUBJECT} (?:{_FINITE}|{_CURT})", _I)
"""In the style of programs, without an article: ``Card not registered``, ``Order 8812 cannot be changed``."""

WITH_ARTICLE = re.compile(
    # Only a whole sentence will do: "the format required" is a description.
    rf"(?:the|this|that|your|each|every) {_SUBJECT}(?: (?:of|for|from|to|in|on|with) (?:the )?{_THING})? "
    rf"(?:{_FINITE}|(?:overlaps?|conflicts?|clash(?:es)?|differs?|lies) )",
    _I,
)
"""``The verification code has expired``, ``Your balance is too low``."""

MODAL = re.compile(
    rf"(?:(?:the|this|your|each|all) )?{_THING}(?: and {_THING})? (?:must|cannot|can't|can not|ha(?:s|ve) to)"
    r" (?:not )?(?:be|have|contain|match|equal|exceed|start|end|come)\b"
    r"|there (?:must|should) be (?:exactly|only|at (?:least|most))\b",
    _I,
)
"""Of anything at all: ``Latitude must be between -90 and 90``, ``Messages cannot be empty``."""

LACKING = re.compile(
    rf"(?:not enough|insufficient|too (?:many|few)|duplicate|(?:maximum|minimum) {_THING} (?:reached|exceeded)"
    r"|exceed(?:s|ed)?(?: the)?|no (?:active|available|matching|valid|such|open|pending|current|existing)"
    rf"(?!.*\b(?:required|needed)\b)) {_MODIFIERS}"
    rf"(?:{_RECORD}|funds|credits?|points|privileges|space|memory|inventory|elements?)\b"
    rf"|no {_MODIFIERS}{_RECORD} {_ID}\b|no elements? match\w*"
    r"|['\"`]?\S{1,120} is not an? (?:valid|known|supported|recogni[sz]ed) \w"
    r"|(?:the )?number of [\w ]{1,60}? (?:does not|do not|should|must) match\b",
    _I,
)
"""``Not enough seats``, ``Insufficient funds``, ``No flight HX-9``, ``'x' is not a valid directory``."""

PROHIBITED = re.compile(
    rf"{_YOU} [^.\n]{{0,60}}?\b(?:{_RECORD}|points|permissions?|access|enough|logged|signed|authori[sz]ed|allowed"
    rf"|{_WRONG})\b|your {_SUBJECT} (?:is|was|has been|have been) (?:{_WRONG})\b",
    _I,
)
"""``You do not have permission``, ``You have not purchased this product``; no river that one cannot step into."""

DEMAND = re.compile(
    rf"{_YOU}|requires? \w|please (?:log ?in|sign in|provide|specify|enter|select|check|try|use|ensure|make sure|set"
    r"|press|connect|upgrade|verify|wait|authenticate|confirm|start|stop|lock|release|create|add|choose)\b"
    r"|(?:only|all|at least|at most|either|both|one of) [^.\n]{1,80} (?:must|has to|have to|can be|may be)\b"
    rf"|already \w+ing\b|(?:(?:the|this|that|your) )?{_THING} (?:is|are|was|were) already\b"
    r"|\w+ (?:the|a|an|your) [^.\n]{1,40} before \w+ing\b|(?:fully booked|sold out|we are (?:closed|full))\b",
    _I,
)
"""What is a refusal only where it is about the call at all: ``You cannot ...``, ``Please press ...``."""

LOGIN = re.compile(
    r"(?:(?:the|your) )?(?:\w+ )?(?:password|passcode|pin|otp|credentials?|username|user name|login)(?: \w+){0,3}"
    r" (?:is|are|was|were) (?:incorrect|wrong|not correct|not valid|invalid)(?:\W*\Z|\. \w)"
    r"|(?:wrong|incorrect) (?:user ?name|password|login|pin|code|credentials)\b[^.\n]{0,60}\W*\Z"
    r"|you (?:must|need to|have to) (?:be (?:logged|signed) in|log ?in|sign in|authenticate)\b"
    r"|(?:(?:your|the) )?session (?:has |is )?(?:expired|timed out)\b"
    r"|(?:please )?(?:log|sign) in (?:first|again|to continue)\b|not (?:currently )?(?:logged|signed) in\W*\Z"
    r"|no user is (?:currently )?(?:logged|signed) in\b",
    _I,
)
"""Who called is not let in."""

DENIED_VERB = re.compile(
    r"\b(?:cannot|can't|can not|could not|can no longer|may not|must not|not allowed to|unable to|not be"
    r"|must(?: not)?) (?:be )?(\w{4,})|\b(?:already|not)(?: been)? (\w{4,})",
    _I,
)
"""The verb in what is denied: ``cannot be exchanged``, ``is already cancelled``, ``you may not delete``."""

DONE_VERB = re.compile(
    r"\b(?:is|are|was|were|been|now|and|successfully) (?:now |successfully )?(\w{4,})|(?<!be )\b(\w{3,}ed)\b", _I
)
"""The verb in what was done: ``The account was locked``."""

GOOD_NEWS = re.compile(
    r"(?<!be )\b(?:success\w*|ok|done|completed?|created|updated|added|saved|sent|set to|now|is up)\b", _I
)
NOT_YET = re.compile(r"\byet\b", _I)
"""What is still to come is a state: ``Order 8812 cannot be tracked yet; it leaves the warehouse tomorrow``."""
