"""Small tools with known behaviour, and one line to grow a session with them."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import ProgramConfig, ToolGrad, run_session
from toolgrad_dspy.records import Session
from toolgrad_dspy.tools.base import ToolSource
from toolgrad_dspy.tools.functions.source import FunctionSource
from toolgrad_dspy.tools.library import Library


def notebook(log: list[str] | None = None) -> FunctionSource:
    """Notes under ids of their own, one notebook per session. ``log`` gets the name of every function that runs."""
    ran: list[str] = log if log is not None else []

    def make(seed: int) -> list[Callable[..., Any]]:
        notes: dict[str, str] = {}

        def add_note(text: str) -> dict[str, Any]:
            """Write a note down."""
            ran.append("add_note")
            if text == "refused":
                raise ValueError("this note is refused")
            note_id = f"note_{1001 + len(notes)}"
            notes[note_id] = text
            return {"note_id": note_id, "text": text}

        def clumsy_add(text: str) -> dict[str, Any]:
            """Write a note down, and fail after that."""
            add_note(text)
            raise RuntimeError("the pen broke")

        def read_note(note_id: str) -> dict[str, Any]:
            """Read one note."""
            ran.append("read_note")
            if note_id not in notes:
                raise LookupError(f"there is no note {note_id}")
            return {"note_id": note_id, "text": notes[note_id], "length": len(notes[note_id])}

        def list_notes() -> dict[str, Any]:
            """List all notes."""
            ran.append("list_notes")
            return {"notes": [{"note_id": name, "text": text} for name, text in notes.items()]}

        def find_topic(word: str) -> dict[str, Any]:
            """Find the topic of a word."""
            ran.append("find_topic")
            return {"topic_id": f"topic_{len(word) + 100}", "title": f"All about {word}"}

        return [add_note, clumsy_add, read_note, list_notes, find_topic]

    return FunctionSource("notebook", make, isolation="session", writes=["add_note", "clumsy_add"])


def lottery(isolation: str = "session") -> FunctionSource:
    """A tool that never gives the same result twice, though ``session`` isolation would promise it."""
    numbers = itertools.count(5000)

    def draw_lot() -> dict[str, int]:
        """Draw a lot."""
        return {"lot_id": next(numbers)}

    if isolation == "session":
        return FunctionSource("lottery", lambda seed: [draw_lot], isolation="session", writes=[])
    return FunctionSource("lottery", [draw_lot], writes=[])


def functions(*tools: Callable[..., Any], id: str = "functions") -> FunctionSource:
    """Reading functions without a state, whose results may be large."""
    return FunctionSource(id, lambda seed: tools, isolation="session", writes=[], max_result_bytes=4_000_000)


async def growing(sources: list[ToolSource], models: Models, index: int = 0, **settings: Any) -> Session:
    """One session over ``sources``; ``settings`` are those of the program."""
    async with Library(sources) as library:
        return await run_session(ToolGrad(library, models, ProgramConfig(**settings)), 0, index)


def grow(source: ToolSource, models: Models, **settings: Any) -> Session:
    """As :func:`growing`, for one source and without a loop; by default one iteration."""
    return asyncio.run(growing([source], models, **{"iterations": 1, **settings}))
