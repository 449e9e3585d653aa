"""Texts that stand for a value rather than being one."""

import re

# Weak models write a template where they would have to choose a value or refer to one ("{{$from}}", "<place_id>",
# "${query}", "your_city"). Nobody says such a thing; a text that only contains one may be meant as it is (the body of
# a mail to be filled in, a shell command), but for the word of references, which is of this program alone.
_TEMPLATE = re.compile(
    r"""
      \{\{[^{}]*\}\}              # {{name}}
    | \$\{[^{}]*\}                # ${name}
    | \{[A-Za-z_$#][\w .$/#-]*\}  # {name}; with a colon or quotes it may be JSON
    | <[A-Za-z_$#][\w .$#-]*>     # <name>, <the id from s1>
    | \[(?:your|insert|enter)\b[^\[\]]*\]
    | your_\w+
    | .*\$from\b.*
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

# Texts that are rarely meant as values, though some may be: a word that says only what it is for, and whatever stands
# in brackets.
_PLACEHOLDER = re.compile(
    r"^(example|string|text|value|test|sample|placeholder|foo|bar|dummy|todo|tbd|n/?a|x{2,}|your[_ -].*"
    r"|<.*>|\{.*\})$",
    re.IGNORECASE,
)


def is_template(value: object) -> bool:
    """Whether ``value`` is a text that can be no value as it stands.

    >>> is_template("{{$from}}"), is_template("<date>"), is_template('{"a": 1}'), is_template("Dear {{name}}")
    (True, True, False, False)
    """
    return isinstance(value, str) and _TEMPLATE.fullmatch(value.strip()) is not None


def is_placeholder(value: object) -> bool:
    """Whether ``value`` is a text that seems to stand for a value: a template, or what is rarely meant as one.

    >>> is_placeholder("your_city"), is_placeholder("example"), is_placeholder("Berlin")
    (True, True, False)
    """
    return isinstance(value, str) and (is_template(value) or _PLACEHOLDER.match(value) is not None)
