"""``toolgrad-dspy config``: what the settings come to."""

import typer
from pydantic import JsonValue, SecretStr

from toolgrad_dspy.cli.options import ConfigFile, Json
from toolgrad_dspy.cli.output import say, say_json, table

app = typer.Typer(help="The settings.", no_args_is_help=True)

MASK = "***"


@app.callback()
def _group() -> None:
    """A group of its own, so that ``show`` has to be named."""


@app.command("show")
def show(config: ConfigFile = None, json: Json = False) -> None:
    """Print the models' settings per role, where each comes from, the loop's and the metric's; secrets are masked."""
    from toolgrad_dspy.lm.settings import check_variables
    from toolgrad_dspy.lm.sources import DEFAULT, resolve
    from toolgrad_dspy.runs import load_config_file, program_config

    check_variables()
    file = load_config_file(config)
    roles = resolve(file.models, file.source)
    program = program_config(file)
    if json:
        shown: dict[str, JsonValue] = {
            role: {
                name: {"value": _shown(getattr(found.settings, name)), "from": origin}
                for name, origin in found.origins.items()
            }
            for role, found in roles.items()
        }
        metric = file.metric.model_dump(mode="json")
        say_json({"models": shown, "program": program.model_dump(mode="json"), "metric": metric})
        return
    rows = [
        (role, name, _shown(getattr(found.settings, name)), origin)
        for role, found in roles.items()
        for name, origin in found.origins.items()
        if origin != DEFAULT or name == "model"
    ]
    say(table(("role", "setting", "value", "from"), rows))
    say()
    origin = dict.fromkeys(file.program, file.source)
    say(table(("loop", "value", "from"), [(n, v, origin.get(n, DEFAULT)) for n, v in program.model_dump().items()]))
    say()
    weights = ", ".join(f"{name} {weight:g}" for name, weight in file.metric.weights.items())
    say(f"metric: {weights}; votes {file.metric.votes}")
    say()
    say("all other settings of the models have their defaults; --json shows every one")


def _shown(value: object) -> JsonValue:
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, str) and "@" in value and "//" in value:
        scheme, _, rest = value.partition("//")
        return f"{scheme}//{MASK}@{rest.rpartition('@')[2]}"
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)
