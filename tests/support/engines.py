"""Both engines, for tests that have to pass with either."""

import pytest

# litellm leaves sockets open, and pydantic warns about its types for Gemini, which are imported at the first call.
_WARNINGS = (
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::ResourceWarning",
    "ignore::DeprecationWarning",
    "ignore:Items? .* using the `ReadOnly` qualifier:UserWarning",
)

# litellm's import takes seconds, so its cases are among the slow ones.
ENGINES = [
    "native",
    pytest.param("litellm", marks=[pytest.mark.slow, *(pytest.mark.filterwarnings(text) for text in _WARNINGS)]),
]
