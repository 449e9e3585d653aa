"""Counting calls and tokens."""

import asyncio
from contextlib import suppress

import dspy
from dspy.lm15 import Message, Request, Response

from tests.support.scripted_model import ScriptedModels
from toolgrad_dspy.lm import Meter, Models, Role, metered
from toolgrad_dspy.lm.calls import AsyncGate, Backend, Door, Limits, Sender
from toolgrad_dspy.lm.rehearsal.engine import answer


def test_calls_are_counted_per_role_in_nested_tasks_and_threads_and_for_the_listener_only() -> None:
    models = ScriptedModels(proposer=lambda prompt: "x", judge=lambda prompt: "x")

    async def session(role: Role, times: int) -> Meter:
        with metered() as meter:
            async with asyncio.TaskGroup() as group:
                for _ in range(times):
                    group.create_task(models.lm(role).acall("hello"))
            await asyncio.to_thread(models.lm("judge"), "hello")
        return meter

    async def main() -> list[Meter]:
        return list(await asyncio.gather(session("proposer", 3), session("proposer", 5), session("judge", 1)))

    meters = asyncio.run(main())
    counted = [{role: usage.calls for role, usage in meter.roles().items()} for meter in meters]
    assert counted == [{"judge": 1, "proposer": 3}, {"judge": 1, "proposer": 5}, {"judge": 2}]
    assert [meter.tokens for meter in meters] == [4 * 15, 6 * 15, 2 * 15]
    assert models.meter.calls == 12


def test_what_an_inner_meter_counts_the_one_around_it_counts_too_also_after_an_error() -> None:
    models = ScriptedModels(judge=lambda prompt: "x")

    async def main() -> tuple[Meter, list[int]]:
        inner = []
        with metered() as outer:
            await models.lm("judge").acall("hello")
            for failing in (False, True):
                with suppress(KeyError), metered() as meter:
                    await models.lm("judge").acall("hello")
                    inner.append(meter.calls)
                    if failing:
                        raise KeyError
        return outer, inner

    outer, inner = asyncio.run(main())
    assert (outer.calls, outer.tokens, inner) == (3, 45, [1, 1])
    assert models.meter.calls == 3


def test_a_copied_program_keeps_its_models_and_their_meter() -> None:
    models = Models.from_environment()
    module = dspy.Module()
    module.models = models
    copied = module.deepcopy()
    assert copied.models is models


def test_the_limit_on_requests_under_way_holds_on_every_loop_that_comes_after_another() -> None:
    most = 0

    class Slow:
        def __init__(self) -> None:
            self.running = 0

        async def complete(self, request: Request) -> Response:
            nonlocal most
            self.running += 1
            most = max(most, self.running)
            for _ in range(3):
                await asyncio.sleep(0)
            self.running -= 1
            return answer(request)

    total = Meter()
    backend = Backend("test/slow", Slow(), door=Door(max_parallel=2))
    engine = AsyncGate([Sender("judge", backend, Limits(), total)])
    request = Request(model="any", messages=(Message.user("hello"),))

    async def main() -> None:
        await asyncio.gather(*(engine.complete(request) for _ in range(8)))

    for _ in range(20):
        asyncio.run(main())
    assert most == 2
    assert total.calls == 160
