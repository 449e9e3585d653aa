"""One hostile tool all the way through: opened, shown, checked, called, judged, stored, and a session played."""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from tests.support.hostile import VALUES
from tests.support.mcp_helpers import SERVERS
from toolgrad_dspy.json_schema import DIALECTS, example
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.program.schema_notes import refused
from toolgrad_dspy.records import Attempt, Iteration, Observation, Report, Session, Step, Tool, ToolCall, Trace
from toolgrad_dspy.rendering import ToolLines, report_line, schema_line, step_line
from toolgrad_dspy.runs import RunSpec, RunStore, generate, tools_spec
from toolgrad_dspy.streams import printable
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tools.verdict import Context, classify

START_TIMEOUT = CALL_TIMEOUT = 10.0


async def play(kind: str, name: str, folder: Path) -> str:
    """Play one case; what a user is told. Raises ToolGradError for what a user is refused, and nothing else."""
    servers = {
        "hostile": {
            "command": sys.executable,
            "args": [str(SERVERS / "hostile.py"), kind, name],
            "start_timeout": START_TIMEOUT,
            "timeout": CALL_TIMEOUT,
        }
    }
    file = folder / "servers.json"
    file.write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    spec = tools_spec(file)
    async with spec.library() as library:
        told = [str(note) for note in library.notes]
        _show(library)
        for tool in library.tools:
            told += await _use(library, tool, folder)
    figures = await generate(RunSpec(n=1, tools=spec, program=ProgramConfig(iterations=3)), folder / "run")
    with RunStore.open(folder / "run") as store:
        sessions = list(store.sessions())
    assert len(sessions) == 1 == figures.sessions
    return printable("; ".join(told))


def _show(library: Library) -> None:
    """The tools as prompts and model servers get them."""
    ToolLines(library.tools).text(library.tools)
    for tool in library.tools:
        schema_line(tool)
        for dialect in DIALECTS:
            refused([tool], dialect)


async def _use(library: Library, tool: Tool, folder: Path) -> list[str]:
    """Check arguments of every kind, call the tool with good ones, and take its result."""
    made = example(tool.parameters)
    good = made if isinstance(made, dict) else {}
    for value in _values() if tool.name == "hostile" else ():
        library.validate(ToolCall.model_construct(tool=tool.name, arguments={**good, "a": value}))
    problem = library.validate(ToolCall(tool=tool.name, arguments=good))
    if tool.returns is not None:
        example(tool.returns)
    call = ToolCall(tool=tool.name, arguments=good)
    async with library.session(seed=1) as session:
        observation = await session.call(call)
    verdict = classify(observation, Context(returns=tool.returns, call=call))
    _store(folder / f"store-{tool.name}", tool, call, observation)
    told = [f"{tool.name}: {verdict.outcome} ({verdict.rule})"]
    return [*told, f"its example: {problem}"] if problem else told


def _store(folder: Path, tool: Tool, call: ToolCall, observation: Observation) -> None:
    """The call and its result as prompts show them, and in a store and back."""
    verdict = classify(observation, Context())
    attempt = Attempt(id="a1", draft=1, turn=0, call=call, observation=observation, verdict=verdict, kept=True)
    report = Report(proposal="p1", instruction="Do it.", outcome=verdict.outcome, attempts=(attempt,))
    report_line(report, 1_000)
    step_line("c1", Step(id="s1", call=call, observation=observation), 1_000)
    trace = Trace(iterations=(Iteration(number=1, offered=(tool.name,), reports=(report,)),))
    session = Session(index=0, seed=1, status="failed", reason="no sample", sample=None, trace=trace)
    with RunStore.create_or_resume(folder, {}, [tool]) as store:
        store.save(session)
    with RunStore.open(folder) as store:
        assert store.session(0) == session
        assert store.tools() == [tool]


@cache
def _values() -> tuple[JsonValue, ...]:
    """The hostile values as far as Python can read them."""
    values: list[Any] = []
    for text in VALUES.values():
        try:
            values.append(json.loads(text()))
        except (ValueError, RecursionError):
            continue
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    return (*values, deep, 10**10_000)
