"""``toolgrad-dspy generate``: grow samples into a run folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from toolgrad_dspy.cli.generate.unstored import check_preview, how_many, say_estimate, say_preview
from toolgrad_dspy.cli.log_options import with_log
from toolgrad_dspy.cli.options import (
    Base,
    Chains,
    ConfigOption,
    DryRun,
    EstimateFrom,
    Grace,
    Iterations,
    Json,
    JudgeBy,
    JudgeVotes,
    LogFile,
    LogLevelOption,
    LogPrompts,
    MaxCalls,
    MaxConcurrency,
    MaxFailures,
    MaxServers,
    MaxTokens,
    MaxToolCalls,
    MaxUsd,
    Mend,
    MiniBatch,
    ModelOption,
    Preview,
    ProgramOption,
    Proposals,
    Quiet,
    Repairs,
    RetryFailed,
    RunOutput,
    Seed,
    Sessions,
    ToolsFiles,
    Unique,
    Update,
    Wait,
)
from toolgrad_dspy.cli.output import note, say, say_json
from toolgrad_dspy.errors import RunError, UsageError, one_line

if TYPE_CHECKING:
    from toolgrad_dspy.records import SessionStatus
    from toolgrad_dspy.runs import RunProgress, RunStatistics


@with_log
def generate(
    n: Sessions = None,
    program: ProgramOption = None,
    tools: ToolsFiles = None,
    max_servers: MaxServers = None,
    config: ConfigOption = None,
    model: ModelOption = None,
    seed: Seed = 0,
    output: RunOutput = None,
    max_concurrency: MaxConcurrency = 64,
    iterations: Iterations = None,
    mini_batch: MiniBatch = None,
    proposals: Proposals = None,
    repairs: Repairs = None,
    mend: Mend = None,
    chains: Chains = None,
    base: Base = None,
    max_calls_per_session: MaxCalls = None,
    update: Update = None,
    judge: JudgeBy = None,
    judge_votes: JudgeVotes = None,
    unique: Unique = None,
    max_usd: MaxUsd = None,
    max_tokens: MaxTokens = None,
    max_tool_calls: MaxToolCalls = None,
    max_failures: MaxFailures = 20,
    wait: Wait = None,
    grace: Grace = 5.0,
    retry_failed: RetryFailed = False,
    log_prompts: LogPrompts = None,
    preview: Preview = False,
    dry_run: DryRun = False,
    earlier_run: EstimateFrom = None,
    quiet: Quiet = False,
    log_level: LogLevelOption = None,
    log_file: LogFile = None,
    json: Json = False,
) -> None:
    """Grow samples, answer first, into a run folder. The same command on the same folder resumes it."""
    from toolgrad_dspy.runs import (
        REHEARSAL_NOTE,
        LocalEngine,
        estimate_from_run,
        execute,
        generate_run,
        new_folder,
        run_progress,
        run_spec,
        tools_spec,
    )
    from toolgrad_dspy.runs import estimate as estimate_run
    from toolgrad_dspy.runs import preview as preview_run

    n = how_many(n, preview)
    if preview:
        check_preview(dry_run, output, retry_failed)

    if earlier_run is not None:
        if not dry_run:
            raise UsageError(
                "--from only works with --dry-run; add it, or leave --from out", code="from_without_dry_run"
            )
        say_estimate(estimate_from_run(earlier_run, n), json)
        return
    spec = run_spec(
        tools_spec(tools),
        n,
        model,
        {
            "config": config,
            "program": program,
            "seed": seed,
            "mini_batch": mini_batch,
            "proposals": proposals,
            "iterations": iterations,
            "repairs": repairs,
            "mend": mend,
            "chains": chains,
            "base": base,
            "max_calls": max_calls_per_session,
            "update": update,
            "judge": judge,
            "judge_votes": judge_votes,
            "unique": unique,
            "max_usd": max_usd,
            "max_tokens": max_tokens,
            "max_tool_calls": max_tool_calls,
            "max_failures": max_failures,
            "max_servers": max_servers,
            "wait": wait,
            "log_prompts": log_prompts,
        },
    )
    folder = output or new_folder()
    engine = LocalEngine(max_concurrency, grace)
    say_note = (lambda line: None) if quiet else note
    if spec.models.all_rehearsal:
        say_note(REHEARSAL_NOTE)

    def interrupted() -> bool:
        before = engine.stopped
        ends = engine.stop()
        if ends and not before:
            note(f"stopping: running sessions get {grace:g} s to end; press Ctrl-C again to stop at once")
        return ends

    def progress(total: int, before: int) -> "RunProgress":
        return run_progress(total, before, quiet)

    if preview:
        shown = execute(preview_run(spec, engine=engine, progress=progress, say=say_note), interrupted)
        say_preview(shown, n, json)
        return
    if dry_run:
        guess = execute(estimate_run(spec, engine=engine, progress=progress, say=say_note), interrupted)
        say_estimate(guess, json)
        return
    try:
        again: Sequence[SessionStatus] = ("failed",) if retry_failed else ()
        running = generate_run(spec, folder, engine=engine, progress=progress, say=say_note, again=again)
        figures = execute(running, interrupted)
    except RunError as error:
        hint = f" (finished sessions are in {folder}; the same command with -o {folder} resumes)"
        # Without a database nothing was stored: the tools or the models were refused before the first session.
        resumes = hint if (folder / "run.db").exists() else ""
        raise type(error)(f"{error}{resumes}", code=error.code) from None
    if engine.stopped and figures.sessions < n:
        note(f"stopped: {folder} holds {figures.sessions} of {n} sessions; the same command with -o {folder} resumes")
        raise typer.Exit(130)
    _report(folder, figures, quiet, json)


def _example(folder: Path) -> tuple[int, str]:
    """The index of the first session that was not accepted, and the reason."""
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
        raise RunError(
            f"no sample was accepted; session {index}: {reason}; see toolgrad-dspy show {folder} {index}",
            code="no_sample",
        )
    if not quiet and not json:
        note(f"samples: {folder / 'samples.jsonl'}")
        note(f"next: toolgrad-dspy show {folder} 0; toolgrad-dspy stats {folder}")
