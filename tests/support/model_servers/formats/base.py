"""The contract of a wire format."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.model_servers.brain import Asked, Said
from tests.support.model_servers.faults import Fault

Body = dict[str, Any]


class BadRequestError(Exception):
    """The provider does not accept the body. The text is for the client."""


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An HTTP answer. A ``body`` that is not text is sent as JSON."""

    status: int
    body: Body | str
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"


class WireFormat(ABC):
    """One provider's requests, answers and errors. It has no state: one object serves all requests.

    ``prefix`` is litellm's name of the provider. ``native_path`` and ``litellm_path`` are what follows the server's
    address in the base URL: the two engines do not always append the same part of the path. ``example`` is a model of
    the provider: clients look up by its name what a model can do.
    """

    name: str
    prefix: str
    example: str
    native_path: str
    litellm_path: str
    needs_key = True

    @abstractmethod
    def dialect(self, path: str) -> "WireFormat | None":
        """The format that answers POST requests to ``path``; None for a path the provider does not have."""

    @abstractmethod
    def key(self, headers: Mapping[str, str]) -> str | None:
        """The key that came with a request; header names are in lower case."""

    @abstractmethod
    def model(self, path: str, body: Body) -> str:
        """The name of the model that is asked."""

    @abstractmethod
    def asked(self, path: str, body: Body) -> Asked:
        """The request. Raises BadRequestError (or KeyError, TypeError, ValueError for a malformed one)."""

    @abstractmethod
    def answer(self, said: Said, asked: Asked | None = None) -> Body:
        """The body of an answer with status 200; without ``asked`` for the fixed answer."""

    @abstractmethod
    def error(self, fault: Fault, model: str, wait: float) -> WireAnswer:
        """The refusal for one of the faults that have a status of their own; ``wait`` is in seconds."""

    @abstractmethod
    def unable(self, ability: str, model: str) -> WireAnswer:
        """The refusal of a request for an ability that the model lacks: ``abilities.Abilities`` has the names."""

    @abstractmethod
    def bad_request(self, message: str) -> WireAnswer:
        """The refusal of a malformed body."""

    @abstractmethod
    def no_such_path(self, method: str, path: str) -> WireAnswer:
        """The refusal of a path that the provider does not have."""

    def about(self, path: str, body: bytes) -> WireAnswer | None:
        """The answer to a request that is not for a model, such as what a model can do; it is not counted."""
        return None

    def headers(self) -> tuple[tuple[str, str], ...]:
        """The headers of an answer with status 200."""
        return ()


def text_of(content: Any) -> str:
    """The text of a content field: a string, or the texts of its blocks."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    return "".join(block["text"] for block in content if isinstance(block.get("text"), str))


def seconds(wait: float) -> str:
    """Seconds in the form of a retry-after header."""
    return f"{wait:g}"
