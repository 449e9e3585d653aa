"""What all stored records share."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, JsonValue


class Record(BaseModel):
    """A stored value: immutable, and an unknown field is an error, not a silent loss."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def storable(value: Any) -> Any:
    """``value`` with lone surrogates replaced by ``\ufffd``: tools and models write them, UTF-8 cannot."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.loads(_without_lone_surrogates(json.dumps(value, ensure_ascii=False)))
    except (TypeError, ValueError, RecursionError):
        return value  # not JSON: the field's own type says so
    return value


def _without_lone_surrogates(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# Text and data from outside, written by tools and models.
OutsideText = Annotated[str, BeforeValidator(storable)]
OutsideData = Annotated[JsonValue, BeforeValidator(storable)]
OutsideObject = Annotated[dict[str, JsonValue], BeforeValidator(storable)]
