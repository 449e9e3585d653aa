"""``toolgrad-dspy stats``: a run in figures."""

from toolgrad_dspy.cli.options import Json, RunFolder
from toolgrad_dspy.cli.output import say, say_json, table


def stats(run: RunFolder, json: Json = False) -> None:
    """Print a run's figures, in the terms of the ToolGrad paper."""
    from toolgrad_dspy.runs import RunStore, statistics

    with RunStore.open(run) as store:
        figures = statistics(store).model_dump(mode="json")
    if json:
        say_json(figures)
        return
    rows: list[tuple[str, object]] = []
    for name, value in figures.items():
        if isinstance(value, dict):
            rows += [(f"{_words(name)}: {_words(key)}", inner) for key, inner in value.items()]
        else:
            rows.append((_words(name), value))
    say(table(("figure", "value"), rows))


def _words(name: str) -> str:
    return name.replace("_", " ")
