"""Search for settings: quality up, cost down, with Optuna.

    python benchmarks/sweep.py --trials 30 --workers 2 -o sweeps/first
    python benchmarks/sweep.py --space space.yaml --storage 'postgresql+psycopg://me:${PASSWORD}@host/optuna'
    python benchmarks/sweep.py --numbers

A trial is the program with settings drawn from the space, tuned if they name an optimizer, on the same sessions as
every other trial. The same command goes on where the last one ended, also on several machines at once. See
docs/sweeps.md.
"""

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

from pydantic import JsonValue
from sweeping import document, plots, report, space, storage, study, trials, workers

from toolgrad_dspy.cli.output import REHEARSAL_NOTE, say, say_json
from toolgrad_dspy.errors import RunError, ToolGradError
from toolgrad_dspy.files import check_writable, store_errors
from toolgrad_dspy.lm import Models
from toolgrad_dspy.runs import tools_spec

# The numbers of a sweep: seconds for so many trials with so many workers.
SECONDS, TRIALS, WORKERS = 180, 30, 2


def parser() -> argparse.ArgumentParser:
    """The options."""
    found = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = found.add_argument
    add("--space", type=Path, metavar="FILE", help="the search space (YAML); default: the loop's settings")
    add("--trials", type=_positive, default=TRIALS, help="trials in all, over all workers and starts (30)")
    add("--workers", type=_positive, default=1, help="processes that run trials (1)")
    add("--storage", metavar="FILE|URL", help="a journal file, or a database; default: journal.log in the folder")
    add("--study", type=_name, default="sweep", metavar="NAME", help="the study's name (sweep)")
    add("--single", action="store_true", help="quality alone; hopeless trials are ended early")
    add("--sessions", type=_positive, default=16, help="sessions that score a trial (16)")
    add("--metric-calls", type=_positive, default=32, help="sessions that an optimizer may score in a trial (32)")
    add("--train", type=_positive, default=6, help="training tasks of an optimizer (6)")
    add("--validation", type=_positive, default=6, help="validation tasks of an optimizer (6)")
    add("--threads", type=_positive, default=8, help="sessions that an optimizer runs at once (8)")
    add("--tools", type=Path, metavar="FILE", help="an MCP servers file; default: the bundled town")
    add("--seed", type=int, default=0, help="seed of everything random (0)")
    add("-o", "--output", type=Path, metavar="FOLDER", help="default: sweeps/NAME")
    add("--take-over", action="store_true", help="run again what other machines have left running")
    add(
        "--numbers",
        action="store_true",
        help="30 trials with 2 workers in a folder of their own: are the numbers met?",
    )
    add("--json", action="store_true", help="print the result as JSON")
    add("-q", "--quiet", action="store_true", help="no progress")
    return found


def _positive(given: str) -> int:
    number = int(given)
    if number < 1:
        raise argparse.ArgumentTypeError("has to be 1 or more")
    return number


def _name(given: str) -> str:
    if not re.fullmatch(r"[\w.-]{1,100}", given):
        raise argparse.ArgumentTypeError("letters, digits, dots, underscores and hyphens")
    return given


def make_job(options: argparse.Namespace) -> workers.Job:
    """What the options come to, checked before anything is written. Raises UsageError."""
    found = space.load(options.space)
    document.check(found)
    plan = study.Plan(
        space=found.data,
        single=options.single,
        unit="usd" if document.all_priced(found) else "tokens",
        sessions=options.sessions,
        tuning={name: getattr(options, name) for name in ("metric_calls", "train", "validation", "threads")},
        models=document.fixed_models(),
        tools=tools_spec(options.tools).public(),
        seed=options.seed,
    )
    folder = options.output or Path("sweeps") / options.study
    place = storage.place(options.storage or str(folder / "journal.log"))
    return workers.Job(
        place, options.study, plan, found, options.tools, folder / "programs", options.trials, options.quiet
    )


