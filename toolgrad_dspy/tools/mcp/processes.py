"""Ending processes together with those that they have started.

A server is the leader of a process group of its own, in which its children are, too, unless they leave it.
"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

GRACE = 1.0
"""Seconds between the request to end (SIGTERM) and the end (SIGKILL)."""

_POLL = 0.01


async def end_group(leader: int) -> None:
    """End all processes in the group of ``leader``; at once if there is none."""
    if _signalled(leader, signal.SIGTERM):
        deadline = time.monotonic() + GRACE
        while _is_alive(leader) and time.monotonic() < deadline:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(_POLL)
        kill_group(leader)


def kill_group(leader: int) -> None:
    """End all processes in the group of ``leader`` without asking them."""
    _signalled(leader, getattr(signal, "SIGKILL", signal.SIGTERM))


def end_marked(marks: Sequence[str]) -> None:
    """End every process with one of ``marks``, as ``NAME=value``, in the environment that it was started with.

    Those in its group are ended with it. Blocks, for a second at most. Where there is no ``/proc`` it does nothing.
    """
    marked = list(_marked(marks))
    for group in marked:
        _signalled(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while marked and time.monotonic() < deadline:
        time.sleep(_POLL)
        marked = [group for group in marked if _is_alive(group)]
    for group in marked:
        kill_group(group)


def _marked(marks: Sequence[str]) -> Iterator[int]:
    """The groups with a process that has one of ``marks``."""
    wanted = {mark.encode() for mark in marks}
    found = {os.getpgrp()} if hasattr(os, "getpgrp") else set()  # never the group in which we are ourselves
    for process in _processes():
        if not wanted.isdisjoint(_read(process / "environ").split(b"\0")):
            with suppress(ProcessLookupError):
                group = os.getpgid(int(process.name))
                if group not in found:
                    found.add(group)
                    yield group


def _is_alive(leader: int) -> bool:
    """Whether anything runs in the group of ``leader``. What has ended stays in it until its parent asks for it,
    which a child whose parent has gone may wait for in vain.
    """
    if not _signalled(leader, 0):
        return False
    # State and group are the first and the third field after the name, which may hold anything (proc(5)).
    stats = [_read(process / "stat").rpartition(b")")[2].split()[:3] for process in _processes()]
    return not stats or any(int(stat[2]) == leader and stat[0] not in b"ZX" for stat in stats if len(stat) == 3)


def _processes() -> Iterator[Path]:
    return Path("/proc").glob("[0-9]*")


def _read(path: Path) -> bytes:
    """What is in ``path``; nothing if it is another user's, or of a process that has just ended."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _signalled(leader: int, number: int) -> bool:
    """Whether there was anyone in the group to send the signal ``number`` to; 0 sends none."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, number)
            return True
    return False
