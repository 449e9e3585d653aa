"""Values and names that give away a made-up argument."""

import re

# Values that stand for a value rather than being one.
_PLACEHOLDER = re.compile(
    r"^(example|string|text|value|test|sample|placeholder|foo|bar|dummy|todo|tbd|n/?a|x{2,}|your[_ -].*"
    r"|<.*>|\{.*\})$",
    re.IGNORECASE,
)
_ID = re.compile(r"(^|_)ids?$", re.IGNORECASE)


def is_placeholder(value: object) -> bool:
    """Whether ``value`` is a text that stands for a value.

    >>> is_placeholder("your_city"), is_placeholder("<date>"), is_placeholder("Berlin")
    (True, True, False)
    """
    return isinstance(value, str) and _PLACEHOLDER.match(value) is not None


def names_an_id(parameter: str) -> bool:
    """Whether a parameter of this name takes an id, which nobody can make up.

    >>> names_an_id("place_id"), names_an_id("ids"), names_an_id("idea")
    (True, True, False)
    """
    return _ID.search(parameter) is not None
