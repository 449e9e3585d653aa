"""Makes the shared helpers importable, and keeps the developer's own settings out."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No model settings in the environment, and no ``.env`` in the working directory."""
    for name in [name for name in os.environ if name.startswith("TOOLGRAD_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
