"""Ctrl-C at the moments when a trial is half begun."""

import os
import signal
from typing import Any

import optuna
import pytest
from optuna import Study, Trial
from optuna.trial import FrozenTrial, TrialState

from toolgrad_dspy.sweeps import lifecycle
from toolgrad_dspy.sweeps.interrupts import HeldInterrupt
from toolgrad_dspy.sweeps.workers import run_trial


def press_ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


class InterruptedSampler(optuna.samplers.RandomSampler):
    """Ctrl-C comes while the storage already has the trial, and before the worker does."""

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        press_ctrl_c()


def never(trial: Trial) -> float:
    raise AssertionError("the trial was begun")


def test_an_interrupted_worker_leaves_no_trial_running_without_an_owner() -> None:
    study = optuna.create_study(sampler=InterruptedSampler())
    with pytest.raises(KeyboardInterrupt):
        run_trial(study, never)
    (trial,) = study.trials
    assert trial.state == TrialState.FAIL
    assert trial.user_attrs[lifecycle.OWNER]["pid"] == os.getpid()
    assert not lifecycle.finished(study), "it was lost, and is tried again"


def test_an_interrupt_ends_a_trial_that_has_begun_at_once() -> None:
    study = optuna.create_study()
    came: list[str] = []

    def objective(trial: Trial) -> float:
        press_ctrl_c()
        came.append("later")
        return 0.0

    with pytest.raises(KeyboardInterrupt):
        run_trial(study, objective)
    assert not came
    assert not lifecycle.running(study)


def test_an_interrupt_while_a_study_cannot_be_reached_is_not_lost() -> None:
    class Broken(optuna.samplers.RandomSampler):
        def before_trial(self, study: Study, trial: FrozenTrial) -> None:
            press_ctrl_c()
            raise OSError("disk full")

    with pytest.raises(KeyboardInterrupt):
        run_trial(optuna.create_study(sampler=Broken()), never)


def test_afterwards_ctrl_c_does_what_it_did_before_also_the_one_that_was_held() -> None:
    came: list[int] = []

    def before(number: int, *_: Any) -> None:
        came.append(number)

    previous = signal.signal(signal.SIGINT, before)
    try:
        with HeldInterrupt():
            press_ctrl_c()
            assert not came
        assert came == [signal.SIGINT]
        assert signal.getsignal(signal.SIGINT) is before
    finally:
        signal.signal(signal.SIGINT, previous)


def test_an_interrupt_that_is_ignored_stays_ignored() -> None:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with HeldInterrupt():
            press_ctrl_c()
    finally:
        signal.signal(signal.SIGINT, previous)
