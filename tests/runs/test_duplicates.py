"""Samples that are alike: which are, how many a run may have, and what is told of them."""

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.refusals import refused as refused_with
from tests.support.scripted_run import CONFIG, TOOLS
from tests.support.sessions import sample, step, taken
from tests.support.toys import functions
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.records import Sample, Session
from toolgrad_dspy.runs import LocalEngine, RunSpec, RunStore, SourceTools, generate_run, load_config_file, statistics
from toolgrad_dspy.runs.duplicates import Alike, call_signature, plain_query, refuse_duplicates, refused
from toolgrad_dspy.tools import ToolSource

# What is alike


def calling(*steps: object, query: str = "q") -> Sample:
    return sample(*steps, query=query)  # type: ignore[arg-type]  # as the test writes them


def test_a_signature_has_tools_and_arguments_in_order() -> None:
    first, second = step("s1", "find", {"b": 1, "a": [2]}), step("s2", "open", {"c": None})
    assert call_signature(calling(first, second)) == 'find({"a": [2], "b": 1}) open({"c": null})'
    turned = calling(second.model_copy(update={"id": "s1"}), first.model_copy(update={"id": "s2"}))
    assert call_signature(turned) != call_signature(calling(first, second))


def test_values_from_results_make_no_difference_but_those_of_the_user_do() -> None:
    def opening(id: str, at: str) -> Sample:
        return calling(
            step("s1"), step("s2", "open", {"id": {"x/y": [id]}, "at": at}, None, taken("/id/x~1y/0", "s1"))
        )

    assert call_signature(opening("a", "noon")) == call_signature(opening("b", "noon"))
    assert call_signature(opening("a", "noon")) != call_signature(opening("a", "night"))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("Which cafés are there?", "  which CAFÉS are there\n", True),
        ("Straße 4", "STRASSE 4!", True),
        ("ﬁnd it", "find it", True),
        ("Cafes in Ulm", "Cafes in Bonn", False),
        ("你好，世界", "你好 世界", True),
        ("", "?!", True),
    ],
)
def test_queries_are_equal_but_for_case_punctuation_and_white_space(one: str, other: str, equal: bool) -> None:
    assert (plain_query(calling(query=one)) == plain_query(calling(query=other))) == equal


def test_the_share_is_of_those_that_were_there_before() -> None:
    alike = Alike()
    assert alike.share is None
    for index, text in enumerate("abacaab"):
        alike.add(index, text)
    assert alike.share == pytest.approx(4 / 7)
    assert list(alike.most_frequent(5)) == [(0, 4), (1, 2)]
    assert list(alike.most_frequent(1)) == [(0, 4)]
    assert alike.earlier("c") == 3
    assert alike.earlier("d") is None


# What is refused


def lettered(calls: str, queries: str | None = None) -> list[tuple[int, Sample]]:
    """Samples by two letters: equal ones have the same call, or the same query."""
    words = queries or "".join(chr(200 + i) for i in range(len(calls)))
    return [
        (index, calling(step("s1", "find", {"word": call}), query=query))
        for index, (call, query) in enumerate(zip(calls, words, strict=True))
    ]


@pytest.mark.parametrize(
    ("calls", "queries", "share", "gone"),
    [
        ("abcd", None, 0, []),
        ("aaaa", None, 0, [1, 2, 3]),
        ("abab", None, 0, [2, 3]),
        ("abcd", "xyxz", 0, [2]),
        ("aaaa", None, 1, []),
        ("aaaa", None, 0.5, [2, 3]),
        ("aaba", None, 0.5, []),
        ("abcdefghia", None, 0.1, []),
        ("abcdefghaa", None, 0.1, [8, 9]),
        # The second is refused for its calls, so that its query is not there yet.
        ("aab", "xyy", 0, [1]),
    ],
)
def test_beyond_the_share_those_with_the_higher_index_are_refused(
    calls: str, queries: str | None, share: float, gone: list[int]
) -> None:
    assert [index for index, _ in refused(lettered(calls, queries), share)] == gone


def test_of_what_is_kept_no_more_than_the_share_is_alike_and_later_samples_change_nothing() -> None:
    rng = random.Random(5)
    samples = lettered("".join(rng.choice("abcdef") for _ in range(200)))
    for share in (0, 0.07, 0.29, 0.5, 0.9):
        why = dict(refused(samples, share))
        kept = Alike()
        for index, kept_sample in samples:
            if index not in why:
                kept.add(index, call_signature(kept_sample))
        assert kept.share is not None
        assert kept.share <= share + 1e-9
        for size in (10, 77):
            assert dict(refused(samples[:size], share)) == {i: text for i, text in why.items() if i < size}


def test_the_reason_names_the_session_that_it_is_like_and_in_what() -> None:
    assert dict(refused(lettered("aab", "xyx"), 0)) == {
        1: "the same calls as session 0",
        2: "the same query as session 0",
    }


# In a store


def store_of(path: Path, samples: Sequence[tuple[int, Sample]], order: Sequence[int], reason: str = "") -> RunStore:
    """A store to which the sessions were added in ``order``."""
    store = RunStore.create_or_resume(path, CONFIG, TOOLS)
    for index in order:
        store.save(Session(index=index, seed=0, status="accepted", reason=reason, sample=samples[index][1]))
    return store


def statuses(store: RunStore) -> dict[int, tuple[str, str]]:
    return {session.index: (session.status, session.reason) for session in store.sessions(traces=False)}


