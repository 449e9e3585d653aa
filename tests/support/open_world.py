"""The bundled world, open on the background loop, as optimizers need it."""

from collections.abc import Iterator

import pytest

from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.world import WorldSource


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    opened = Library([WorldSource()])
    run_on_loop_thread(opened.open())
    yield opened
    run_on_loop_thread(opened.close())
