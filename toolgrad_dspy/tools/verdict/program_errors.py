"""Text rules: what programs print when they fail, in forms that hardly anything else has.

Unix tools and the C library, stack traces of languages, databases, protocols of the network. Every rule takes the
stripped text and returns the reason, or None. Each is anchored at the start of the text, so that a log file with
such a line in it, which begins with a time or a level, is a result.
"""

import re

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.tools.verdict.error_sentences import TextRule, is_short

_I = re.IGNORECASE

# strerror(3) of the C library (POSIX.1-2017, section 2.3), as Unix tools, Go and Node end their messages.
_STRERROR = (
    r"(?:no such (?:file or directory|process|device(?: or address)?)|permission denied|operation not permitted"
    r"|operation not supported|(?:is|not) a directory|file exists|(?:directory )?not empty|no space left on device"
    r"|disk quota exceeded|read-only file system|file name too long|too many (?:open files|levels of symbolic links)"
    r"|(?:device or )?resource busy|text file busy|invalid argument|input/output error|exec format error"
    r"|argument list too long|cannot allocate memory|broken pipe|bad file descriptor|invalid cross-device link"
    r"|connection (?:refused|timed out|reset(?: by peer)?)|(?:no route to|unknown) host|network is unreachable"
    r"|host is (?:down|unreachable)|(?:name or service|command|program|binary) not found|i/o timeout"
    r"|no such host|temporary failure in name resolution)"
)
# What ends a message too, and would say nothing by itself.
_ENDING = r"(?:does not exist|invalid syntax|(?:unexpected )?eof|is not a directory|syntax error)"
# A program's name or what it was about, up to a colon. A line of a log has a time or a level there.
_LOG = r"\W*\d{1,4}[-/:]\d|[^:\n]{0,80}\b(?-i:ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE|NOTICE)\b"
_ABOUT = rf"(?!{_LOG})[^\n:]{{1,120}}(?::\d+)?: "
_SYSTEM = re.compile(
    rf"(?:{_ABOUT}){{1,4}}(?:{_STRERROR}|{_ENDING})(?: \([^)\n]*\)|:[^\n]{{1,200}})?\.?\s*(?:\Z|\n)", _I
)
_BARE = re.compile(rf"{_STRERROR}\W*\Z", _I)
# ``ls: cannot access ...``. In lower case, as programs are called: people in a chat begin with a capital.
_UNIX_TOOL = re.compile(
    r"(?:(?!note|warning|hint|info|status|tip|answer|result)[a-z][\w.+-]{0,30}(?:: \S{1,80})?: "
    r"(?:\(\d+\) |\*\*\* |line \d+: )?"
    r"(?:[Cc](?:annot|ould not)|-e expression|[Uu]nable to|[Ff]ailed to|[Ff]atal|[Ee]rror"
    r"|missing (?:operand|argument|file)|(?:[Ii]nvalid|[Uu]nsupported|[Ii]llegal|[Uu]nrecognized|[Uu]nknown) \w"
    r"|[Nn]o (?:rule|such|\w+ allowed)\b|command not found|not found\Z|connect to host"
    r"|target '[^'\n]*' is not|bad (?:substitution|option)"
    r"|too (?:many|few) arguments|option requires|syntax error)"
    r"|CONFLICT \(|! \[rejected\]|npm (?:ERR!|error) |make: \*\*\*|error\[\w+\]: |Cannot connect to the Docker daemon"
    r"|[\w./-]+:(?:\d+:)+ (?:fatal )?error: )"
)
_NOT_RECOGNIZED = re.compile(
    r"'[^'\n]{1,80}' is not recognized as an? |The system cannot find the (?:file|path)\b"
    r"|[A-Z]\w+-[A-Z]\w+ : (?:Cannot|Could not|The term|Access|A parameter|Missing|Unable) "
)
# The names of exceptions, also of those that Python and Node have without a message of their own.
_EXCEPTION_NAME = r"(?:[A-Za-z_][\w$]*[./])*(?:[A-Z]\w*)?(?:Error|Exception|Fault|Interrupt)(?:\$\w+)?"
_EXCEPTION = re.compile(
    rf"(?:Uncaught (?:\(in promise\) )?)?{_EXCEPTION_NAME}(?: \[\w+\])?: [^\n]*"
    r"(?:\Z|(?:\n[^\n]{0,200}){0,8}?\n\s*(?:at |Caused by|Call log|File \"|During ))"
)
_OF_PYTHON = re.compile(
    r"(?:Key|Value|Type|Index|Attribute|Name|ZeroDivision|OS|Runtime|Permission|FileNotFound|FileExists|Import"
    r"|ModuleNotFound|NotImplemented|Assertion|Recursion|Overflow|UnicodeDecode|UnicodeEncode|Connection|Timeout"
    r"|Syntax|Indentation|Lookup|Arithmetic|Memory|Unbound\w*|IsADirectory|NotADirectory|EOF|Reference|Range)"
    r"(?:Error|Exception): ?\S"
)
_STACK = re.compile(
    r'Exception in thread "|panic: |thread \'[^\'\n]{1,80}\' panicked at|goroutine \d+ \[|Uncaught \w|Unhandled \w'
    r"|Fatal error: |Segmentation fault\b|Stack trace:|\(most recent call last\)"
    r'|File "[^"\n]{1,300}", line \d+[^\n]*\n[\s\S]{0,400}?\n\w*(?:Error|Exception)\b'
)
_DATABASE = re.compile(
    r"near \"[^\"\n]{0,80}\": syntax error|no such (?:table|column|index|function|module)\b"
    r"|(?:UNIQUE|CHECK|NOT NULL|FOREIGN KEY|PRIMARY KEY) constraint failed\b"
    r"|duplicate (?:key value|entry '|column name)|(?:relation|table|column|database|schema|view|function)"
    r" ['\"`]?[\w.]{1,80}['\"`]? (?:does not|doesn't|already) exists?"
    r"|incomplete input\W*\Z|ambiguous column name|(?:ORA|SQL|PLS|DB2|TNS)-?\d{3,5}\w?\b ?:|E\d{5} |SQLSTATE\b"
    r"|(?:WRONGTYPE|NOAUTH|NOPERM|NOSCRIPT|READONLY|MISCONF|CROSSSLOT|CLUSTERDOWN|LOADING|BUSYGROUP|ERR) [A-Za-z]"
    r"|\(error\) [A-Z]|database (?:is locked|disk image is malformed)|attempt to write a readonly database"
    r"|syntax error (?:at|near|in|,|on)\b|division by zero\W*\Z"
    r"|permission denied for (?:table|relation|schema|database)"
)
# SMTP (RFC 5321) and FTP (RFC 959) begin with three digits; browsers have names for what went wrong with the network.
_PROTOCOL = re.compile(
    r"[45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}\b|[45]\d\d (?:login|user|password|permission|file|mailbox|relay|access)"
    r"[\w ]{0,60}(?:incorrect|denied|unavailable|unknown|refused|failed)\W*\Z"
    r"|(?:net::|NS_|SSL_|CERT_)?ERR(?:OR)?_[A-Z]{2,}\w*(?:\Z| at |:| \()"
    r"|dial (?:tcp|unix)\b|lookup \S+ on \S+: no such host"
    r"|x509: |tls: |SSL routines|certificate (?:verify failed|has expired)|getaddrinfo \w|connect E[A-Z]{4,}",
    _I,
)


