"""The loop with a real language model, in numbers: what it accepts, what it costs, and what goes wrong.

    python benchmarks/real_model.py [--sessions 12] [--settings town files functions] [--bases shipped plain]
                                    [--program FILE] [--adapter chat|json] [--save FOLDER]

The model is the one that TOOLGRAD_MODEL names; `rehearsal`, which is scripted, is refused. The settings are the
bundled town, the published filesystem server over a small folder (needs npx), and a file of functions. The same seeds
are used for every base. With --save each session is kept as it ends, and the same command goes on from there.
"""

import argparse
import asyncio
import json
import os
import runpy
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from toolgrad_dspy.errors import ToolGradError
from toolgrad_dspy.lm import LOOP_ROLES, Models
from toolgrad_dspy.lm.calls.prices import Prices
from toolgrad_dspy.program import BaseName, ProgramConfig, ToolGrad, load_program, run_session
from toolgrad_dspy.records import Attempt, RoleUsage, Session
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tools.functions import FunctionSource
from toolgrad_dspy.tools.mcp import load_mcp_config
from toolgrad_dspy.world import WorldSource

SHOP = Path(__file__).with_name("real_tools.py")
SETTINGS = ("town", "files", "functions")
# List prices from litellm's catalogue, for what the same tokens would cost elsewhere.
PRICED = (
    "openai/gpt-4.1-mini",
    "openai/gpt-4.1",
    "gemini/gemini-2.5-flash-lite",
    "anthropic/claude-sonnet-4-5",
    "deepseek/deepseek-chat",
)
NOTES = {
    "shopping.txt": "flour 1 kg\nbutter 250 g\nsix eggs\n",
    "todo.md": "# To do\n- call the plumber\n- return the library books by Friday\n",
    "recipes/bread.md": "# Bread\n500 g flour, 350 g water, 10 g salt. Wait 12 hours. Bake 40 minutes.\n",
    "recipes/soup.md": "# Leek soup\nThree leeks, two potatoes, one litre of stock.\n",
    "letters/landlord.txt": "Dear Ms Winter,\nthe heating in the kitchen has been cold since Monday.\n",
}


def library(setting: str, folder: Path) -> Library:
    """The tools of a setting; ``folder`` is for files that a server works on."""
    if setting == "town":
        return Library([WorldSource()])
    if setting == "functions":
        return Library([FunctionSource("shop", runpy.run_path(str(SHOP))["FUNCTIONS"], writes=())])
    for name, text in NOTES.items():
        path = folder / "notes" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    npx = shutil.which("npx")
    if npx is None:
        raise SystemExit("the setting files needs npx; leave it out with --settings town functions")
    server = {
        "command": npx,
        "args": ["-y", "@modelcontextprotocol/server-filesystem", "${WORKSPACE}"],
        "workspace": "notes",
    }
    (folder / "servers.json").write_text(json.dumps({"mcpServers": {"files": server}}), encoding="utf-8")
    return Library(load_mcp_config(folder / "servers.json").sources())


