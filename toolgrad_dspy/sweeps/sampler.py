"""Optuna's sampler, made anew for each trial from the trial's own seed."""

from collections.abc import Sequence
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from toolgrad_dspy.seeding import derive

# Trials drawn at random before the sampler follows the results so far.
STARTUP = 8


class SeededSampler(BaseSampler):
    """The tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011), with a seed for each trial.

    What it draws depends on the sweep's seed, the trial's number and the trials so far, not on the worker: one that
    is restarted, or that runs beside others, never repeats another worker's draws.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._current: tuple[int, TPESampler] | None = None

    def _of(self, trial: FrozenTrial) -> TPESampler:
        if self._current is None or self._current[0] != trial.number:
            seed = derive(self._seed, "sampler", trial.number) % 2**32
            self._current = trial.number, TPESampler(seed=seed, n_startup_trials=STARTUP)
        return self._current[1]

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._of(trial).sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._of(trial).before_trial(study, trial)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        self._of(trial).after_trial(study, trial, state, values)
