"""A tool server that dies now and then, as a user sees it."""

import json
import sys
from pathlib import Path

from tests.support.command import run
from tests.support.mcp_helpers import SERVERS


def test_a_run_on_a_server_that_crashes_says_so_at_its_end_and_stats_count_it(tmp_path: Path) -> None:
    arguments = [str(SERVERS / "rooms.py"), "--at", "2,9", "--count", str(tmp_path / "calls")]
    entry = {"command": sys.executable, "args": arguments, "isolation": "session", "allow_writes": True}
    (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": {"hotel": entry}}), encoding="utf-8")
    done = run(tmp_path, "generate", "-n", "2", "-o", "a", "--iterations", "3", "--tools", "servers.json")
    (told,) = (line for line in done.stderr.splitlines() if line.startswith("hotel crashed"))
    assert "hotel crashed 2 times" in told
    assert "met a bad page" in told
    shown = run(tmp_path, "stats", "a").stdout
    assert "crashes" in shown
    assert "hotel, last crash: the server crashed during the call; it said:" in shown
    figures = json.loads(run(tmp_path, "stats", "a", "--json").stdout)
    assert figures["servers"]["hotel"]["failures"]["connection"] == 2
    assert sum(tool["failures"].get("connection", 0) for tool in figures["tools"].values()) == 2
    assert "crash" not in figures["failed_by_reason"]
