"""Looking at the processes of the system (Linux)."""

import os
import time
from pathlib import Path


def is_running(pid: int) -> bool:
    """Whether the process runs: one that has ended may still be listed, until its parent asks for it."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def children_of_this_process() -> list[int]:
    """The processes that this one has started and that run."""
    listed = (Path(f"/proc/self/task/{thread}/children") for thread in os.listdir("/proc/self/task"))
    return [int(pid) for path in listed for pid in path.read_text(encoding="ascii").split() if is_running(int(pid))]


def all_end(pids: list[int], seconds: float = 5.0) -> bool:
    """Whether none of the processes runs any more within so many seconds."""
    deadline = time.monotonic() + seconds
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(is_running, pids))
