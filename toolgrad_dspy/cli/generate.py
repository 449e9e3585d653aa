"""``toolgrad-dspy generate``: grow samples into a run folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from pydantic import JsonValue

from toolgrad_dspy.cli.options import (
    Chains,
    Compiled,
    ConfigFile,
    DryRun,
    EstimateFrom,
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
    RunOutput,
    Seed,
    Sessions,
    ToolsFile,
    Update,
)
from toolgrad_dspy.cli.output import REHEARSAL_NOTE, note, say, say_json, table
from toolgrad_dspy.errors import RunError, UsageError, one_line
from toolgrad_dspy.records import Session

if TYPE_CHECKING:
    from toolgrad_dspy.lm import Budget, Models
    from toolgrad_dspy.program import ProgramConfig, ToolGrad
    from toolgrad_dspy.runs import LocalEngine, RunStatistics, RunStore
    from toolgrad_dspy.runs.estimate import Estimate


def generate(
    n: Sessions,
    program: Compiled = None,
    tools: ToolsFile = None,
    config: ConfigFile = None,
    seed: Seed = 0,
    output: RunOutput = None,
    max_concurrency: MaxConcurrency = 64,
    iterations: Iterations = None,
    mini_batch: MiniBatch = None,
    proposals: Proposals = None,
    repairs: Repairs = None,
    chains: Chains = None,
    update: Update = None,
    max_usd: MaxUsd = None,
    max_tokens: MaxTokens = None,
    max_tool_calls: MaxToolCalls = None,
    dry_run: DryRun = False,
    recorded: EstimateFrom = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Grow samples, answer first, into a run folder. Running it again on the same folder resumes it."""
    from toolgrad_dspy.lm import Budget, Caps, Models
    from toolgrad_dspy.runs import LocalEngine, execute
    from toolgrad_dspy.runs.config_file import load, program_config
    from toolgrad_dspy.runs.estimate import recorded as recorded_estimate

    if recorded is not None:
        if not dry_run:
            raise UsageError("--from RUN is what --dry-run estimates from; add --dry-run")
        _say_estimate(recorded_estimate(recorded, n), json)
        return
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

    job = _Job(n, seed, loop, models, program, tools, folder, engine, quiet)
    try:
        if dry_run:
            _say_estimate(execute(job.dry_run(), interrupted), json)
            return
        figures = execute(job.run(), interrupted)
    except RunError as error:
        hint = f" (sessions that ended are in {folder}; the same command with -o {folder} goes on)"
        raise type(error)(f"{error}{hint if (folder / 'run.db').exists() else ''}", code=error.code) from None
    if engine.stopped and figures.sessions < n:
        note(
            f"stopped: {figures.sessions} of {n} sessions are in {folder}; the same command with -o {folder} resumes"
        )
        raise typer.Exit(130)
    _report(folder, figures, quiet, json)


