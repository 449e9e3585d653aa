"""``toolgrad-dspy export``: the samples of runs, in formats that trainers load."""

from pathlib import Path
from typing import Annotated

import typer

from toolgrad_dspy.cli.options import Json
from toolgrad_dspy.cli.output import note, say, say_json, table


def export(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.", metavar="RUN", show_default=False)],
    folder: Annotated[
        Path, typer.Option("-o", "--output", help="A new or empty folder.", metavar="DIR", show_default=False)
    ],
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="A format; may be given again. (openai)", metavar="NAME")
    ] = None,
    json: Json = False,
) -> None:
    """Write the accepted samples of runs to files that trainers load, with a manifest."""
    from toolgrad_dspy.export import export, exporter
    from toolgrad_dspy.runs import sessions_damaged

    chosen = [exporter(name) for name in dict.fromkeys(formats or ["openai"])]
    manifest = export(runs, folder, chosen)
    if json:
        say_json(manifest.model_dump(mode="json"))
    else:
        say(table(("file", "rows", "SHA-256"), [(folder / f.name, f.rows, f.sha256) for f in manifest.files]))
    for run, damaged in manifest.damaged.items():
        raise sessions_damaged(Path(run), damaged)
    if manifest.left_out and not json:
        note(f"left out: {manifest.left_out} sessions that were not accepted")
