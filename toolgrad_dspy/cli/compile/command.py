"""``toolgrad-dspy compile``: tune the program's prompts and save them."""

import shlex

from toolgrad_dspy.cli.compile.options import (
    BudgetUsd,
    Force,
    Iterations,
    LmCalls,
    MetricCalls,
    Minutes,
    OptimizerName,
    Parent,
    ProgramOutput,
    RecordOption,
    Resume,
    Strategy,
    Test,
    Threads,
    Train,
    Tune,
    Validation,
    dollars,
    roles,
)
from toolgrad_dspy.cli.log_options import with_log
from toolgrad_dspy.cli.options import (
    Base,
    Chains,
    ConfigOption,
    DryRun,
    Json,
    LogFile,
    LogLevelOption,
    MaxCalls,
    MaxServers,
    Mend,
    MiniBatch,
    ModelOption,
    Proposals,
    Quiet,
    Repairs,
    Seed,
    ToolsFiles,
    Wait,
)
from toolgrad_dspy.cli.output import note, say, say_json
from toolgrad_dspy.errors import RunError
from toolgrad_dspy.interrupts import STOPPED, Stopped


@with_log
def compile_(
    tools: ToolsFiles = None,
    max_servers: MaxServers = None,
    config: ConfigOption = None,
    model: ModelOption = None,
    optimizer: OptimizerName = "gepa",
    strategy: Strategy = None,
    tune: Tune = "proposer,selector",
    program: Parent = None,
    output: ProgramOutput = None,
    force: Force = False,
    record: RecordOption = None,
    resume: Resume = False,
    dry_run: DryRun = False,
    seed: Seed = 0,
    train: Train = 8,
    validation: Validation = 8,
    test: Test = 16,
    metric_calls: MetricCalls = 100,
    lm_calls: LmCalls = None,
    budget_usd: BudgetUsd = "5",
    minutes: Minutes = None,
    wait: Wait = None,
    threads: Threads = 32,
    iterations: Iterations = None,
    mini_batch: MiniBatch = None,
    proposals: Proposals = None,
    repairs: Repairs = None,
    mend: Mend = None,
    chains: Chains = None,
    base: Base = None,
    max_calls_per_session: MaxCalls = None,
    quiet: Quiet = False,
    log_level: LogLevelOption = None,
    log_file: LogFile = None,
    json: Json = False,
) -> None:
    """Tune the prompts, and compare the result with the base on tasks that tuning never saw."""
    from toolgrad_dspy.cli.compile.estimate import say_estimate
    from toolgrad_dspy.cli.compile.progress import CompileProgress
    from toolgrad_dspy.cli.compile.report import NOTHING_TO_FIND, lines, summary
    from toolgrad_dspy.compiling import (
        ITERATIONS,
        CompileSpec,
        TaskCounts,
        compile,
        estimate,
        journal_of,
        next_output,
    )
    from toolgrad_dspy.runs import REHEARSAL_NOTE, ModelsSpec, load_config_file, program_config, tools_spec
    from toolgrad_dspy.tuning import TuningBudget

    file = load_config_file(config)
    if iterations is None and "iterations" not in file.program:
        iterations = ITERATIONS
    spec = CompileSpec(
        tools=tools_spec(tools).limited(max_servers),
        parent=program,
        optimizer=optimizer,
        strategy=strategy,
        tuned=roles(tune),
        models=ModelsSpec.from_environment(file.models, file.source, model).waiting(wait),
        program=program_config(
            file,
            mini_batch=mini_batch,
            proposals=proposals,
            iterations=iterations,
            repairs=repairs,
            mend=mend,
            chains=chains,
            base=base,
            max_calls=max_calls_per_session,
        ),
        metric=file.metric,
        tasks=TaskCounts(train=train, validation=validation, test=test),
        budget=TuningBudget(metric_calls, threads, lm_calls, dollars(budget_usd), minutes),
        seed=seed,
        record=record,
    )
    headline = REHEARSAL_NOTE if spec.models.all_rehearsal else ""
    if dry_run:
        if headline and not quiet:
            note(headline)
        say_estimate(estimate(spec, say=(lambda line: None) if quiet else note), json)
        return
    path = output or next_output(optimizer, resume=resume)
    with CompileProgress(metric_calls, quiet, headline) as progress:
        try:
            compiled = compile(
                spec,
                path,
                resume=resume,
                force=force,
                stage=progress.stage,
                progress=progress.show,
                ended=progress.count,
                say=progress.say,
            )
        except (RunError, KeyboardInterrupt) as error:
            # Before the first stage there is no journal, or that of another compile.
            journal = journal_of(path)
            if not progress.begun or not journal.exists():
                raise
            progress.clear()
            kept = f"finished sessions are kept in {journal}; the same command with --resume -o {path} resumes it"
            if isinstance(error, KeyboardInterrupt):
                raise Stopped(f"{STOPPED}; {kept}") from None
            note(kept)
            raise
    if json:
        say_json({"program": str(path), **summary(compiled)})
        return
    finds_nothing = spec.models.all_rehearsal and spec.program.base == "shipped" and program is None
    for line in lines(compiled, NOTHING_TO_FIND if finds_nothing else ""):
        say(line)
    say(f"saved: {path}")
    options = ["--program", path, *(part for file in tools or () for part in ("--tools", file))]
    options += ["--config", config] if config else []
    options += ["--model", model] if model else []
    say(f"next: toolgrad-dspy generate -n 20 {shlex.join(map(str, options))}")