@dataclass(frozen=True, slots=True)
class _Job:
    """What the options come to."""

    n: int
    seed: int
    loop: "ProgramConfig"
    models: "Models"
    program_file: Path | None
    tools: Path | None
    folder: Path
    engine: "LocalEngine"
    quiet: bool

    async def run(self) -> "RunStatistics":
        """Run the sessions that the folder does not have yet."""
        from toolgrad_dspy.program import run_session
        from toolgrad_dspy.runs import RunStore, SpendingLog, run_progress, statistics

        budget = self.models.budget
        async with self._ready() as (program, settings):
            tools = program.library.tools
            with RunStore.create_or_resume(self.folder, settings, tools) as store:
                _carry(store, budget)
                ledger = SpendingLog("generate", self.models.meter.models, lambda: budget.tool_calls)
                done = store.done()
                left = [index for index in range(self.n) if index not in done]
                with run_progress(self.n, self.n - len(left), self.quiet) as progress:

                    def ended(session: Session) -> None:
                        store.save(session)
                        store.spend(ledger.entries())
                        progress.add(session)

                    try:
                        await self.engine.run(lambda index: run_session(program, self.seed, index), left, ended)
                    finally:
                        store.spend(ledger.entries())
                store.samples_jsonl(self.folder / "samples.jsonl")
                return statistics(store)

    async def dry_run(self) -> "Estimate":
        """Run a few sessions and store nothing."""
        from toolgrad_dspy.program import run_session
        from toolgrad_dspy.runs import run_progress
        from toolgrad_dspy.runs.estimate import SESSIONS, estimate

        count = min(self.n, SESSIONS)
        ended: list[Session] = []
        async with self._ready() as (program, _):
            with run_progress(count, 0, self.quiet) as progress:

                def done(session: Session) -> None:
                    ended.append(session)
                    progress.add(session)

                await self.engine.run(lambda index: run_session(program, self.seed, index), range(count), done)
        if not ended:
            raise RunError("stopped before a session ended, so there is nothing to estimate from")
        return estimate(ended, self.n)

    @asynccontextmanager
    async def _ready(self) -> AsyncIterator[tuple["ToolGrad", dict[str, JsonValue]]]:
        """The program on its open library, models checked, and the configuration that a run stores."""
        from toolgrad_dspy.lm import LOOP_ROLES
        from toolgrad_dspy.program import ToolGrad, load_program
        from toolgrad_dspy.runs.tool_sources import sources

        chosen = sources(self.tools)
        program = ToolGrad(chosen.library, self.models, self.loop)
        digest: JsonValue = None
        if self.program_file is not None:
            load_program(self.program_file, program)
            digest = _digest(self.program_file)
        async with chosen.library as library:
            for line in () if self.quiet else library.notes:
                note(str(line))
            settings: dict[str, JsonValue] = {
                "seed": self.seed,
                "program": {**self.loop.model_dump(mode="json"), "file": digest},
                "models": self.models.public(),
                "tools": chosen.public,
            }
            try:
                await self.models.check(LOOP_ROLES)
                yield program, settings
            finally:
                await self.models.aclose()


def _carry(store: "RunStore", budget: "Budget") -> None:
    """Charge the budget with what earlier starts of the run have used."""
    from toolgrad_dspy.runs import TOOLS

    for entry in store.spent():
        calls = entry.calls if entry.role == TOOLS else 0
        budget.carry(entry.usd, entry.input_tokens + entry.output_tokens, calls)


def _digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def _say_estimate(guess: "Estimate", json: bool) -> None:
    if json:
        say_json(guess.data())
    else:
        say("\n".join(_estimate_lines(guess)))


def _estimate_lines(guess: "Estimate") -> list[str]:
    rows = []
    for name, (each, spread) in guess.figures.items():
        total, deviation = guess.total(name)
        rows.append((name, f"{each:.4g}", f"{spread:.2g}", f"{total:.4g}", f"{deviation:.2g}"))
    lines = [table(("figure", "per session", "+-", f"{guess.n} sessions", "+-"), rows), ""]
    place = f" of {guess.source}" if guess.source else ""
    lines.append(f"from {guess.sessions} sessions{place}, {guess.accepted} of them accepted; nothing is stored")
    if guess.unpriced:
        lines.append(f"{guess.unpriced} calls have no known price and are not in the dollars; see TOOLGRAD_PRICES")
    return lines


def _example(folder: Path) -> tuple[int, str]:
    """The index of the first session without a sample, and why it has none."""
    from toolgrad_dspy.runs import RunStore

    with RunStore.open(folder) as store:
        first = next(session for session in store.sessions(traces=False) if session.status != "accepted")
    return first.index, one_line(first.reason, 240)


def _report(folder: Path, figures: "RunStatistics", quiet: bool, json: bool) -> None:
    if json:
        say_json({"run": str(folder), **figures.model_dump(mode="json")})
    else:
        say(f"{figures.accepted} samples accepted, {figures.rejected} rejected, {figures.failed} failed: {folder}")
    if not figures.accepted:
        index, reason = _example(folder)
        raise RunError(f"no sample passed; session {index}: {reason}; toolgrad-dspy show {folder} {index} shows it")
    if not quiet and not json:
        note(f"samples: {folder / 'samples.jsonl'}")
        note(f"next: toolgrad-dspy show {folder} 0; toolgrad-dspy stats {folder}")
