"""Classes by name: those of the package, and those that users register."""

import re
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from toolgrad_dspy.errors import UsageError, hint

T = TypeVar("T")

# Names stand in the names of files, in shell commands and in strategies.
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Registry(Mapping[str, type[T]], Generic[T]):
    """Classes of one ``kind`` by their ``name``.

    >>> class Fast:
    ...     name = "fast"
    >>> engines = Registry("engine", Fast)
    >>> list(engines), type(engines.make("fast")).__name__
    (['fast'], 'Fast')
    """

    def __init__(self, kind: str, *classes: type[T]) -> None:
        self._kind = kind
        self._classes: dict[str, type[T]] = {}
        for given in classes:
            self.register(given)

    def __getitem__(self, name: str) -> type[T]:
        return self._classes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._classes)

    def __len__(self) -> int:
        return len(self._classes)

    def register(self, given: type[T]) -> None:
        """Add a class under its ``name``.

        Raises UsageError for a name that is not lower-case words with hyphens (``invalid_KIND_name``), or that
        belongs to another class (``duplicate_KIND``).
        """
        name = getattr(given, "name", "")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise UsageError(
                f"the {self._kind} {given.__qualname__} has the name {name!r}; a name is lower-case letters and "
                "digits, with hyphens between words",
                code=f"invalid_{self._kind}_name",
            )
        registered = self._classes.setdefault(name, given)
        if registered is not given:
            raise UsageError(
                f"the {self._kind} name {name!r} is taken by {registered.__module__}.{registered.__qualname__}; "
                "choose another name",
                code=f"duplicate_{self._kind}",
            )

    def make(self, name: str) -> T:
        """An instance of the class called ``name``, made without arguments.

        Raises UsageError (``unknown_KIND``), with the most similar name.
        """
        if name not in self._classes:
            raise UsageError(f"unknown {self._kind} {name!r}; {hint(name, self)}", code=f"unknown_{self._kind}")
        return self._classes[name]()
