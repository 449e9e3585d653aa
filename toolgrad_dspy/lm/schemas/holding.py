"""What the answers to the calls inside of a block are held to."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from toolgrad_dspy.json_schema import JsonSchema

MakeSchemas = Callable[[], Mapping[str, JsonSchema]]


@dataclass(frozen=True, slots=True)
class Held:
    """``make`` gives JSON schemas by the name of the output field that they describe. It is called when they are
    needed: most models take none.

    ``stable``, if there is any, gives wider ones that are the same in every call of the role, so that a provider that
    takes seconds to compile a new schema does so once.
    """

    make: MakeSchemas
    stable: MakeSchemas | None = None


_held: ContextVar[Held | None] = ContextVar("what answers are held to", default=None)


@contextmanager
def holding(make: MakeSchemas, *, stable: MakeSchemas | None = None) -> Iterator[None]:
    """Hold the answers to the calls inside to what ``make`` gives, as far as the model and its settings allow.

    A schema may have definitions under ``$defs``, and must not change afterwards: what is made from it is kept by its
    identity. Fields that the signature does not have are not asked for; its other fields keep the schema of their
    type. Blocks inside replace the whole.

    >>> from toolgrad_dspy.lm.schemas import held, holding
    >>> with holding(lambda: {"report": {"type": "string", "enum": ["p1", "none"]}}):
    ...     list(held().make())
    ['report']
    """
    token = _held.set(Held(make, stable))
    try:
        yield
    finally:
        _held.reset(token)


def held() -> Held | None:
    """What the innermost block holds answers to, or None outside of all."""
    return _held.get()
