"""Optuna's own plots of a study, as HTML files that need no network."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
from optuna.trial import TrialState

from toolgrad_dspy.sweeps.report import SweepOutcome, cost_axis, quality

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HINT = "no plots without plotly: python -m pip install 'toolgrad-dspy[sweep]'"


def save_plots(outcome: SweepOutcome, folder: Path) -> tuple[list[Path], list[str]]:
    """Write the plots into ``folder``. Returns the files, and a line about each plot that cannot be made."""
    try:
        import plotly  # noqa: F401  (Optuna's own error is a page long)
    except ImportError:
        return [], [HINT]
    complete, written, notes = outcome.count(TrialState.COMPLETE), [], []
    for name, (fewest, draw) in _PLOTS.items():
        # Without a second objective there is no front to draw.
        if name == "pareto" and outcome.plan.single:
            continue
        if complete < fewest:
            notes.append(f"no {name}.html: it needs {fewest} complete trials")
            continue
        path = folder / f"{name}.html"
        # The script in a file beside the plots, once for all of them: it is 4 MB.
        draw(outcome).write_html(path, include_plotlyjs="directory")
        written.append(path)
    return written, notes


def _pareto(outcome: SweepOutcome) -> "Figure":
    return optuna.visualization.plot_pareto_front(outcome.study, target_names=["quality", cost_axis(outcome.plan)])


def _parallel(outcome: SweepOutcome) -> "Figure":
    return optuna.visualization.plot_parallel_coordinate(
        outcome.study, params=_searched(outcome), target=quality, target_name="quality"
    )


def _importances(outcome: SweepOutcome) -> "Figure":
    with warnings.catch_warnings():
        # PED-ANOVA takes a low target for a good one, and warns of that. So ours is negated.
        warnings.filterwarnings("ignore", message="PedAnova", category=UserWarning)
        # Of two or three trials: the plot shows it, all its bars are equal.
        warnings.filterwarnings("ignore", message="Target and region quantiles", category=UserWarning)
        return optuna.visualization.plot_param_importances(
            outcome.study, params=_searched(outcome), target=lambda trial: -quality(trial), target_name="quality"
        )


def _searched(outcome: SweepOutcome) -> list[str]:
    return list(outcome.space.searched)


# The fewest complete trials that each can be made from, and how.
_PLOTS: dict[str, tuple[int, Callable[[SweepOutcome], "Figure"]]] = {
    "pareto": (1, _pareto),
    "parallel": (1, _parallel),
    "importances": (2, _importances),
}
