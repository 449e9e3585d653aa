"""Both engines, for tests that hold for either."""

import pytest

# litellm's import takes seconds, so its cases are among the slow ones.
ENGINES = [
    "native",
    pytest.param(
        "litellm",
        marks=[
            pytest.mark.slow,
            pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),  # it keeps its sockets
            pytest.mark.filterwarnings("ignore::ResourceWarning"),
            pytest.mark.filterwarnings("ignore::DeprecationWarning"),
        ],
    ),
]
