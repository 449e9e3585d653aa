"""``generate --unique``: from the command line and from the file, and what the commands show of it."""

import json
from pathlib import Path

import pytest
import yaml

from tests.support.command import run

SMALL = ("-n", "1", "--iterations", "1", "--quiet")


def test_the_command_line_overrides_the_file_and_the_run_keeps_the_share(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("unique: 0.5\n")
    run(tmp_path, "generate", *SMALL, "--config", "c.yaml", "-o", "file")
    run(tmp_path, "generate", *SMALL, "--config", "c.yaml", "--unique", "0", "-o", "line")
    shares = [yaml.safe_load((tmp_path / name / "config.yaml").read_text())["unique"] for name in ("file", "line")]
    assert shares == [0.5, 0]
    shown = json.loads(run(tmp_path, "config", "show", "--config", "c.yaml", "--json").stdout)
    assert shown["unique"] == 0.5
    assert "unique" in run(tmp_path, "config", "show", "--config", "c.yaml").stdout


def test_stats_tell_of_equal_samples_without_the_option_too(tmp_path: Path) -> None:
    run(tmp_path, "generate", *SMALL, "-o", "run")
    assert "unique" not in yaml.safe_load((tmp_path / "run/config.yaml").read_text())
    figures = json.loads(run(tmp_path, "stats", "run", "--json").stdout)
    assert (figures["equal_signatures_share"], figures["equal_queries_share"]) == (0, 0)
    assert (figures["most_frequent_signatures"], figures["salvaged"]) == ({}, 0)
    table = run(tmp_path, "stats", "run").stdout
    assert all(name in table for name in ("equal signatures share", "equal queries share", "readings per sample"))


@pytest.mark.parametrize("share", ["1.5", "-1", "few"])
def test_what_is_no_share_is_a_usage_error(share: str, tmp_path: Path) -> None:
    run(tmp_path, "generate", *SMALL, "--unique", share, "-o", "run", code=2)
    assert not (tmp_path / "run").exists()
