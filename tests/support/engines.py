"""Both engines, for tests that have to pass with either."""

import pytest

# litellm's import takes seconds, so its cases are among the slow ones.
ENGINES = [
    "native",
    pytest.param(
        "litellm",
        marks=[
            pytest.mark.slow,
            pytest.mark.filterwarnings(
                "ignore::pytest.PytestUnraisableExceptionWarning"
            ),  # litellm keeps sockets open
            pytest.mark.filterwarnings("ignore::ResourceWarning"),
            pytest.mark.filterwarnings("ignore::DeprecationWarning"),
        ],
    ),
]
