"""``toolgrad-dspy generate``: grow samples into a run folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from pydantic import JsonValue

from toolgrad_dspy.cli.options import (
    Chains,
    ConfigFile,
    Iterations,
    Json,
    MaxConcurrency,
    MaxTokens,
    MaxToolCalls,
    MaxUsd,
    MiniBatch,
    Proposals,
    Quiet,
    Repairs,
    Seed,
    ToolsFile,
)
from toolgrad_dspy.cli.output import REHEARSAL_NOTE, note, say, say_json
from toolgrad_dspy.errors import RunError
from toolgrad_dspy.records import Session

if TYPE_CHECKING:
    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.program import ProgramConfig
    from toolgrad_dspy.runs import LocalEngine, RunStatistics


def generate(
    n: Annotated[int, typer.Option("-n", "--sessions", help="Sessions to run, one sample each.", min=1)],
    program: Annotated[
        Path | None, typer.Option("--program", help="A compiled program.", metavar="FILE", show_default=False)
    ] = None,
    tools: ToolsFile = None,
    config: ConfigFile = None,
    seed: Seed = 0,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="The run folder; the same one resumes. Default: runs/TIME.", show_default=False
        ),
    ] = None,
    max_concurrency: MaxConcurrency = 64,
    iterations: Iterations = None,
    mini_batch: MiniBatch = None,
    proposals: Proposals = None,
    repairs: Repairs = None,
    chains: Chains = None,
    update: Annotated[
        Literal["each", "last"] | None,
        typer.Option("--update", help="Write query and response each iteration, or last (last)."),
    ] = None,
    max_usd: MaxUsd = None,
    max_tokens: MaxTokens = None,
    max_tool_calls: MaxToolCalls = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Grow samples, answer first, into a run folder. Running it again on the same folder resumes it."""
    from toolgrad_dspy.cli.configuration import load, program_config
    from toolgrad_dspy.lm import Budget, Caps, Models
    from toolgrad_dspy.runs import LocalEngine, execute

    file = load(config)
    loop = program_config(
        file,
        mini_batch=mini_batch,
        proposals=proposals,
        iterations=iterations,
        repairs=repairs,
        chains=chains,
        update=update,
    )
    models = Models.from_environment(file.models, file.source)
    models.budget = Budget(Caps(max_usd, max_tokens, max_tool_calls))
    folder = output or Path("runs") / datetime.now().strftime("%Y-%m-%d-%H%M%S")
    engine = LocalEngine(max_concurrency)
    if not quiet and models.all_rehearsal:
        note(REHEARSAL_NOTE)

    def interrupted() -> None:
        if not engine.stopped:
            note("stopping: sessions under way get a few seconds to end; press Ctrl-C again to stop at once")
        engine.stop()

    try:
        figures = execute(_run(n, seed, loop, models, program, tools, folder, engine, quiet), interrupted)
    except RunError as error:
        hint = f" (sessions that ended are in {folder}; the same command with -o {folder} goes on)"
        raise type(error)(f"{error}{hint if (folder / 'run.db').exists() else ''}") from None
    if engine.stopped and figures.sessions < n:
        note(
            f"stopped: {figures.sessions} of {n} sessions are in {folder}; the same command with -o {folder} resumes"
        )
        raise typer.Exit(130)
    _report(folder, figures, quiet, json)


async def _run(
    n: int,
    seed: int,
    config: "ProgramConfig",
    models: "Models",
    program_file: Path | None,
    tools: Path | None,
    folder: Path,
    engine: "LocalEngine",
    quiet: bool,
) -> "RunStatistics":
    from toolgrad_dspy.cli.sources import sources
    from toolgrad_dspy.lm import LOOP_ROLES
    from toolgrad_dspy.program import ToolGrad, load_program, run_session
    from toolgrad_dspy.runs import TOOLS, Ledger, RunStore, run_progress, statistics

    chosen = sources(tools)
    program = ToolGrad(chosen.library, models, config)
    digest: JsonValue = None
    if program_file is not None:
        load_program(program_file, program)
        digest = _digest(program_file)
    async with _closing(models), chosen.library as library:
        for line in () if quiet else library.notes:
            note(line)
        settings: dict[str, JsonValue] = {
            "seed": seed,
            "program": {**config.model_dump(mode="json"), "file": digest},
            "models": models.public(),
            "tools": chosen.public,
        }
        await models.check(LOOP_ROLES)
        with RunStore.create_or_resume(folder, settings, library.tools) as store:
            budget, ledger = models.budget, Ledger("generate", models.meter.models, lambda: models.budget.tool_calls)
            for entry in store.spent():
                calls = entry.calls if entry.role == TOOLS else 0
                budget.carry(entry.usd, entry.input_tokens + entry.output_tokens, calls)
            ledger.start()
            done = store.done()
            left = [index for index in range(n) if index not in done]
            with run_progress(n, n - len(left), quiet) as progress:

                def ended(session: Session) -> None:
                    store.save(session)
                    store.spend(ledger.entries())
                    progress.add(session)

                try:
                    await engine.run(lambda index: run_session(program, seed, index), left, ended)
                finally:
                    store.spend(ledger.entries())
            store.samples_jsonl(folder / "samples.jsonl")
            return statistics(store)


@asynccontextmanager
async def _closing(models: "Models") -> AsyncIterator[None]:
    """Close the connections to model servers on the loop that used them."""
    try:
        yield
    finally:
        await models.aclose()


def _digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def _report(folder: Path, figures: "RunStatistics", quiet: bool, json: bool) -> None:
    if json:
        say_json({"run": str(folder), **figures.model_dump(mode="json")})
    else:
        say(f"{figures.accepted} samples accepted, {figures.rejected} rejected, {figures.failed} failed: {folder}")
    if not figures.accepted:
        reasons = {**figures.failed_by_reason, **figures.rejected_by_reason}
        raise RunError(
            f"no sample passed; the reasons: {'; '.join(reasons)}; toolgrad-dspy show {folder} 0 shows one"
        )
    if not quiet and not json:
        note(f"samples: {folder / 'samples.jsonl'}")
        note(f"next: toolgrad-dspy show {folder} 0; toolgrad-dspy stats {folder}")
