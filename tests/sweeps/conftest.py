"""What the tests of sweeps share."""

from pathlib import Path

import pytest

from tests.support.sweeps import Sweep


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    return Sweep(tmp_path)
