"""Optuna's own plots of a study, as HTML files that need no network."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
from optuna.trial import TrialState

from toolgrad_dspy.sweeps.report import Outcome, axis, quality

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HINT = "the plots need plotly: python -m pip install plotly"


def plots(found: Outcome, folder: Path) -> tuple[list[Path], list[str]]:
    """Write the plots into ``folder``: the files, and a line for each that there is nothing to make from."""
    try:
        import plotly  # noqa: F401  (Optuna's own error is a page long)
    except ImportError:
        return [], [HINT]
    complete = [trial for trial in found.study.get_trials(deepcopy=False) if trial.state == TrialState.COMPLETE]
    written, notes = [], []
    for name, (fewest, draw) in _PLOTS.items():
        if name == "pareto" and found.plan.single:
            continue
        if len(complete) < fewest:
            notes.append(f"no {name}.html: it needs {fewest} complete trials")
            continue
        path = folder / f"{name}.html"
        # The script beside the plots, once: it is 4 MB.
        draw(found).write_html(path, include_plotlyjs="directory")
        written.append(path)
    return written, notes


def _pareto(found: Outcome) -> "Figure":
    return optuna.visualization.plot_pareto_front(found.study, target_names=["quality", axis(found.plan)])


def _parallel(found: Outcome) -> "Figure":
    return optuna.visualization.plot_parallel_coordinate(
        found.study, params=_varied(found), target=quality, target_name="quality"
    )


def _importances(found: Outcome) -> "Figure":
    with warnings.catch_warnings():
        # It warns whoever gives it a target that a low value is taken for a good one; so ours is turned round.
        warnings.filterwarnings("ignore", message="PedAnova", category=UserWarning)
        return optuna.visualization.plot_param_importances(
            found.study, params=_varied(found), target=lambda trial: -quality(trial), target_name="quality"
        )


def _varied(found: Outcome) -> list[str]:
    return list(found.space.searched)


# The fewest complete trials that each can be made from.
_PLOTS: dict[str, tuple[int, Callable[[Outcome], "Figure"]]] = {
    "pareto": (1, _pareto),
    "parallel": (1, _parallel),
    "importances": (2, _importances),
}
