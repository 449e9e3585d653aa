"""What the tests of sweeps share."""

from pathlib import Path

import pytest

from tests.support.sweeps import SweepCommand


@pytest.fixture
def sweep(tmp_path: Path) -> SweepCommand:
    return SweepCommand(tmp_path)
