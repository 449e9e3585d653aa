"""``toolgrad-dspy show RUN --prompts``: what was sent and answered in the LM calls of a session."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from toolgrad_dspy.cli.output import note, say, say_json, say_json_list, table


def show_prompts(run: Path, session: int | None, limit: int | None, json: bool) -> None:
    """The calls of ``session``, ``limit`` of them at most; without one, the sessions of which there are any."""
    from toolgrad_dspy.runs.prompt_log import logged_calls, logged_sessions

    if session is None:
        sessions = logged_sessions(run)[:limit]
        if json:
            say_json([asdict(one) for one in sessions])
            return
        header = ("session", "calls", "tokens read", "written", "seconds")
        say(table(header, [tuple(asdict(one).values()) for one in sessions]))
        note(f"toolgrad-dspy show {run} --prompts ID shows the calls of one")
        return
    calls = islice(logged_calls(run, session), limit)
    if json:
        say_json_list(calls)
        return
    for number, call in enumerate(calls, 1):
        say("\n".join(_lines(number, call)))


def _lines(number: int, call: Mapping[str, Any]) -> Iterator[str]:
    if number > 1:
        yield ""
    yield (
        f"call {number}: {call['role']}, {call['model']}, {call['read']} tokens read, {call['wrote']} written, "
        f"{call['seconds']:.2f} s"
    )
    for message in call["messages"]:
        yield f"--- {message['role']}"
        yield message["text"]
    if call["answer"] is None:
        yield f"--- no answer: {call['error']}"
    else:
        yield "--- answer"
        yield call["answer"]
