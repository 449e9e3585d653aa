"""A run without models or tools: sessions made from their index alone. Also the program that the tests kill.

python scripted_run.py FOLDER COUNT CONCURRENCY (quick|slow|endless|full|hold)
"""

import asyncio
import resource
import sys
from pathlib import Path

from toolgrad_dspy.errors import ToolGradError
from toolgrad_dspy.records import (
    Chain,
    Iteration,
    Observation,
    Origin,
    RoleUsage,
    Sample,
    Session,
    Step,
    Tool,
    ToolCall,
    Trace,
    Usage,
    Workflow,
)
from toolgrad_dspy.runs import RunStore, StoredConfiguration, execute
from toolgrad_dspy.runs.engines import SessionPool
from toolgrad_dspy.seeding import derive, generator

CONFIG: StoredConfiguration = {"seed": 7, "model": "rehearsal", "program": {"iterations": 8, "tools": ["a", "b"]}}
TOOLS = [
    Tool(name=name, source_name=name, description="Größe", parameters={"type": "object"}, source="s", category="c")
    for name in ("find", "book")
]


def make_session(index: int) -> Session:
    """A session that depends on its index only: one of seven is rejected, one of eleven failed."""
    seed = derive(CONFIG["seed"], index)
    random = generator(seed)
    usage = Usage(
        roles={
            "proposer": RoleUsage(calls=4, input_tokens=100, output_tokens=10),
            "executor": RoleUsage(calls=index % 3, input_tokens=20, output_tokens=5),
        },
        tool_calls=6,
        replayed_calls=2,
    )
    trace = Trace(iterations=(Iteration(number=1, offered=("find", "book"), failures=("nothing proposed",)),))
    if index % 11 == 10:
        return Session(index=index, seed=seed, status="failed", reason="no proposal", trace=trace, usage=usage)
    steps = [_step(number, random.random()) for number in range(1, 4)]
    chains = (Chain(id="c1", steps=tuple(steps[:2])), Chain(id="c2", steps=(steps[2],)))
    sample = Sample(
        id=f"{index:05}", seed=seed, query=f"Frage {index} – ç", workflow=Workflow(chains=chains), response="Done."
    )
    rejected = index % 7 == 6
    return Session(
        index=index,
        seed=seed,
        status="rejected" if rejected else "accepted",
        reason=f"leak: names find in {index}" if rejected else "",
        sample=sample,
        trace=trace,
        usage=usage,
        seconds=0.5,
    )


def _step(number: int, value: float) -> Step:
    call = ToolCall(tool="find" if number == 1 else "book", arguments={"z": value, "a": {"ü": [None, True]}})
    origin = (
        Origin(pointer="/z", kind="result", step="s1", path="/v")
        if number == 2
        else Origin(pointer="/z", kind="user")
    )
    observation = Observation(text=f'{{"v": {value}}}', content={"v": value}, latency=value)
    return Step(id=f"s{number}", call=call, observation=observation, origins=(origin,))


async def quick(index: int) -> Session:
    """A session that gives way to others a number of times that differs from session to session."""
    for _ in range(generator("pauses", index).randrange(6)):
        await asyncio.sleep(0.001)
    return make_session(index)


async def slow(index: int) -> Session:
    say(f"started {index}")
    await asyncio.sleep(0.2)
    return make_session(index)


async def endless(index: int) -> Session:
    say(f"started {index}")
    await asyncio.Event().wait()
    return make_session(index)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(folder: Path, count: int, concurrency: int, kind: str) -> None:
    with RunStore.create_or_resume(folder, CONFIG, TOOLS) as store:
        if kind == "hold":
            say("holding")
            sys.stdin.read()
            return
        if kind == "full":
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
        pool = SessionPool(concurrency, grace=30.0)

        def save(session: Session) -> None:
            store.save(session)
            say(f"saved {session.index}")

        def interrupted() -> bool:
            pool.stop()
            say("interrupted")
            return True

        work = {"slow": slow, "endless": endless}.get(kind, quick)
        left = sorted(set(range(count)) - store.done())
        execute(pool.run(work, left, save), on_interrupt=interrupted)
        say("stopped" if pool.stopped else "complete")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    except ToolGradError as error:
        say(f"{type(error).__name__}: {error} [{error.code}]")
        sys.exit(error.exit_code)