def test_the_lower_index_keeps_its_place_whichever_ended_first(tmp_path: Path) -> None:
    samples = lettered("abaabc")
    orders = {"up": range(6), "down": range(5, -1, -1), "mixed": (3, 0, 5, 1, 4, 2)}
    found = []
    for name, order in orders.items():
        with store_of(tmp_path / name, samples, tuple(order)) as store:
            refuse_duplicates(store, 0)
            found.append(statuses(store))
            store.samples_jsonl(tmp_path / f"{name}.jsonl")
    assert found[0] == found[1] == found[2]
    assert [index for index, (status, _) in found[0].items() if status == "rejected"] == [2, 3, 4]
    assert len({(tmp_path / f"{name}.jsonl").read_bytes() for name in orders}) == 1


def test_a_session_that_was_missing_takes_its_place_when_the_run_is_resumed(tmp_path: Path) -> None:
    samples = lettered("aab")
    with store_of(tmp_path, samples, (1, 2)) as store:
        refuse_duplicates(store, 0)
        assert {status for status, _ in statuses(store).values()} == {"accepted"}
        store.save(Session(index=0, seed=0, status="accepted", sample=samples[0][1]))
        refuse_duplicates(store, 0)
        assert [status for status, _ in statuses(store).values()] == ["accepted", "rejected", "accepted"]


def test_one_that_was_refused_is_accepted_again_where_there_is_room_and_keeps_its_own_reason(tmp_path: Path) -> None:
    salvaged = "salvaged: chain c2 was dropped: no value; chain c3 was dropped: no pick"
    samples = lettered("abaa")
    with store_of(tmp_path, samples, range(4), salvaged) as store:
        before = statuses(store)
        refuse_duplicates(store, 0)
        session = store.session(2)
        assert (session.status, session.reason_key, session.salvaged) == ("rejected", "duplicate", False)
        assert session.sample == samples[2][1], "nothing is deleted"
        again = statuses(store)
        refuse_duplicates(store, 0)
        assert statuses(store) == again
        refuse_duplicates(store, 1)
        assert statuses(store) == before


def test_sessions_that_were_rejected_or_failed_for_something_else_are_left_alone(tmp_path: Path) -> None:
    samples = lettered("aa")
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        store.save(Session(index=0, seed=0, status="rejected", reason="pick: not told", sample=samples[0][1]))
        store.save(Session(index=1, seed=0, status="accepted", sample=samples[1][1]))
        store.save(Session(index=2, seed=0, status="failed", reason="no step"))
        before = statuses(store)
        refuse_duplicates(store, 0)
        assert statuses(store) == before


# Runs


def weather() -> dict[str, str]:
    """The weather in town today."""
    return {"sky": "overcast", "wind": "from the north"}


def sources() -> list[ToolSource]:
    return [functions(weather, id="weather")]


def spec(n: int, unique: float | None = None) -> RunSpec:
    small = ProgramConfig(iterations=1, mini_batch=12)
    return RunSpec(n=n, tools=SourceTools("weather", sources), program=small, unique=unique)


def test_of_a_library_with_one_thing_to_ask_for_one_sample_is_unique(tmp_path: Path) -> None:
    figures = asyncio.run(generate_run(spec(6, 0), tmp_path / "one"))
    assert (figures.accepted, figures.rejected_by_reason) == (1, {"duplicate": 5})
    assert figures.equal_signatures_share == 0
    assert len((tmp_path / "one/samples.jsonl").read_text().splitlines()) == 1
    assert asyncio.run(generate_run(spec(6, 0.5), tmp_path / "half")).accepted == 2


def test_without_the_option_equal_samples_are_told_and_kept(tmp_path: Path) -> None:
    figures = asyncio.run(generate_run(spec(4), tmp_path / "run"))
    assert figures.accepted == 4
    assert figures.equal_signatures_share == 0.75
    assert figures.most_frequent_signatures == {"weather({})": 4}
    with RunStore.open(tmp_path / "run") as store:
        assert statistics(store) == figures


def test_a_run_has_the_same_samples_whatever_the_concurrency_and_however_often_it_is_resumed(tmp_path: Path) -> None:
    at_once = asyncio.run(generate_run(spec(6, 0.5), tmp_path / "at_once", engine=LocalEngine(6)))
    asyncio.run(generate_run(spec(3, 0.5), tmp_path / "resumed", engine=LocalEngine(1)))
    resumed = asyncio.run(generate_run(spec(6, 0.5), tmp_path / "resumed", engine=LocalEngine(1)))
    assert at_once.rejected_by_reason == resumed.rejected_by_reason
    assert (tmp_path / "at_once/samples.jsonl").read_bytes() == (tmp_path / "resumed/samples.jsonl").read_bytes()


def test_a_run_is_resumed_with_the_same_share_only(tmp_path: Path) -> None:
    asyncio.run(generate_run(spec(1, 0.5), tmp_path / "run"))
    for other in (None, 0.25):
        with refused_with(UsageError, "other_configuration", "unique"):
            asyncio.run(generate_run(spec(2, other), tmp_path / "run"))


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_is_from_0_to_1(share: float) -> None:
    with pytest.raises(ValueError, match="unique"):
        spec(1, share)


@pytest.mark.parametrize(("text", "share"), [("unique: 0\n", 0), ("unique: 0.25\n", 0.25), ("program: {}\n", None)])
def test_a_configuration_file_may_have_the_share(tmp_path: Path, text: str, share: float | None) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    assert load_config_file(path).unique == share


@pytest.mark.parametrize("share", ["2", "-1", "yes", "few", "[0]", ".nan"])
def test_what_is_no_share_is_told_with_its_place(tmp_path: Path, share: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"unique: {share}\n")
    with refused_with(UsageError, "invalid_value", "unique"):
        load_config_file(path)