LONGEST = 2_000
"""Characters of what a program prints when it fails; an exception may have its stack with it."""


def system_error(text: str) -> str | None:
    """It ends its first line with an error of the operating system: ``cat: x: Permission denied``."""
    return one_line(text) if _is_message(text) and (_SYSTEM.match(text) or _BARE.match(text)) else None


def tool_message(text: str) -> str | None:
    """A command-line program says what it could not do: ``ls: cannot access 'x'``, ``npm ERR! code E404``."""
    return one_line(text) if _is_message(text) and (_UNIX_TOOL.match(text) or _NOT_RECOGNIZED.match(text)) else None


def exception(text: str) -> str | None:
    """An exception by its class, alone or with its stack: ``KeyError: 'x'``, ``TypeError: ...`` and ``at`` lines."""
    if len(text) > LONGEST:
        return None
    return one_line(text) if any(form.match(text) for form in (_OF_PYTHON, _EXCEPTION, _STACK)) else None


def database_error(text: str) -> str | None:
    """A database refuses a statement: ``near "FORM": syntax error``, ``UNIQUE constraint failed: x``."""
    return one_line(text) if is_short(text) and _DATABASE.match(text) else None


def protocol_reply(text: str) -> str | None:
    """A server or the network refuses by its code: ``550 5.1.1 ...``, ``net::ERR_NAME_NOT_RESOLVED``."""
    return one_line(text) if is_short(text) and _PROTOCOL.match(text) else None


def _is_message(text: str) -> bool:
    """Whether all of it is one program's: a few lines, or more that all begin alike (``npm ERR!``)."""
    if is_short(text):
        return True
    first, _, _ = text.partition(" ")
    return len(text) <= LONGEST and all(line.startswith(first) for line in text.splitlines() if line.strip())


PROGRAM_ERRORS: tuple[TextRule, ...] = (system_error, tool_message, exception, database_error, protocol_reply)
