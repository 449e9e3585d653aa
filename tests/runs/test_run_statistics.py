"""The figures of a run, checked by hand on the scripted one."""

from pathlib import Path

import pytest

from tests.support.scripted_run import CONFIG, TOOLS, make_session
from toolgrad_dspy.records import Check, CheckedBy, CheckSubject, RoleUsage, Session, ToolUsage, Trace, Usage
from toolgrad_dspy.runs import RunStore, statistics
from toolgrad_dspy.runs.troubled import troubled


def test_the_figures_of_a_run(tmp_path: Path) -> None:
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        for index in range(22):
            store.save(make_session(index))
        figures = statistics(store)
    # failed: 10, 21; rejected: 6, 13, 20; the other 17 have 3 steps on 2 chains, the second from the first
    assert (figures.sessions, figures.accepted, figures.rejected, figures.failed) == (22, 17, 3, 2)
    assert figures.rejected_by_reason == {"leak": 3}
    assert figures.failed_by_reason == {"no proposal": 2}
    assert figures.pass_rate == pytest.approx(17 / 22)
    assert (figures.steps_per_sample, figures.chains_per_sample) == (3, 2)
    assert figures.dependent_steps_per_sample == 1
    assert figures.dependent_step_share == pytest.approx(1 / 3)
    assert (figures.value_dependent_steps_per_sample, figures.state_dependent_steps_per_sample) == (1, 0)
    assert figures.distinct_tools == 2
    executor = sum(index % 3 for index in range(22))
    assert figures.lm_calls_per_sample == pytest.approx((22 * 4 + executor) / 17)
    assert figures.lm_calls_per_sample_by_role == {
        "executor": pytest.approx(executor / 17),
        "proposer": pytest.approx(88 / 17),
    }
    assert figures.lm_calls_per_step == pytest.approx((88 + executor) / 51)
    assert figures.tool_calls_per_sample == pytest.approx(22 * 6 / 17)
    assert figures.replayed_calls_per_sample == pytest.approx(22 * 2 / 17)
    assert figures.input_tokens_per_sample == pytest.approx(22 * 120 / 17)
    assert figures.output_tokens_per_sample == pytest.approx(22 * 15 / 17)
    assert figures.seconds_per_session == pytest.approx(20 * 0.5 / 22)


def test_an_empty_run_has_no_means(tmp_path: Path) -> None:
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        figures = statistics(store)
    assert figures.sessions == 0
    assert figures.pass_rate is None
    assert figures.lm_calls_per_sample is None
    assert (figures.equal_signatures_share, figures.equal_queries_share, figures.readings_per_sample) == (None,) * 3
    assert (figures.checks, figures.most_frequent_queries) == ({}, {})
    assert figures.lm_calls_per_sample_by_role == {}


def decided(about: CheckSubject, by: CheckedBy) -> Check:
    return Check(about=about, text="x", holds=by != "nobody", by=by)


def test_who_decided_about_the_texts_is_told_by_kind_over_all_sessions(tmp_path: Path) -> None:
    checks = (
        decided("value", "rule"),
        decided("value", "rule"),
        decided("value", "model"),
        decided("pick", "nobody"),
    )
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        for index, own in enumerate((checks, checks[:1], ())):
            done = make_session(index)
            store.save(done.model_copy(update={"trace": Trace(checks=own)}))
        figures = statistics(store)
    assert figures.checks == {"pick": 1, "value": 4}
    assert figures.checks_by_rules_share == {"pick": 0, "value": 0.75}
    assert figures.checks_by_model_share == {"pick": 0, "value": 0.25}


def test_salvaged_samples_are_among_the_accepted(tmp_path: Path) -> None:
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        store.save(make_session(0))
        store.save(make_session(1).model_copy(update={"reason": "salvaged: chain c2 was dropped"}))
        figures = statistics(store)
    assert (figures.accepted, figures.salvaged, figures.rejected_by_reason) == (2, 1, {})


def test_readings_are_the_calls_of_the_judge_per_sample(tmp_path: Path) -> None:
    def read(index: int, calls: int) -> Session:
        return make_session(index).model_copy(update={"usage": Usage(roles={"judge": RoleUsage(calls=calls)})})

    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        store.save(read(0, 1))
        store.save(read(1, 2))
        assert statistics(store).readings_per_sample == 1.5


def test_equal_samples_are_told_with_the_most_frequent_as_a_person_reads_them(tmp_path: Path) -> None:
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        for index, like in enumerate((0, 1, 0, 2, 0)):
            store.save(make_session(like).model_copy(update={"index": index}))
        figures = statistics(store)
    assert figures.equal_signatures_share == figures.equal_queries_share == 0.4
    assert figures.most_frequent_queries == {"Frage 0 – ç": 3}
    ((signature, count),) = figures.most_frequent_signatures.items()
    assert (signature.startswith("find("), len(signature) <= 120, count) == (True, True, 3)


def test_how_the_calls_of_each_tool_and_server_ended_and_which_were_in_trouble(tmp_path: Path) -> None:
    fine = ToolUsage(calls=9, failures={"tool": 1})
    crashing = ToolUsage(calls=7, failures={"connection": 3, "timeout": 1}, last_crash="the server crashed: no disk")
    first, second = (tool.name for tool in TOOLS[:2])
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        for index in range(2):
            session = make_session(index)
            usage = session.usage.model_copy(update={"tools": {first: fine, second: crashing}})
            store.save(session.model_copy(update={"usage": usage}))
        figures = statistics(store)
    assert figures.tools[first] == ToolUsage(calls=18, failures={"tool": 2})
    assert figures.tools[second].failures == {"connection": 6, "timeout": 2}
    (source,) = {tool.source for tool in TOOLS}
    assert figures.servers[source].failures == {"connection": 6, "timeout": 2, "tool": 2}
    crash, failing = troubled(figures)
    assert crash == f"{source} crashed 6 times in 32 calls; the last: the server crashed: no disk"
    assert f"{second} (8 of 14)" in failing
    assert first not in failing


@pytest.mark.parametrize(
    ("calls", "failures", "told"),
    [
        (10, {"tool": 6}, False),
        (10, {"tool": 8}, True),
        (10, {"timeout": 5}, True),
        (10, {"too_large": 2, "protocol": 2}, False),
        (9, {"tool": 9}, False),
    ],
)
def test_refusals_are_told_when_they_are_nearly_all_and_calls_without_an_answer_when_they_are_half(
    calls: int, failures: dict[str, int], told: bool, tmp_path: Path
) -> None:
    with RunStore.create_or_resume(tmp_path, CONFIG, TOOLS) as store:
        session = make_session(0)
        tools = {TOOLS[0].name: ToolUsage(calls=calls, failures=failures)}
        store.save(session.model_copy(update={"usage": session.usage.model_copy(update={"tools": tools})}))
        assert bool(list(troubled(statistics(store)))) is told
