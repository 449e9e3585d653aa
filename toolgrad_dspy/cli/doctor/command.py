"""``toolgrad-dspy doctor``: whether what a run needs is there."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolgrad_dspy.cli.options import ConfigFile, Json, ToolsFile
from toolgrad_dspy.cli.output import note, say, say_json
from toolgrad_dspy.errors import ToolGradError

if TYPE_CHECKING:
    from toolgrad_dspy.cli.doctor.report import Tools
    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.lm.inventory import Subject

Ask = Annotated[
    bool,
    typer.Option(
        "--models", help="Ask each model for a word and what it can do, which is remembered. Costs a little."
    ),
]


def doctor(ask: Ask = False, tools: ToolsFile = None, config: ConfigFile = None, json: Json = False) -> None:
    """Print versions, the models with what is known of them, and the tools; exit with 1 if one does not work.

    Without --models no model is asked for anything.
    """
    from toolgrad_dspy.cli.doctor.report import Report
    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.lm.inventory import facts, subjects
    from toolgrad_dspy.runs import load_config_file

    file = load_config_file(config)
    models = Models.from_environment(file.models, file.source)
    found = subjects(models)
    # By its place: a model that does not answer has facts all the same.
    routed = {subject.place for subject in found if subject.problem is None}
    unwritten = None
    if ask:
        found, unwritten = asyncio.run(_examined(models, found))
    known = tuple((subject, facts(models, subject) if subject.place in routed else None) for subject in found)
    report = Report(known, _tools(tools), (unwritten,) if unwritten else ())
    if json:
        say_json(report.data())
    else:
        say("\n".join(report.lines()))
    if models.meter.calls:
        note(f"asking took {models.meter.calls} calls and {models.meter.tokens} tokens")
    if report.unknown and not ask:
        note("toolgrad-dspy doctor --models asks what is not known, and remembers it")
    for problem in report.problems:
        note(f"toolgrad-dspy: {problem}")
    if report.problems:
        raise typer.Exit(1)


async def _examined(models: "Models", found: "list[Subject]") -> "tuple[list[Subject], str | None]":
    from toolgrad_dspy.lm.inventory import examine

    try:
        return await examine(models, found)
    finally:
        await models.aclose()


def _tools(path: Path | None) -> "Tools":
    from toolgrad_dspy.cli.doctor.report import Tools
    from toolgrad_dspy.runs import tools_spec

    async def opened() -> Tools:
        spec = tools_spec(path)
        async with spec.library() as library:
            return Tools(spec.name, len(library.tools), library.notes)

    try:
        return asyncio.run(opened())
    except ToolGradError as error:
        return Tools(str(path or "the bundled town"), problem=str(error))
