"""What every run engine promises, as checks that run against any engine.

    case = Case(make=lambda: MyEngine())
    for promise in check_engine(case):
        print(promise.check, promise.problem)

With pytest, parametrise over :data:`CHECKS` and call ``check(case)``: a check raises AssertionError with a sentence
that says which promise is broken. Checks run on the bundled world and the rehearsal model unless the case says
otherwise; call them where no event loop runs.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from toolgrad_dspy.conformance import BrokenPromise, broken_promises, expect
from toolgrad_dspy.errors import RunError, StoreError
from toolgrad_dspy.lm import REHEARSAL, ROLES, Caps, ModelSettings
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs.engines.base import RunEngine, Spent
from toolgrad_dspy.runs.engines.local import LocalEngine
from toolgrad_dspy.runs.event_loop import execute
from toolgrad_dspy.runs.spec import ModelsSpec, RunSpec
from toolgrad_dspy.runs.spending import TOOLS, Spending

SESSIONS = 6


def small_spec() -> RunSpec:
    """A run of a second or less, whatever the environment says."""
    models = ModelsSpec({role: ModelSettings(model=REHEARSAL) for role in ROLES})
    return RunSpec(n=SESSIONS, models=models, program=ProgramConfig(iterations=2, mini_batch=12))


@dataclass(frozen=True, slots=True)
class Case:
    """An engine to check. ``make`` gives a new one every time; ``spec`` is a run that succeeds."""

    make: Callable[[], RunEngine]
    spec: RunSpec = field(default_factory=small_spec)


Check = Callable[[Case], None]


def check_engine(case: Case) -> list[BrokenPromise]:
    """Run all checks; an empty list means that the engine keeps the contract."""
    return broken_promises(CHECKS, case)


def plays_every_session_once(case: Case) -> None:
    sessions, _ = _played(case.make(), case.spec)
    expect(
        sorted(session.index for session in sessions) == list(range(case.spec.n)),
        "every index is played exactly once",
    )


def plays_nothing_when_nothing_is_left(case: Case) -> None:
    sessions, _ = _played(case.make(), case.spec, indices=[])
    expect(not sessions, "no index, no session")


def gives_the_samples_of_the_local_engine(case: Case) -> None:
    sessions, _ = _played(case.make(), case.spec)
    local, _ = _played(LocalEngine(1), case.spec)
    same = {s.index: s.sample for s in sessions} == {s.index: s.sample for s in local}
    expect(same, "the samples are those of the local engine, one session after the other")


def hands_over_in_the_calling_process(case: Case) -> None:
    processes: set[int] = set()
    _played(case.make(), case.spec, done=lambda session: processes.add(os.getpid()))
    expect(processes == {os.getpid()}, "sessions are handed over in the process that called run()")


def counts_what_was_used(case: Case) -> None:
    sessions, spent = _played(case.make(), case.spec)
    roles = {role for session in sessions for role in session.usage.roles}
    calls = sum(entry.calls for entry in spent if entry.role in roles)
    expect(calls == sum(session.usage.lm_calls for session in sessions), "spending() counts every call of a model")
    tools = sum(entry.calls for entry in spent if entry.role == TOOLS)
    used = sum(session.usage.all_tool_calls for session in sessions)
    expect(tools == used, "spending() counts every call of a tool, repeated ones too")


def tells_what_was_used_while_it_runs(case: Case) -> None:
    entries: list[Spending] = []
    sessions, rest = _played(case.make(), case.spec, spent=entries.extend)
    roles = {role for session in sessions for role in session.usage.roles}
    told, all_told = (sum(entry.calls for entry in kept if entry.role in roles) for kept in (entries, entries + rest))
    expect(
        all_told == sum(session.usage.lm_calls for session in sessions), "spent() gets every call of a model, once"
    )
    expect(told > 0, "spent() gets calls before run() returns")


def ends_with_an_error_of_the_store(case: Case) -> None:
    def full(session: Session) -> None:
        raise StoreError("the disk is full")

    try:
        _played(case.make(), case.spec, done=full)
    except StoreError:
        return
    raise AssertionError("an error from done ends the run, and is raised by run()")


def keeps_to_the_caps(case: Case) -> None:
    handed: list[Session] = []
    capped = replace(case.spec, caps=Caps(tool_calls=1))
    try:
        _played(case.make(), capped, done=handed.append)
    except RunError:
        expect(len(handed) < capped.n, "no session starts after the caps are reached")
        return
    raise AssertionError("a cap that is reached ends the run with a RunError")


def charges_what_was_carried(case: Case) -> None:
    capped = replace(case.spec, caps=Caps(tool_calls=5))
    before = [Spending(stage="generate", role=TOOLS, calls=5)]
    handed: list[Session] = []
    try:
        _played(case.make(), capped, done=handed.append, carried=before)
    except RunError:
        expect(not handed, "what earlier starts have used is charged before the first session")
        return
    raise AssertionError("what earlier starts have used counts against the caps")


def stops_when_it_is_told_to(case: Case) -> None:
    engine = case.make()
    handed: list[Session] = []

    def first(session: Session) -> None:
        handed.append(session)
        engine.stop()
        engine.stop()

    many = replace(case.spec, n=400)
    _played(engine, many, done=first)
    expect(engine.stopped, "a stopped engine says so")
    expect(0 < len(handed) < many.n, "after stop() no session starts, and run() returns")


def plays_nothing_when_it_was_stopped_before(case: Case) -> None:
    engine = case.make()
    handed: list[Session] = []

    async def play() -> None:
        async with engine.open(case.spec) as run:
            engine.stop()
            await run.run(range(case.spec.n), handed.append)

    execute(play())
    expect(engine.stopped and not handed, "a stop before run() is not forgotten: no session starts")


def plays_another_run_after_the_first(case: Case) -> None:
    engine = case.make()
    first, _ = _played(engine, case.spec, indices=[0])
    second, _ = _played(engine, case.spec, indices=[0])
    same = [session.sample for session in first] == [session.sample for session in second]
    expect(same, "an engine plays a second run like the first")
    expect(not engine.stopped, "after a run that was not stopped the engine says so")


CHECKS: tuple[Check, ...] = (
    plays_every_session_once,
    plays_nothing_when_nothing_is_left,
    gives_the_samples_of_the_local_engine,
    hands_over_in_the_calling_process,
    counts_what_was_used,
    tells_what_was_used_while_it_runs,
    ends_with_an_error_of_the_store,
    keeps_to_the_caps,
    charges_what_was_carried,
    stops_when_it_is_told_to,
    plays_nothing_when_it_was_stopped_before,
    plays_another_run_after_the_first,
)


def _played(
    engine: RunEngine,
    spec: RunSpec,
    *,
    indices: list[int] | None = None,
    done: Callable[[Session], None] = lambda session: None,
    carried: list[Spending] | None = None,
    spent: Spent | None = None,
) -> tuple[list[Session], list[Spending]]:
    """The sessions that were handed over, and what was used."""
    sessions: list[Session] = []

    def ended(session: Session) -> None:
        sessions.append(session)
        done(session)

    async def play() -> list[Spending]:
        async with engine.open(spec) as run:
            run.carry(carried or [])
            await run.run(range(spec.n) if indices is None else indices, ended, spent)
            return run.spending()

    return sessions, execute(play())
