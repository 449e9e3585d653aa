"""Keys are in nothing that commands write or print, wherever a user keeps them and whatever servers tell."""

from pathlib import Path

import pytest

from benchmarks.canaries import canaries

# Told by no server: only a command reads them.
READ_ONLY = {"a variable that is written wrong", "a key in the command", "part of TOOLGRAD_API_BASE"}


@pytest.mark.slow
def test_a_key_is_found_nowhere_wherever_it_was_configured(tmp_path: Path) -> None:
    results = canaries(tmp_path / "canaries")
    assert len(results) >= 20
    assert {result.place: result.found for result in results if result.found} == {}
    assert {result.place for result in results if not result.reached} == READ_ONLY
    samples = (tmp_path / "canaries/home/run/samples.jsonl").read_text(encoding="utf-8")
    assert "***" in samples, "the samples have what the server told"
