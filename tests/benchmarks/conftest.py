"""What the tests of the scripts in ``benchmarks/`` share."""

import sys
from pathlib import Path

import pytest

from tests.support.sweeps import BENCHMARKS, Sweep

# A script's folder is on its path.
sys.path.insert(0, str(BENCHMARKS))


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    return Sweep(tmp_path)
