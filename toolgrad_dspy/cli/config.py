"""``toolgrad-dspy config``: the settings as they result from all their sources."""

import typer
from pydantic import JsonValue, SecretStr

from toolgrad_dspy.cli.options import ConfigOption, Json, ModelOption
from toolgrad_dspy.cli.output import say, say_json, table
from toolgrad_dspy.secrets import MASK

app = typer.Typer(help="The settings.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Makes the command a group, so that ``show`` has to be typed."""


@app.command("show")
def show(config: ConfigOption = None, model: ModelOption = None, json: Json = False) -> None:
    """Print the settings of the models per role, of the loop, the metric and the gate, and where each comes from.

    Secrets are masked.
    """
    from toolgrad_dspy.lm.settings import check_variables
    from toolgrad_dspy.lm.sources import DEFAULT, resolve
    from toolgrad_dspy.runs import load_config_file, program_config

    check_variables()
    file = load_config_file(config)
    roles = resolve(file.models, file.source, model)
    program = program_config(file)
    if json:
        shown: dict[str, JsonValue] = {
            role: {
                name: {"value": _shown(name, getattr(resolved.settings, name)), "from": place}
                for name, place in resolved.came_from.items()
            }
            for role, resolved in roles.items()
        }
        metric = file.metric.model_dump(mode="json")
        judge = None if file.judge is None else file.judge.model_dump(mode="json")
        settings = {"program": program.model_dump(mode="json"), "metric": metric, "judge": judge}
        say_json({"models": shown, **settings, "unique": file.unique, "log_prompts": file.log_prompts})
        return
    rows = [
        (role, name, _shown(name, getattr(resolved.settings, name)), place)
        for role, resolved in roles.items()
        for name, place in resolved.came_from.items()
        if place != DEFAULT or name == "model"
    ]
    say(table(("role", "setting", "value", "from"), rows))
    say()
    came_from = dict.fromkeys(file.program, file.source)
    loop = [(name, value, came_from.get(name, DEFAULT)) for name, value in program.model_dump().items()]
    say(table(("loop", "value", "from"), loop))
    say()
    set_in_file = dict.fromkeys(file.metric.model_fields_set, file.source)
    weights = ", ".join(f"{name} {weight:g}" for name, weight in file.metric.weights.items())
    values = file.metric.model_dump() | {"weights": weights}
    metric_rows = [(name, value, set_in_file.get(name, DEFAULT)) for name, value in values.items()]
    say(table(("metric", "value", "from"), metric_rows))
    say()
    if file.judge is not None:
        values = file.judge.model_dump() | {"criteria": ", ".join(file.judge.criteria)}
        chosen = dict.fromkeys(file.judge.model_fields_set, file.source)
        say(table(("judge", "value", "from"), [(name, v, chosen.get(name, DEFAULT)) for name, v in values.items()]))
        say()
    run = {"unique": file.unique, "log_prompts": file.log_prompts or None}
    if run_rows := [(name, value, file.source) for name, value in run.items() if value is not None]:
        say(table(("run", "value", "from"), run_rows))
        say()
    say("all other settings of the models have their default values; --json shows them too")


def _shown(name: str, value: object) -> JsonValue:
    """The value of the setting ``name``, with a key masked, and what may be secret in an address."""
    if isinstance(value, SecretStr):
        return MASK
    if name == "api_base" and isinstance(value, str):
        from toolgrad_dspy.lm.credentials import public_base

        return public_base(value)
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
