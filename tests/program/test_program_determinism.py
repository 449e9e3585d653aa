"""The same seed gives the same samples, however they are run; and the town's own samples are sound."""

import asyncio
import hashlib
import json
from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModels
from tests.support.toys import growing
from toolgrad_dspy.concurrency import run_on_loop_thread
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.adapter import lean
from toolgrad_dspy.lm.rehearsal import HABITS
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw, run_sessions
from toolgrad_dspy.records import Session
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.world import WorldSource

PLAIN = ProgramConfig(base="plain")


def with_all_habits(program: ToolGrad) -> ToolGrad:
    for role in ("proposer", "selector"):
        predict = getattr(program, role).predict
        sentences = [habit.sentence for habit in HABITS if habit.role == role]
        predict.signature = predict.signature.with_instructions(
            "\n".join([predict.signature.instructions, *sentences])
        )
    return program


async def town_sessions(count: int, concurrency: int, seed: int = 0, **settings: Any) -> list[Session]:
    async with Library([WorldSource()]) as library:
        program = with_all_habits(ToolGrad(library, Models.from_environment(), ProgramConfig(**settings)))
        return await run_sessions(program, draw(seed, count, 0, 0).train, concurrency)


def stored(sessions: list[Session]) -> list[str]:
    return [session.sample.model_dump_json() if session.sample else session.reason for session in sessions]


@pytest.mark.parametrize(
    ("count", "settings"),
    [(64, {"iterations": 3}), (16, {"iterations": 5, "mini_batch": 12, "mend": "all", "base": "plain"})],
    ids=["shipped", "plain"],
)
def test_concurrency_does_not_change_a_byte(count: int, settings: dict[str, Any]) -> None:
    alone = asyncio.run(grown(count, 1, settings))
    together = asyncio.run(grown(count, 64, settings))
    assert stored(alone) == stored(together)
    assert [session.trace.model_dump_json(exclude_none=True) for session in alone if not session.sample] == []
    assert [traces(session) for session in alone] == [traces(session) for session in together]
    assert len(set(stored(alone))) == count


async def grown(count: int, concurrency: int, settings: dict[str, Any]) -> list[Session]:
    async with Library([WorldSource()]) as library:
        program = ToolGrad(library, Models.from_environment(), ProgramConfig(**settings))
        return await run_sessions(program, draw(0, count, 0, 0).train, concurrency)


def traces(session: Session) -> Any:
    """The trace without the seconds that its calls took."""
    data = json.loads(session.trace.model_dump_json())
    for iteration in data["iterations"]:
        for report in iteration["reports"]:
            for attempt in report["attempts"]:
                attempt["seconds"] = None
    return data


def test_another_seed_gives_other_samples() -> None:
    first = asyncio.run(town_sessions(3, 3, seed=1, iterations=3))
    second = asyncio.run(town_sessions(3, 3, seed=2, iterations=3))
    assert not set(stored(first)) & set(stored(second))


def test_forward_on_the_background_loop_gives_what_aforward_gives() -> None:
    library = Library([WorldSource()])
    run_on_loop_thread(library.open())
    try:
        program = with_all_habits(ToolGrad(library, Models.from_environment(), ProgramConfig(iterations=3)))
        with lean():
            forward = [program(seed=0, index=index).session for index in range(2)]
    finally:
        run_on_loop_thread(library.close())
    assert stored(forward) == stored(asyncio.run(town_sessions(2, 2, iterations=3)))


@pytest.mark.parametrize("update", ["each", "last"])
def test_samples_of_the_town_are_accepted_with_known_origins_and_dependent_steps(update: str) -> None:
    sessions = asyncio.run(town_sessions(10, 10, update=update))
    assert [session.reason for session in sessions if session.status != "accepted"] == []
    steps = [step for session in sessions if session.sample for step in session.sample.workflow.steps]
    assert {origin.kind for step in steps for origin in step.origins} <= {"user", "result", "schema"}
    assert sum(bool(step.depends_on) for step in steps) > 20
    for session in sessions:
        assert session.sample is not None
        numbers = [step.number for step in session.sample.workflow.steps]
        assert numbers == list(range(1, len(numbers) + 1))
        for step in session.sample.workflow.steps:
            assert all(int(name[1:]) < step.number for name in step.depends_on)
        for chain in session.sample.workflow.chains:
            inside = {step.id for step in chain.steps}
            assert all(step.depends_on <= inside for step in chain.steps)


def test_a_program_that_asks_for_no_reuse_claims_no_dependency_it_did_not_make() -> None:
    """Every equality with an earlier result is chance then."""

    async def main() -> list[Session]:
        async with Library([WorldSource()]) as library:
            return await run_sessions(ToolGrad(library, Models.from_environment(), PLAIN), draw(0, 10, 0, 0).train)

    steps = [step for session in asyncio.run(main()) if session.sample for step in session.sample.workflow.steps]
    assert len(steps) > 30
    assert [step.id for step in steps if step.uses] == []


def test_usage_counts_the_calls_of_each_role_and_the_models_count_them_all() -> None:
    async def main() -> tuple[list[Session], ScriptedModels]:
        models = ScriptedModels()
        sessions = [await growing([WorldSource()], models, index, iterations=2) for index in range(2)]
        return sessions, models

    sessions, models = asyncio.run(main())
    for session in sessions:
        assert session.usage.roles["proposer"].calls == 2
        assert session.usage.roles["proposer"].input_tokens > 1000
        assert session.usage.lm_calls == sum(usage.calls for usage in session.usage.roles.values())
    assert models.meter.calls == len(models.asked) == sum(session.usage.lm_calls for session in sessions)
    assert models.meter.tokens == sum(session.usage.tokens for session in sessions)
    assert session.usage.tool_calls == sum(
        attempt.observation is not None
        for iteration in session.trace.iterations
        for report in iteration.reports
        for attempt in report.attempts
    )


def test_different_sessions_of_one_run_see_different_mini_batches() -> None:
    sessions = asyncio.run(town_sessions(6, 6, mini_batch=5, iterations=2))
    offered = {
        hashlib.sha256(repr(iteration.offered).encode()).hexdigest()
        for session in sessions
        for iteration in session.trace.iterations
    }
    assert len(offered) == 12
