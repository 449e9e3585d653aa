"""Optimizers write nothing on the terminal: not even past Python's own streams."""

import pytest

from tests.support.open_world import library
from toolgrad_dspy.lm import Models
from toolgrad_dspy.metrics import Metric
from toolgrad_dspy.optimizers import OPTIMIZERS, optimizer
from toolgrad_dspy.program import ProgramConfig, ToolGrad, draw
from toolgrad_dspy.tools import Library
from toolgrad_dspy.tuning import LiveEvaluator, TuningBudget

__all__ = ["library"]


@pytest.mark.slow
@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_an_optimizer_prints_nothing(library: Library, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    models = Models.from_environment()
    program = ToolGrad(library, models, ProgramConfig(iterations=2, base="plain"))
    capfd.readouterr()
    optimizer(name).tune(
        program, draw(0, 4, 4, 0), LiveEvaluator(Metric()), models, budget=TuningBudget(36, 4), seed=0
    )
    assert capfd.readouterr() == ("", "")
