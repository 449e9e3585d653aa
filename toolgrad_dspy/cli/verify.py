"""``toolgrad-dspy verify``: the stored samples of a run, checked again."""

import typer

from toolgrad_dspy.cli.options import Json, RunFolder
from toolgrad_dspy.cli.output import note, say, say_json, table

# Faults that are printed; all of them are in the JSON.
SHOWN = 40


def verify(run: RunFolder, json: Json = False) -> None:
    """Check every accepted sample of a run again, with all rules and without a model.

    Exits with 1 if a sample has a fault.
    """
    from toolgrad_dspy.runs import RunStore
    from toolgrad_dspy.runs import verify as check

    with RunStore.open(run) as store:
        found = check(store)
    if json:
        say_json({**found.model_dump(mode="json"), "by_code": dict(found.by_code)})
    else:
        rows: list[tuple[str, object]] = [("samples", found.samples), ("sound", found.sound)]
        rows += [("decided by a model", found.by_model)]
        rows += [(f"fault: {code.replace('_', ' ')}", count) for code, count in found.by_code.items()]
        say(table(("figure", "value"), rows))
        for fault in found.faults[:SHOWN]:
            say(f"{fault.index}: {fault.text}")
        if len(found.faults) > SHOWN:
            note(f"{len(found.faults) - SHOWN} more; --json has all of them")
    if found.faults:
        raise typer.Exit(1)
