"""How a tool of the town fails.

    TownError              the tool refuses; ``str(error)`` is what the caller reads
    ├── NotFound           no such thing
    ├── Conflict           the thing exists, but its present state rules the request out
    ├── InvalidArgument    a value that fits the schema but makes no sense here
    └── NotPermitted       it is somebody else's, or a rule of the town forbids it

They leave the server as MCP tool errors (``is_error``), never as protocol errors.
"""


class TownError(Exception):
    """Base of the refusals above. The text starts with the kind: ``"Conflict: table 4 is taken"``."""

    label = "Error"

    def __init__(self, message: str) -> None:
        super().__init__(f"{self.label}: {message}")


class NotFound(TownError):  # noqa: N818 - named as what the caller reads
    label = "Not found"


class Conflict(TownError):  # noqa: N818
    label = "Conflict"


class InvalidArgument(TownError):  # noqa: N818
    label = "Invalid argument"


class NotPermitted(TownError):  # noqa: N818
    label = "Not permitted"