def run(options: argparse.Namespace) -> tuple[report.Outcome, dict[str, JsonValue]]:
    """The sweep: what came of it, and the same as data. Raises ToolGradError."""
    started = time.perf_counter()
    job = make_job(options)
    folder = job.programs.parent
    with storage.storage_errors(job.place):
        opened = storage.open_storage(job.place)
        is_there = study.is_there(opened, job.name, job.plan)
        report.check_free(folder, job.plan.digest, job.name)
        if not is_there:
            study.create(opened, job.name, job.plan, job.space.known)
    check_writable(folder / "best.yaml")
    if not options.quiet:
        if Models.from_environment().all_rehearsal and not any("model" in one for one in job.space.searched):
            workers.note(REHEARSAL_NOTE)
        workers.note(f"study {job.name!r} in {job.place.name}, results in {folder}")
    workers.supervise(job, options.workers, options.take_over)
    with storage.storage_errors(job.place):
        found = report.outcome(job.open(), job.plan, job.space)
        files = list(report.save_best(found, folder, job.programs, job.plan.digest))
        with store_errors(folder, "write plots there"):
            drawn, notes = plots.plots(found, folder)
        left = [f"trial {number} is still running on {host}" for number, host in trials.elsewhere(found.study)]
    for line in () if options.quiet else (*notes, *left):
        workers.note(line)
    names: list[JsonValue] = [str(path) for path in (*files, *drawn)]
    summary: dict[str, JsonValue] = {"study": job.name, "storage": job.place.name, **report.data(found)}
    return found, {**summary, "files": names, "wall_seconds": round(time.perf_counter() - started, 1)}


def show(found: report.Outcome, summary: dict[str, JsonValue], json: bool) -> None:
    """The result. Raises RunError when there is none."""
    if json:
        say_json(summary)
    else:
        for line in report.lines(found):
            say(line)
        for name in summary["files"] if isinstance(summary["files"], list) else ():
            say(f"written: {name}")
    if found.best is None:
        failures = [trial.user_attrs.get("failure") for trial in found.study.trials]
        why = next((failure for failure in failures if failure), "no trial had an accepted sample")
        raise RunError(f"there is no best trial: {why}")


def numbers(options: argparse.Namespace) -> bool:
    """Whether the numbers of a sweep are met: run in a folder of its own, and told."""
    with tempfile.TemporaryDirectory() as folder:
        options.output, options.trials, options.workers = Path(folder) / "sweep", TRIALS, WORKERS
        options.storage, options.single = None, False
        found, summary = run(options)
        for line in report.lines(found):
            say(line)
        done, wall = trials.finished(found.study), summary["wall_seconds"]
    assert isinstance(wall, float)
    front = {trial.number for trial in found.front}
    accepted = [trial for trial in done if trial.values is not None and trial.user_attrs["accepted"]]
    best = {trial.number for trial in accepted if not report.is_dominated(trial, accepted)}
    met = (
        check(f"wall seconds of {TRIALS} trials with {WORKERS} workers", wall, SECONDS),
        check("dominated trials on the front", len(front - best), 0),
        check("trials that belong on the front and are not there", len(best - front), 0),
        check("trials lost or made twice", abs(len(done) - TRIALS), 0),
    )
    return all(met)


def check(name: str, value: float, limit: float) -> bool:
    """Print whether ``value`` is at most ``limit``."""
    say(f"  {'met   ' if value <= limit else 'MISSED'} {name}: {value:.4g} (<= {limit:g})")
    return value <= limit


def main() -> None:
    """Exit codes as those of toolgrad-dspy: 0 done, 1 broke or missed, 2 wrong usage, 130 interrupted."""
    options = parser().parse_args()
    try:
        if options.numbers:
            sys.exit(0 if numbers(options) else 1)
        show(*run(options), options.json)
    except ToolGradError as error:
        sys.stderr.write(f"sweep: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("sweep: interrupted; the same command goes on\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
