"""Running from Python: the one way that the command line uses, too."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.support.refusals import refused
from tests.support.toys import functions
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.runs import (
    QuietProgress,
    RunProgress,
    RunSpec,
    RunStore,
    SourceTools,
    estimate,
    estimate_from_run,
    generate_run,
)
from toolgrad_dspy.tools import ToolSource

SMALL = ProgramConfig(iterations=2, mini_batch=12)


def spec(n: int, **settings: object) -> RunSpec:
    return RunSpec(n=n, program=SMALL, **settings)  # type: ignore[arg-type]  # as the test names them


def test_a_run_is_stored_with_its_samples(tmp_path: Path) -> None:
    figures = asyncio.run(generate_run(spec(3), tmp_path / "run"))
    assert (figures.sessions, figures.accepted) == (3, 3)
    samples = [json.loads(line) for line in (tmp_path / "run/samples.jsonl").read_text().splitlines()]
    with RunStore.open(tmp_path / "run") as store:
        assert [sample["id"] for sample in samples] == [s.sample.id for s in store.sessions() if s.sample]


def test_the_same_call_resumes_and_plays_only_what_is_missing(tmp_path: Path) -> None:
    shown: list[tuple[int, int]] = []

    def progress(total: int, before: int) -> RunProgress:
        shown.append((total, before))
        return QuietProgress(total, before)

    asyncio.run(generate_run(spec(2), tmp_path / "run", progress=progress))
    first = (tmp_path / "run/samples.jsonl").read_text()
    figures = asyncio.run(generate_run(spec(4), tmp_path / "run", progress=progress))
    assert figures.sessions == 4
    assert (tmp_path / "run/samples.jsonl").read_text().startswith(first)
    assert shown == [(2, 0), (4, 2)]


def test_another_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    asyncio.run(generate_run(spec(1), tmp_path / "run"))
    with refused(UsageError, "other_configuration", "seed"):
        asyncio.run(generate_run(spec(1, seed=1), tmp_path / "run"))


def shout(text: str) -> dict[str, str]:
    """Say a text loudly.

    Args:
        text: What to say, for example "good morning".
    """
    return {"said": text.upper()}


def sources(tool: Callable[..., object] = shout) -> Sequence[ToolSource]:
    return [functions(tool, id="voice")]


def test_tools_of_ones_own_are_made_anew_for_every_run(tmp_path: Path) -> None:
    tools = SourceTools("voice", sources)
    asyncio.run(generate_run(spec(1, tools=tools), tmp_path / "run"))
    with RunStore.open(tmp_path / "run") as store:
        assert [tool.name for tool in store.tools()] == ["shout"]
        assert store.config()["tools"] == "voice"


def test_an_estimate_stores_nothing_and_equals_the_one_from_the_run_it_describes(tmp_path: Path) -> None:
    guess = asyncio.run(estimate(spec(40), sessions=3))
    assert (guess.n, guess.sessions) == (40, 3)
    asyncio.run(generate_run(spec(3), tmp_path / "run"))
    after = estimate_from_run(tmp_path / "run", 40)
    assert guess.figures["LM calls"] == after.figures["LM calls"]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_run_without_sessions_is_no_run() -> None:
    with pytest.raises(ValueError, match="0"):
        spec(0)
