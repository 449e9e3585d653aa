#!/usr/bin/env python3
"""How many real tools have a call schema in each dialect of model servers, and what building one costs.

    python benchmarks/schemas.py

Read are the tools of MCP servers, of OpenAPI documents and of BFCL that lie in ``../shared/data``; without them only
the bundled town is counted. One line per source and dialect: tools that convert, and the others by the reason.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.real_schemas import DATA, api_schemas, tool_schemas  # noqa: E402
from toolgrad_dspy.json_schema import DIALECTS, JsonSchema, Plain, Refusal, TooLargeError, convert  # noqa: E402
from toolgrad_dspy.lm.schemas import answer_schema  # noqa: E402
from toolgrad_dspy.program.answer_schemas import proposals_schema  # noqa: E402
from toolgrad_dspy.program.schema_notes import refused  # noqa: E402
from toolgrad_dspy.records import Tool  # noqa: E402
from toolgrad_dspy.signatures import Propose  # noqa: E402
from toolgrad_dspy.tools import Library  # noqa: E402
from toolgrad_dspy.world import WorldSource  # noqa: E402


def town() -> list[Tool]:
    async def listed() -> tuple[Tool, ...]:
        async with Library([WorldSource()]) as library:
            return library.tools

    return list(asyncio.run(listed()))


def mcp() -> list[Tool]:
    return [_tool(real.schema) for real in tool_schemas() if "output" not in real.place.rpartition("/")[2]]


def bfcl() -> list[Tool]:
    """BFCL writes ``dict`` and ``float`` for ``object`` and ``number``."""
    return [
        _tool(_standard(function["parameters"]))
        for path in sorted((DATA / "bfcl").glob("BFCL_*.json"))
        for line in path.read_text(encoding="utf-8").splitlines()
        for function in json.loads(line).get("function", ())
    ]


def _standard(value: Any) -> Any:
    if isinstance(value, list):
        return [_standard(item) for item in value]
    if not isinstance(value, dict):
        return value
    words = {"dict": "object", "float": "number", "tuple": "array"}
    return {k: words.get(v, v) if k == "type" and isinstance(v, str) else _standard(v) for k, v in value.items()}


def _tool(parameters: dict[str, Any]) -> Tool:
    return Tool(name="tool", source_name="tool", description="", parameters=parameters, source="", category="")


def apis() -> Iterator[Counter[str]]:
    """Schemas of API documents, not of tools: converted alone, without references to results."""
    counts = {dialect: Counter[str]() for dialect in DIALECTS}
    for real in api_schemas():
        if not isinstance(real.schema, dict):
            continue
        plain = Plain()
        try:
            node = plain.of(real.schema, "t", root=real.root)
        except TooLargeError:
            node = {}
        root: JsonSchema = {
            "type": "object",
            "properties": {"value": node},
            "required": ["value"],
            "additionalProperties": False,
        }
        document: JsonSchema = {**root, "$defs": plain.definitions}
        for dialect, count in counts.items():
            count[_word(convert(document, dialect))] += 1
    yield from counts.values()


def _word(result: object) -> str:
    return result.reason if isinstance(result, Refusal) else "converts"


def show(name: str, dialect: str, count: Counter[str]) -> None:
    others = ", ".join(f"{reason} {number}" for reason, number in count.most_common() if reason != "converts")
    print(f"{name:5} {dialect:9} {count['converts']:5} of {count.total():5}  {others}")


def main() -> None:
    tools = {"town": town(), "mcp": mcp(), "bfcl": bfcl()}
    for name, listed in tools.items():
        for dialect in DIALECTS:
            show(name, dialect, Counter(_word(refused([tool], dialect)) for tool in listed))
    for dialect, count in zip(DIALECTS, apis(), strict=True):
        show("apis", dialect, count)
    print("\nthe town, a schema of proposals: bytes, ms to build, ms to convert for the first time, ms again")
    for number in (8, 20, 48):
        started = time.perf_counter()
        schema = proposals_schema(tools["town"][:number], 3, ("s1", "#1", "#2"))
        built = time.perf_counter()
        written = answer_schema(Propose, {"proposals": schema}, "grammar")
        converted = time.perf_counter()
        answer_schema(Propose, {"proposals": schema}, "grammar")
        again = time.perf_counter()
        times = (built - started, converted - built, again - converted)
        print(f"{number:4} tools {len(json.dumps(written)):6}", *(f"{1000 * seconds:7.2f}" for seconds in times))


if __name__ == "__main__":
    main()
