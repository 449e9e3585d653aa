"""The figures of a run, checked by hand on the scripted one."""

from pathlib import Path

import pytest

from tests.support.scripted_run import CONFIG, TOOLS, make_session
from toolgrad_dspy.runs import RunStore, statistics


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
    assert figures.lm_calls_per_sample_by_role == {}
