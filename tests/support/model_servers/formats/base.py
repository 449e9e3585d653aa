"""The contract of a wire format."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.model_servers.brain import Asked, Said
from tests.support.model_servers.faults import Fault

Body = dict[str, Any]


class BadRequestError(Exception):
    """The body is not what the provider accepts; the text is for the client."""


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An HTTP answer. A ``body`` that is not text is sent as JSON."""

    status: int
    body: Body | str
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"


class WireFormat(ABC):
    """One provider's requests, answers and errors. Has no state: one object serves all requests.

    ``prefix`` is litellm's provider name; ``native_path`` and ``litellm_path`` are what follows the server's address
    in the base URL, for the two engines: they do not always agree on which part of the path is theirs to add.
    ``example`` is a model the provider has: clients look up what a model can do by its name.
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
        """The request. Raises BadRequestError (or KeyError, TypeError, ValueError for one that makes no sense)."""

    @abstractmethod
    def answer(self, said: Said, asked: Asked | None = None) -> Body:
        """The body of an answer with status 200; without ``asked`` for the fixed answer."""

    @abstractmethod
    def error(self, fault: Fault, model: str, wait: float) -> WireAnswer:
        """The refusal for one of the faults that have a status of their own; ``wait`` is in seconds."""

    @abstractmethod
    def unable(self, ability: str, model: str) -> WireAnswer:
        """The refusal of a request for what the model cannot do: see ``abilities.Abilities`` for the names."""

    @abstractmethod
    def bad_request(self, message: str) -> WireAnswer:
        """The refusal of a body that makes no sense."""

    @abstractmethod
    def no_such_path(self, method: str, path: str) -> WireAnswer:
        """The refusal of a path that the provider does not have."""

    def about(self, path: str, body: bytes) -> WireAnswer | None:
        """The answer to a question that is not for a model, such as what a model can do; not counted."""
        return None

    def headers(self) -> tuple[tuple[str, str], ...]:
        """What comes with an answer of status 200."""
        return ()


def text_of(content: Any) -> str:
    """The text of a content field: a string, or blocks of which those with a text count."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    return "".join(block["text"] for block in content if isinstance(block.get("text"), str))


def seconds(wait: float) -> str:
    """Seconds as a retry-after header has them."""
    return f"{wait:g}"
