"""Every optimizer in numbers: the score before and after tuning, what it took, live and on recorded sessions.

    python benchmarks/optimizers.py [--optimizers gepa mipro] [--seeds 0 1 2] [--sessions 100]

Everything runs on the embedded defaults, with the settings of `toolgrad-dspy compile`. The model is `rehearsal`,
which is scripted and answers in no time: these figures are those of the machinery. They say nothing about which
optimizer is the better one for a language model, nor how much one gains.

Gains are told against the plain base, whose instructions give no advice. The shipped ones ask for all that rehearsal
can do; whatever gain is left against them is in a table of its own.
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from toolgrad_dspy.compiling import ITERATIONS, Compiled, compile_program
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.lm import ROLES, Models, ModelSettings
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import OPTIMIZERS, optimizer
from toolgrad_dspy.program import BaseName, ProgramConfig, Tasks, ToolGrad, draw, save_program
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import Evaluator, RecordedEvaluator, Recording, TuningBudget, record
from toolgrad_dspy.world import WorldSource

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.checks import Checks

# What is asked of these two: a gain of a quarter of the plain base's score, on every seed.
GAINING = ("gepa", "mipro")
GAIN = 0.25


@dataclass(frozen=True)
class Row:
    """One compilation. ``lm_calls``, ``tool_calls`` and ``seconds`` are those of the tuning alone."""

    optimizer: str
    seed: int
    base: BaseName
    mode: str
    before: float
    after: float
    low: float
    high: float
    sessions: int
    lm_calls: int
    tool_calls: int
    seconds: float
    program: str

    @property
    def relative(self) -> float:
        """The gain as a share of the base's score."""
        return self.after / self.before - 1

    def line(self) -> str:
        interval = f"[{self.low:+.3f}, {self.high:+.3f}]"
        return (
            f"{self.optimizer:<17}{self.seed:>4}  {self.mode:<9}{self.before:>7.3f}{self.after:>7.3f}  {interval:<17}"
            f"{self.relative:>+7.1%}{self.sessions:>9}{self.lm_calls:>10}{self.tool_calls:>12}{self.seconds:>9.1f}"
        )


HEADER = (
    f"{'optimizer':<17}{'seed':>4}  {'mode':<9}{'before':>7}{'after':>7}  {'interval (95 %)':<17}{'gain':>7}"
    f"{'sessions':>9}{'LM calls':>10}{'tool calls':>12}{'seconds':>9}"
)


def rehearsal() -> Models:
    """The embedded model for every role, whatever the environment says."""
    return Models({role: ModelSettings() for role in ROLES})


class Bench:
    """The town, the tasks of each seed, and what is measured on them."""

    def __init__(self, library: Library, sessions: int, threads: int) -> None:
        self._library = library
        self._budget = TuningBudget(sessions, threads)

    def tasks(self, seed: int) -> Tasks:
        return draw(seed, 8, 8, 16)

    def recording(self, seed: int) -> Recording:
        """The sessions of the plain program on the training and validation tasks of ``seed``."""
        tasks = self.tasks(seed)
        program = ToolGrad(self._library, rehearsal(), ProgramConfig(iterations=ITERATIONS, base="plain"))
        return record(program, tasks.train + tasks.validation)

    def row(self, name: str, seed: int, recording: Recording | None = None, base: BaseName = "plain") -> Row:
        """Compile once from ``base``, live or on ``recording``."""
        models, metric = rehearsal(), Metric()
        program = ToolGrad(self._library, models, ProgramConfig(iterations=ITERATIONS, base=base))
        evaluator: Evaluator | None = RecordedEvaluator(recording, metric) if recording else None
        compiled = compile_program(
            program,
            self.tasks(seed),
            metric,
            models,
            optimizer(name),
            budget=self._budget,
            seed=seed,
            evaluator=evaluator,
        )
        return _row(name, seed, base, "recorded" if recording else "live", compiled)


