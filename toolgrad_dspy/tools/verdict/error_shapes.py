"""Shape rules: does an object say, by its fields, that the call failed?

Each rule takes an :class:`Envelope` and returns the reason, or None. They hold for answers about the call; a result
that happens to have a field ``status`` or ``error`` (a build, a launch, a lint report) is not such an answer: see
``ENTITY_FIELDS``. A field that the tool's own output schema declares is a part of its result where a rule says so.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.tools.verdict.envelope import ENTITY_FIELDS, Envelope, is_hollow, plain
from toolgrad_dspy.tools.verdict.parsing import Data, is_list

ShapeRule = Callable[[Envelope], str | None]

_FAILURE_WORD = re.compile(
    r"err|(?:\w+)?error|fail(?:ed|ure)?|fault|ko|nok|notok|exception|rejected|invalid(?:request)?|unauthori[sz]ed"
    r"|forbidden|(?:request)?denied|notfound|badrequest|over(?:query|daily)limit|time(?:d)?out|ratelimited"
)
_NO_ERROR = re.compile(r"|none|null|nil|no|false|0|ok|success|noerrors?|n/a")
_STATUS_FIELDS = (
    *("status", "statuscode", "httpstatus", "statusvalue", "httpcode", "httpstatuscode"),
    *("error", "code", "cod", "errorcode", "responsecode"),
)
_HEADERS = ("meta", "header", "head", "status", "responsestatus", "responsemetadata")
_ERROR_FIELDS = ("error", "errors", "err", "exception", "fault", "errormessage", "errormsg", "errordescription")
# Where in some content a finding is: of a linter, a validator, a spelling checker.
_PLACE = re.compile(r"line|row|col(?:umn)?|loc|locations?|path|file|position|start|offset")


def http_status(value: Data) -> int | None:
    """``value`` as an HTTP status of 400 to 599, also when written as a string; else None."""
    if isinstance(value, bool):  # which Python counts as a number
        return None
    if isinstance(value, str) and len(value) == 3 and value.isdecimal():
        value = int(value)
    return value if isinstance(value, int) and 400 <= value <= 599 else None


def says_error(value: Data) -> bool:
    """Whether an error field's value is an error: text or an object, not a zero, a false or the word "none".

    A number is a count or a measure (``{"errors": 450}``, ``{"error": 0.05}``).
    """
    if isinstance(value, bool | int | float):
        return value is True
    if isinstance(value, str):
        return _NO_ERROR.fullmatch(plain(value[:20].strip())) is None
    return not is_hollow(value)


def success_flag(envelope: Envelope) -> str | None:
    """``success: false``, ``ok: false``, also as 0 or "false"."""
    for name in ("success", "ok", "succeeded", "successful"):
        value = envelope.fields.get(name)
        # false and "false" speak for themselves; a 0 may be a count, unless a message explains it.
        is_no = value is False or (isinstance(value, str) and value.lower() == "false")
        is_zero = value == 0 and not isinstance(value, bool | float) and bool(envelope.message)
        if (is_no or is_zero) and not envelope.is_entity:
            return _because(f"`{name}` is {value!r}", envelope)
    return None


def error_flag(envelope: Envelope) -> str | None:
    """``isError: true``, ``error: true``, ``failed: true``: a flag, so it says nothing but this."""
    for name in ("iserror", "haserror", "error", "failed", "failure"):
        if envelope.fields.get(name) is True and not envelope.is_entity:
            return _because(f"`{name}` is true", envelope)
    return None


def error_field(envelope: Envelope) -> str | None:
    """A field for errors that holds one: JSON-RPC ``error``, GraphQL ``errors``, SOAP ``Fault``, ``error: "..."``.

    Not beside a result (GraphQL answers in part), and not a list of *findings*, as linters and validators give.
    """
    if envelope.is_entity or envelope.has_result:
        return None
    for name in _ERROR_FIELDS:
        value = envelope.fields.get(name)
        # A truth value is for `error_flag`.
        if isinstance(value, bool) or not says_error(value):
            continue
        # {"file": "a.py", "errors": [{"line": 3, "message": ...}]}: errors that the tool was asked to find.
        if is_list(value) and (name in envelope.declared or (envelope.payload and not _complains(value))):
            continue
        return _because(f"`{name}` is set", envelope, value)
    return None


def stack_trace(envelope: Envelope) -> str | None:
    """A stack trace, or the type of an exception, beside its message: a server printed its own exception."""
    for name in ("stack", "stacktrace", "traceback", "exctype", "exceptiontype"):
        value = envelope.fields.get(name)
        if isinstance(value, str) and value and envelope.message and not envelope.is_entity:
            return _because(f"`{name}` is set", envelope)
    return None


def status_word(envelope: Envelope) -> str | None:
    """``status: "error"``, ``status: "fail"`` (JSend), Google's ``REQUEST_DENIED``, ``result: "failure"``."""
    for name in ("status", "result", "state", "response", "statustext"):
        value = envelope.fields.get(name)
        if isinstance(value, str) and len(value) < 30 and _FAILURE_WORD.fullmatch(plain(value)):
            # Alone it is about the call. With a field or two beside it, it may be the state of a job, unless words of
            # an error say more; with three it is an entity.
            others = [field for field in envelope.payload if field != name]
            if len(others) == 0 or (len(others) < ENTITY_FIELDS and _error_words(envelope)):
                return _because(f"`{name}` is {value!r}", envelope)
    return None


