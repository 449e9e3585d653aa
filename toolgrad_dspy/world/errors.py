"""How a tool of the world fails.

    WorldError             the tool refuses; ``str(error)`` is what the caller reads
    ├── NotFound           no such thing
    ├── Conflict           the thing exists, but its present state rules the request out
    ├── InvalidArgument    a value that fits the schema but makes no sense here
    ├── NotPermitted       it is somebody else's, or a rule of the world forbids it
    └── SessionClosed      the session ended before the call reached its world

They leave the server as MCP tool errors (``is_error``), never as protocol errors. Each class is named after its
``label``, which models read; so they do not end in "Error".
"""


class WorldError(Exception):
    """Base of the refusals above. The text starts with the label: ``"Conflict: table 4 is taken"``."""

    label = "Error"

    def __init__(self, message: str) -> None:
        super().__init__(f"{self.label}: {message}")


class NotFound(WorldError):  # noqa: N818 - see above
    label = "Not found"


class Conflict(WorldError):  # noqa: N818 - see above
    label = "Conflict"


class InvalidArgument(WorldError):  # noqa: N818 - see above
    label = "Invalid argument"


class NotPermitted(WorldError):  # noqa: N818 - see above
    label = "Not permitted"


class SessionClosed(WorldError):  # noqa: N818 - see above
    label = "Closed"
