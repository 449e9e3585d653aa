"""``toolgrad-dspy doctor``: whether everything that a run needs works."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from toolgrad_dspy.cli.options import ConfigOption, Json, ModelOption, ToolsFiles
from toolgrad_dspy.cli.output import note, say, say_json
from toolgrad_dspy.errors import ToolGradError

if TYPE_CHECKING:
    from toolgrad_dspy.cli.doctor.report import Tools
    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.lm.inventory import DistinctModel

Ask = Annotated[
    bool,
    typer.Option(
        "--models",
        help="Also send a few small requests to each model, to see whether it works and what it can do.",
    ),
]


def doctor(
    ask: Ask = False,
    tools: ToolsFiles = None,
    config: ConfigOption = None,
    model: ModelOption = None,
    json: Json = False,
) -> None:
    """Print versions, models and tools, and what is known about them; exit with 1 if something does not work.

    Without --models no request is sent to any model.
    """
    from toolgrad_dspy.cli.doctor.report import Report
    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.lm.inventory import distinct_models, known_facts
    from toolgrad_dspy.runs import load_config_file

    file = load_config_file(config)
    models = Models.from_environment(file.models, file.source, model)
    inventory = distinct_models(models)
    # Noted before the models are asked: one that does not answer has facts all the same.
    with_engine = {model.choice for model in inventory if model.has_engine}
    unwritten = None
    if ask:
        inventory, unwritten = asyncio.run(_probed(models, inventory))
    known = tuple((model, known_facts(models, model) if model.choice in with_engine else None) for model in inventory)
    report = Report(known, _tools(tools or (), models), (unwritten,) if unwritten else ())
    if json:
        say_json(report.data())
    else:
        say("\n".join(report.lines()))
    if models.meter.calls:
        note(f"the requests to the models took {models.meter.calls} calls and {models.meter.tokens} tokens")
    if report.unknown and not ask:
        note("toolgrad-dspy doctor --models asks the models what is not known, and remembers it")
    for problem in report.problems:
        note(f"toolgrad-dspy: {problem}")
    if report.problems:
        raise typer.Exit(1)


async def _probed(
    models: "Models", inventory: "list[DistinctModel]"
) -> "tuple[list[DistinctModel], ToolGradError | None]":
    from toolgrad_dspy.lm.inventory import probe_models

    try:
        return await probe_models(models, inventory)
    finally:
        await models.aclose()


def _tools(files: Sequence[str], models: "Models") -> "Tools":
    from toolgrad_dspy.cli.doctor.report import Tools
    from toolgrad_dspy.runs import tools_spec

    async def opened() -> Tools:
        spec = tools_spec(files)
        library = spec.library()
        library.hide(models.secrets)
        async with library:
            return Tools(spec.name, len(library.tools), tuple(map(str, library.notes)))

    try:
        return asyncio.run(opened())
    except ToolGradError as error:
        return Tools(", ".join(files) or "the bundled world", problem=error)
