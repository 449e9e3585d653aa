"""What all stored records share."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A stored value: immutable, and a field it does not know is an error, not a silent loss."""

    model_config = ConfigDict(extra="forbid", frozen=True)