def sent_calls(session: Session, writing: frozenset[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each call that was sent, with the writes before it: those accepted by then, and its own proposal's."""
    accepted: tuple[str, ...] = ()
    for iteration in session.trace.iterations:
        chosen = iteration.selection.report if iteration.added and iteration.selection else None
        for report in iteration.reports:
            writes = accepted
            for attempt in report.attempts:
                call = attempt.call.model_dump_json()
                if attempt.observation is not None and attempt.seconds > 0:  # else it has an equal call's result
                    yield call, writes
                if attempt.observation is not None and attempt.call.tool in writing:
                    writes += (call,)
        for report in iteration.reports:
            if report.proposal == chosen:
                kept = [attempt.call for attempt in report.kept if attempt.call.tool in writing]
                accepted += tuple(call.model_dump_json() for call in kept)


@dataclass
class Row:
    """The figures of one setting with one base, over its sessions."""

    setting: str
    base: BaseName
    sessions: list[Session] = field(default_factory=list)
    writing: frozenset[str] = frozenset()  # the tools that write

    def attempts(self) -> Iterator[Attempt]:
        for session in self.sessions:
            for iteration in session.trace.iterations:
                for report in iteration.reports:
                    yield from report.attempts

    def usage(self) -> RoleUsage:
        total = RoleUsage()
        for session in self.sessions:
            for role in session.usage.roles.values():
                total = total.plus(role)
        return total

    @property
    def steps(self) -> int:
        """Accepted steps: those that a selection added to a workflow."""
        return sum(len(iteration.added) for s in self.sessions for iteration in s.trace.iterations)

    def sent_twice(self) -> tuple[int, int]:
        """Calls that were sent although the same call had been sent in the session before, and how many of these
        were sent in the same state.
        """
        again = same_state = 0
        for session in self.sessions:
            sent = list(sent_calls(session, self.writing))
            again += len(sent) - len({call for call, _ in sent})
            same_state += len(sent) - len(set(sent))
        return again, same_state

    def print(self) -> None:
        sessions, used = self.sessions, self.usage()
        count = Counter(session.status for session in sessions)
        accepted = [session for session in sessions if session.status == "accepted"]
        samples = [session.sample for session in accepted if session.sample]
        per_sample = [sample.workflow.steps for sample in samples]
        drafts = [attempt for attempt in self.attempts() if attempt.turn == 0]
        iterations = [iteration for session in sessions for iteration in session.trace.iterations]
        faults = Counter((fault.asking, fault.kind) for s in sessions for fault in s.trace.faults)
        dropped = Counter(
            failure.partition(":")[2].strip()[:60]
            for i in iterations
            for failure in i.failures
            if "dropped" in failure
        )
        mended = sum(
            report.outcome == "ok" and any(a.kept and a.turn for a in report.attempts)
            for i in iterations
            for report in i.reports
        )
        print(f"\n{self.setting}, {self.base} instructions: {len(sessions)} sessions")
        show("accepted / rejected / failed", " / ".join(str(count[s]) for s in ("accepted", "rejected", "failed")))
        for session in sessions:
            if session.status != "accepted":
                show(f"  {session.status} {session.index}", session.reason[:120])
        show(
            "sessions with a step",
            share(sum(any(i.added for i in s.trace.iterations) for s in sessions), len(sessions)),
        )
        show("steps per sample", mean(sum(map(len, per_sample)), len(samples)))
        dependent = sum(bool(step.depends_on) for steps in per_sample for step in steps)
        show("dependent steps per sample", mean(dependent, len(samples)))
        show("accepted steps per session", mean(self.steps, len(sessions)))
        show("LM calls per accepted step", mean(used.calls, self.steps))
        show("accepted steps per 100 LM calls", mean(100 * self.steps, used.calls))
        for asking, word in ((1, "first"), (2, "second")):
            kinds = {kind: number for (at, kind), number in faults.items() if at == asking}
            show(f"faults at the {word} asking", f"{sum(kinds.values())} of {used.calls} answers {kinds or ''}")
        failed = Counter(a.verdict.rule for a in drafts if a.verdict.outcome == "failed")
        # What a reference leads to, no schema can say: that is counted by itself.
        valid = sum(a.verdict.rule not in ("arguments", "unknown_tool") for a in drafts)
        show("drafts valid against the schema", share(valid, len(drafts)))
        show("drafts that refer to what is not there", share(failed["reference"], len(drafts)))
        show("drafts that ran well", share(sum(a.verdict.outcome == "ok" for a in drafts), len(drafts)))
        show("drafts that failed, by rule", dict(failed) or "none")
        show("proposals mended", mended)
        show("proposals dropped alone", dict(dropped) or "none")
        again, same_state = self.sent_twice()
        show(
            "identical calls sent twice", f"{same_state}, and {again - same_state} after a write that changes results"
        )
        unsent = ("repeated", "found_nothing")
        show("repeats that were not sent", sum(a.verdict.rule in unsent for a in self.attempts()))
        show(
            "tokens per LM call",
            f"{mean(used.input_tokens, used.calls)} in, {mean(used.output_tokens, used.calls)} out",
        )
        for role in LOOP_ROLES:
            part = RoleUsage()
            for session in sessions:
                part = part.plus(session.usage.roles.get(role, RoleUsage()))
            show(f"  {role}", f"{part.calls} calls, {mean(part.input_tokens, part.calls)} in per call")
        show("input tokens per accepted step", mean(used.input_tokens, self.steps))
        show(
            "input tokens per sample", f"{mean(used.input_tokens, len(samples))} ({used.cached_tokens} cached in all)"
        )
        show("output tokens per sample", mean(used.output_tokens, len(samples)))
        show("seconds per session", mean(sum(s.seconds for s in sessions), len(sessions)))
        for model in PRICED:
            price = Prices().of(model)
            usd = price.of(used.input_tokens, used.output_tokens) if price else None
            show(f"  US dollars per sample, {model}", "unknown" if usd is None else mean(usd, len(samples), 5))


def show(name: str, value: object) -> None:
    print(f"  {name:<46} {value}", flush=True)


def share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "0 of 0"


def mean(total: float, count: int, digits: int = 2) -> str:
    return f"{total / count:,.{digits}f}" if count else "-"


def kept(path: Path | None) -> list[Session]:
    """The sessions of an earlier start."""
    if path is None or not path.exists():
        return []
    return [Session.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines()]


async def play(row: Row, options: argparse.Namespace) -> None:
    """Play the sessions of ``row`` that are not there yet."""
    models = Models.from_environment()
    config = ProgramConfig(
        mini_batch=options.mini_batch,
        iterations=options.iterations,
        proposals=options.proposals,
        base=row.base,
        max_calls=options.max_calls,
    )
    path = options.save / f"{row.setting}-{row.base}.jsonl" if options.save else None
    row.sessions += kept(path)[: options.sessions]
    done = {session.index for session in row.sessions}
    gate = asyncio.Semaphore(options.max_concurrency)
    with tempfile.TemporaryDirectory() as name:
        async with library(row.setting, Path(name)) as tools:
            row.writing = frozenset(tool.name for tool in tools.tools if tool.writes)
            program = ToolGrad(tools, models, config)
            if options.program:
                load_program(options.program, program)

            async def one(index: int) -> None:
                async with gate:
                    session = await run_session(program, options.seed, index)
                row.sessions.append(session)
                if path is not None:
                    with path.open("a", encoding="utf-8") as file:
                        file.write(session.model_dump_json() + "\n")
                print(
                    f"  {row.setting} {row.base} {index}: {session.status}, {session.usage.lm_calls} LM calls, "
                    f"{session.seconds:.0f} s",
                    file=sys.stderr,
                    flush=True,
                )

            try:
                await models.check(LOOP_ROLES)
                await asyncio.gather(*(one(index) for index in range(options.sessions) if index not in done))
            finally:
                await models.aclose()
    row.sessions.sort(key=lambda session: session.index)


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    parser.add_argument("--bases", nargs="+", choices=("shipped", "plain"), default=["shipped"])
    parser.add_argument("--program", type=Path, help="a compiled program")
    parser.add_argument("--adapter", choices=("chat", "json"), help="as TOOLGRAD_ADAPTER")
    parser.add_argument("--iterations", type=int, default=4)
    parser.add_argument("--proposals", type=int, default=2)
    parser.add_argument("--mini-batch", type=int, default=8)
    parser.add_argument("--max-calls", type=int, help="LM calls per session")
    parser.add_argument("--max-concurrency", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path, help="keep the sessions in this folder")
    return parser.parse_args(arguments)


def main() -> None:
    options = parsed()
    if options.adapter:
        os.environ["TOOLGRAD_ADAPTER"] = options.adapter
    models = Models.from_environment()
    if any(models.settings[role].is_rehearsal for role in LOOP_ROLES):
        raise SystemExit("set TOOLGRAD_MODEL to a language model: rehearsal is scripted, and measures nothing here")
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
    proposer = models.settings["proposer"]
    print(f"model {proposer.model}, adapter {models.adapter_name('proposer')}, seed {options.seed}")
    print(f"mini-batch {options.mini_batch}, {options.iterations} iterations, {options.proposals} proposals")
    for setting in options.settings:
        for base in options.bases:
            row = Row(setting, base)
            try:
                asyncio.run(play(row, options))
            except ToolGradError as error:
                print(f"\n{setting}, {base}: ended by {error.line}", flush=True)
            if row.sessions:
                row.print()


if __name__ == "__main__":
    main()