def _row(name: str, seed: int, base: BaseName, mode: str, compiled: Compiled) -> Row:
    cost, difference = compiled.costs["tuning"], compiled.difference
    before, after = compiled.before, compiled.after
    if difference is None or before is None or after is None:
        raise RuntimeError("nothing limits this compile, and yet it was not compared")
    with TemporaryDirectory() as folder:
        path = Path(folder, "program.json")
        save_program(path, compiled.tuning.program, {"scores": [before.score, after.score]})
        text = path.read_text(encoding="utf-8")
    return Row(
        optimizer=name,
        seed=seed,
        base=base,
        mode=mode,
        before=before.score,
        after=after.score,
        low=difference.low,
        high=difference.high,
        sessions=compiled.tuning.usage.metric_calls,
        lm_calls=cost.lm_calls,
        tool_calls=cost.tool_calls,
        seconds=cost.seconds,
        program=text,
    )


def check_live(check: Checks, rows: list[Row]) -> None:
    for row in rows:
        if row.optimizer in GAINING:
            what = f"{row.optimizer}, seed {row.seed}: relative gain, interval above zero"
            value = f"{row.relative:+.1%}, from {row.low:+.3f}"
            check.told(what, value, row.relative >= GAIN and row.low > 0, f">= {GAIN:.0%}, > 0")
    for name in dict.fromkeys(row.optimizer for row in rows):
        worst = min((row for row in rows if row.optimizer == name), key=lambda row: row.high)
        check.told(f"{name}: upper end of the worst seed's interval", f"{worst.high:+.3f}", worst.high >= 0, ">= 0")


def check_recorded(check: Checks, live: list[Row], recorded: list[Row]) -> None:
    for row in recorded:
        twin = next(other for other in live if (other.optimizer, other.seed) == (row.optimizer, row.seed))
        share = row.seconds / twin.seconds
        check.told(f"{row.optimizer}, recorded: tool calls", row.tool_calls, row.tool_calls == 0, "== 0")
        check.told(f"{row.optimizer}, recorded: share of the live wall time", f"{share:.2f}", share <= 0.5, "<= 0.5")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--optimizers", nargs="+", default=list(OPTIMIZERS), choices=list(OPTIMIZERS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--sessions", type=int, default=100, help="budget of each tuning in scored sessions")
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    library = Library([WorldSource()])
    run_on_loop_thread(library.open())
    bench, check = Bench(library, options.sessions, options.threads), Checks()

    def table(title: str) -> None:
        print(f"\n{title}\n{HEADER}", flush=True)

    table("live, from the plain base (rehearsal, scripted; test tasks that tuning never saw)")
    live: list[Row] = []
    for name in options.optimizers:
        for seed in options.seeds:
            live.append(bench.row(name, seed))
            print(live[-1].line(), flush=True)
    check_live(check, live)

    first = options.seeds[0]
    table("live, from the shipped base: what is left to find")
    left = []
    for name in options.optimizers:
        left.append(bench.row(name, first, base="shipped"))
        print(left[-1].line(), flush=True)
    for row in left:
        what = f"{row.optimizer}, shipped base: upper end of the interval"
        check.told(what, f"{row.high:+.3f}", row.high >= 0, ">= 0")

    table("on recorded sessions, from the plain base")
    recording, recorded = bench.recording(first), []
    for name in options.optimizers:
        recorded.append(bench.row(name, first, recording))
        print(recorded[-1].line(), flush=True)
    check_recorded(check, live, recorded)

    print("\nthe same seed twice")
    for name in options.optimizers:
        again = bench.row(name, first)
        same = again.program == next(row.program for row in live if (row.optimizer, row.seed) == (name, first))
        check.told(f"{name}: two runs of seed {first} give the same program file", same, same, "identical JSON")

    run_on_loop_thread(library.close())
    if options.json:
        rows = [{k: v for k, v in asdict(row).items() if k != "program"} for row in (*live, *left, *recorded)]
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    check.end()


if __name__ == "__main__":
    main()