def status_code(envelope: Envelope) -> str | None:
    """An HTTP status of 400 to 599 in an envelope, or in its ``meta``, with nothing of a result beside it."""
    # Beside a result the number is a part of it: an area code ({"code": 404, "city": "Atlanta"}), a device's status.
    if len(envelope.payload) > 0 and not _only_header(envelope):
        return None
    for name in _STATUS_FIELDS:
        if http_status(envelope.fields.get(name)):
            return _because(f"`{name}` is {envelope.fields[name]}", envelope)
    for name in _HEADERS:
        header = envelope.fields.get(name)
        if isinstance(header, Mapping):
            inner = Envelope.of(header)
            for code in _STATUS_FIELDS:
                if http_status(inner.fields.get(code)):
                    return _because(f"`{name}.{code}` is {inner.fields[code]}", inner)
    return None


def keyed_status(envelope: Envelope) -> str | None:
    """An object of one field that is named by the status: ``{"404": "Not found"}``."""
    if len(envelope.fields) == 1:
        name, value = next(iter(envelope.fields.items()))
        if http_status(name) and isinstance(value, str):
            return one_line(f"{name}: {value}")
    return None


def problem(envelope: Envelope) -> str | None:
    """Problem details of RFC 9457 (once RFC 7807), and no result: ``type`` and ``title`` with a ``status``, or with
    ``detail`` where the type is a URI."""
    names = envelope.fields.keys()
    # Tickets and events have a type, a title and a status too, and fields of their own beside them.
    if not names >= {"type", "title"} or envelope.payload:
        return None
    of_type = str(envelope.fields["type"])
    is_uri = "detail" in names and of_type.startswith(("http", "urn:", "about:", "/"))
    if is_uri or isinstance(envelope.fields.get("status"), int):
        return one_line(f"problem details: {envelope.fields['title']}")
    return None


def detail_only(envelope: Envelope) -> str | None:
    """FastAPI's and Django's refusal: nothing but ``detail``, a text or a list of validation errors."""
    detail = envelope.fields.get("detail")
    if set(envelope.fields) != {"detail"} or "detail" in envelope.declared or is_hollow(detail):
        return None
    return one_line(f"only `detail`: {detail if isinstance(detail, str) else _first_message(detail)}")


ERROR_SHAPES: tuple[ShapeRule, ...] = (
    success_flag,
    error_flag,
    error_field,
    stack_trace,
    problem,
    status_word,
    status_code,
    keyed_status,
    detail_only,
)


def _because(what: str, envelope: Envelope, value: Data = None) -> str:
    words = value if isinstance(value, str) else _first_message(value) or envelope.message
    return one_line(f"{what}: {words}" if words else what)


def _first_message(value: Data) -> str:
    """The words in an error object, or in the first of a list of such."""
    if is_list(value) and value:
        value = value[0]
    if isinstance(value, Mapping):
        return Envelope.of(value).message
    return value if isinstance(value, str) else ""


def _complains(errors: Sequence[Data]) -> bool:
    """Whether a list of errors is about the call: a finding tells where in the content it is."""
    first = errors[0]
    if not isinstance(first, Mapping):  # a list of words: misspelt ones, for example
        return False
    names = {plain(str(name)) for name in first}
    return bool(names & {"message", "detail", "msg"}) and not any(_PLACE.fullmatch(name) for name in names)


def _error_words(envelope: Envelope) -> bool:
    return any(envelope.fields.get(name) for name in ("message", "msg", "error", "errormessage", "reason", "detail"))


def _only_header(envelope: Envelope) -> bool:
    return all(name in _HEADERS for name in envelope.payload)
