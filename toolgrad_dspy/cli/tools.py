"""``toolgrad-dspy tools``: what there is to call."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from toolgrad_dspy.cli.options import Json, ToolsFiles
from toolgrad_dspy.cli.output import note, say, say_json, table
from toolgrad_dspy.errors import UsageError, nearest, one_line
from toolgrad_dspy.records import Tool
from toolgrad_dspy.tools import SourceNote

app = typer.Typer(help="Show the tools that a run can use.", no_args_is_help=True)


@app.command("list")
def list_(tools: ToolsFiles = None, json: Json = False) -> None:
    """List the tools of the servers in a file, or of the bundled world."""
    offered, notes = _load(tools)
    if json:
        say_json(
            {
                "tools": [tool.model_dump(mode="json") for tool in offered],
                "notes": [
                    {"source": one.source, "code": one.code, "text": one.text, "tools": list(one.tools)}
                    for one in notes
                ],
            }
        )
        return

    def row(tool: Tool) -> tuple[str, str, str, int, str]:
        effect = "writes" if tool.writes else "reads"
        parameters = tool.parameters.get("properties")
        count = len(parameters) if isinstance(parameters, dict) else 0
        return tool.name, tool.category, effect, count, one_line(tool.description, 70)

    say(table(("tool", "category", "effect", "parameters", "description"), [row(tool) for tool in offered]))
    for source_note in notes:
        note(str(source_note))
    note(f"{len(offered)} tools")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="The tool's name.", metavar="TOOL")], tools: ToolsFiles = None
) -> None:
    """Show one tool in full, as JSON."""
    offered, notes = _load(tools)
    tool = next((tool for tool in offered if tool.name == name), None)
    left_out = next((one for one in notes if name in one.tools), None)
    if tool is None and left_out is not None:
        raise UsageError(f"there is no tool {name!r}: {left_out}", code="unknown_tool")
    if tool is None:
        near = nearest(name, [tool.name for tool in offered])
        advice = f"did you mean {near!r}?" if near else f"toolgrad-dspy tools list shows all {len(offered)}"
        raise UsageError(f"there is no tool {name!r}; {advice}", code="unknown_tool")
    say_json(tool.model_dump(mode="json"))


def _load(tools: Sequence[str] | None) -> tuple[tuple[Tool, ...], tuple[SourceNote, ...]]:
    """The tools, and what their sources have to tell."""
    from toolgrad_dspy.lm.settings import environment_secrets
    from toolgrad_dspy.runs import tools_spec

    library = tools_spec(tools).library()
    library.hide(environment_secrets())

    async def load() -> tuple[tuple[Tool, ...], tuple[SourceNote, ...]]:
        async with library:
            return library.tools, library.notes

    return asyncio.run(load())
