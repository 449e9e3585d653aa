"""``toolgrad-dspy compile``: tune the program's prompts and save them."""

import itertools
from pathlib import Path

from toolgrad_dspy.cli.compile.options import (
    BudgetUsd,
    Force,
    LmCalls,
    MetricCalls,
    Minutes,
    OptimizerName,
    Parent,
    ProgramOutput,
    Record,
    Resume,
    Strategy,
    Test,
    Threads,
    Train,
    Validation,
)
from toolgrad_dspy.cli.options import (
    Chains,
    ConfigFile,
    Iterations,
    Json,
    MiniBatch,
    Proposals,
    Quiet,
    Repairs,
    Seed,
    ToolsFile,
)
from toolgrad_dspy.cli.output import say, say_json
from toolgrad_dspy.errors import UsageError


def compile_(
    tools: ToolsFile = None,
    config: ConfigFile = None,
    optimizer: OptimizerName = "gepa",
    strategy: Strategy = None,
    program: Parent = None,
    output: ProgramOutput = None,
    force: Force = False,
    record: Record = None,
    resume: Resume = False,
    seed: Seed = 0,
    train: Train = 12,
    validation: Validation = 12,
    test: Test = 24,
    metric_calls: MetricCalls = 240,
    lm_calls: LmCalls = None,
    budget_usd: BudgetUsd = None,
    minutes: Minutes = None,
    threads: Threads = 8,
    iterations: Iterations = None,
    mini_batch: MiniBatch = None,
    proposals: Proposals = None,
    repairs: Repairs = None,
    chains: Chains = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Tune the proposer and selector prompts, and score them before and after on tasks that tuning never saw."""
    from toolgrad_dspy.cli.compile.job import CompileJob
    from toolgrad_dspy.cli.compile.report import lines, summary
    from toolgrad_dspy.lm import Models
    from toolgrad_dspy.optimizers import optimizer as find_optimizer
    from toolgrad_dspy.program import draw
    from toolgrad_dspy.runs import load_config_file, program_config
    from toolgrad_dspy.tuning import TuningBudget

    found = find_optimizer(optimizer, strategy)
    path = _output(output, optimizer, force=force, resume=resume)
    file = load_config_file(config)
    job = CompileJob(
        tools=tools,
        parent=program,
        optimizer=found,
        models=Models.from_environment(file.models, file.source),
        loop=program_config(
            file, mini_batch=mini_batch, proposals=proposals, iterations=iterations, repairs=repairs, chains=chains
        ),
        metric=file.metric,
        tasks=draw(seed, train, validation, test),
        budget=TuningBudget(metric_calls, threads, lm_calls, budget_usd, minutes),
        seed=seed,
        record=record,
        resume=resume,
        quiet=quiet,
    )
    compiled = job.run(path)
    if json:
        say_json({"program": str(path), **summary(compiled)})
        return
    for line in lines(compiled):
        say(line)
    say(f"saved: {path}")
    say(f"next: python -m toolgrad_dspy.generate -n 20 --program {path}{f' --tools {tools}' if tools else ''}")


def _output(output: Path | None, optimizer: str, *, force: bool, resume: bool) -> Path:
    """Where the program goes, tried before anything is spent on it.

    Without ``output`` the next free place; to resume, the last one where a tuning was broken off. Raises UsageError
    for a file that is there and StoreError for one that cannot be written.
    """
    from toolgrad_dspy.cli.compile.job import journal_of
    from toolgrad_dspy.files import check_writable

    path = output or _numbered(optimizer, resume=resume)
    begun = journal_of(path).exists()
    if resume and not begun:
        raise UsageError(f"there is nothing to resume: {journal_of(path)} does not exist")
    if path.exists() and not (force or resume):
        raise UsageError(f"{path} exists; choose another file with -o, or overwrite it with --force")
    if begun and not (force or resume):
        raise UsageError(f"the tuning of {path} was broken off; go on with --resume, or start anew with --force")
    check_writable(path)
    return path


def _numbered(optimizer: str, *, resume: bool) -> Path:
    from toolgrad_dspy.cli.compile.job import journal_of

    places = (Path("programs") / f"{optimizer}-{number}.json" for number in itertools.count())
    free = next(path for path in places if not path.exists() and not journal_of(path).exists())
    if not resume:
        return free
    number = int(free.stem.rpartition("-")[2])
    before = [free.with_name(f"{optimizer}-{n}.json") for n in range(number)]
    return next((path for path in reversed(before) if journal_of(path).exists()), free)
