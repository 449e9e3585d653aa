"""How many server processes of a library run at once."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from toolgrad_dspy.errors import ToolSourceError
from toolgrad_dspy.tools.claims import Bank, Claim, current_claim

SERVER_BYTES = 100_000_000
"""Memory for a server. Measured: 65 MB of its own for one in Node.js, 55 MB for one in Python."""

FEWEST = 4
"""A machine that seems to bear fewer than so many servers is given so many."""


def default_limit() -> int:
    """How many servers this machine can bear.

    As many as fit into an eighth of the memory that is free, at 100 MB each; into half of the files that the process
    may have open, at 4 each; and into a quarter of the processes and threads that the user may have, at 12 each. At
    least 4.
    """
    bounds = [_free_memory() // 8 // SERVER_BYTES]
    with suppress(ImportError):  # Windows
        import resource

        for limited, share in ((resource.RLIMIT_NOFILE, 2 * 4), (resource.RLIMIT_NPROC, 4 * 12)):
            soft, _ = resource.getrlimit(limited)
            if soft != resource.RLIM_INFINITY:
                bounds.append(soft // share)
    return max(FEWEST, min(bounds))


def _free_memory() -> int:
    """Bytes that can be used without taking them from others, also within a container (cgroup v2)."""
    free = []
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")]
    with suppress(OSError, ValueError):  # "max" is no number
        group = Path("/sys/fs/cgroup")
        free.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    if not free and hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        free.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    return max(0, min(free, default=FEWEST * 8 * SERVER_BYTES))


class ServerPool:
    """The places for server processes, ``limit`` of them; None: as many as :func:`default_limit` says, or as one
    sample needs. For one event loop.

    A source says with :meth:`expect` what it will start. A process has a place from :meth:`enter` to :meth:`leave`,
    and those of sessions are lent to them with :meth:`lent`. A process that no session has gives way to others: it is
    ending, or a spare one (:meth:`offer`).
    """

    def __init__(self, limit: int | None = None) -> None:
        self._given = limit
        self._default = 0
        self._shared = 0
        self._isolated = 0
        self._running = 0
        self._bank = Bank()
        self._wanting = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._spares: dict[object, Callable[[], None]] = {}
        self._listener: Callable[[str], None] | None = None

    @property
    def limit(self) -> int:
        """How many processes may run at once."""
        if self._given is not None:
            return self._given
        self._default = self._default or default_limit()
        return self._default

    def expect(self, *, isolated: bool) -> None:
        """A source will start a server for every session, or one for all."""
        self._isolated += isolated
        self._shared += not isolated

    def listen(self, listener: Callable[[str], None]) -> None:
        """Have ``listener`` told once when sessions wait for others to end their servers."""
        self._listener = listener

    def claim(self, sessions: int = 1) -> Claim:
        """A claim for so many sessions at once. Raises ToolSourceError (``too_few_servers``)."""
        claim = Claim(sessions * self._isolated)
        needed = self._shared + claim.most
        if needed > self.limit:
            if self._given is not None:
                raise ToolSourceError(
                    f"a sample needs up to {needed} tool servers at once ({self._shared} that all samples share, "
                    f"{self._isolated} in each of {sessions} tool sessions), and only {self._given} may run; allow "
                    f"{needed} or more with --max-servers, or fewer --proposals",
                    code="too_few_servers",
                )
            self._default = needed
        return claim

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[None]:
        """Wait until the current claim, or a session by itself, can have one more server, and hold it."""
        claim = current_claim() or Claim(1)
        claim.waiting += 1
        self._bank.enter(claim)
        try:
            await self._until(lambda: self._lends(claim))
            claim.held += 1
        finally:
            claim.waiting -= 1
            self._settle(claim)
        try:
            yield
        finally:
            claim.held -= 1
            self._settle(claim)

    async def enter(self) -> None:
        """Take a place for a process, once there is one."""
        await self._until(self._has_room)
        self._running += 1

    def enter_at_once(self) -> bool:
        """Take a place for a spare process if nobody else wants it."""
        free = self._running < self.limit and not self._wanting
        self._running += free
        return free

    def leave(self) -> None:
        """A process has ended."""
        self._running -= 1
        self._wake()

    def offer(self, spare: object, end: Callable[[], None]) -> None:
        """``end`` ends the process of ``spare`` when its place is needed, unless that is withdrawn before."""
        self._spares[spare] = end

    def withdraw(self, spare: object) -> None:
        """The process of ``spare`` has found its session, or its end."""
        self._spares.pop(spare, None)

    def _lends(self, claim: Claim) -> bool:
        if self._bank.lends(claim, self.limit - self._shared):
            return True
        listener, self._listener = self._listener, None
        if listener is not None:
            listener(f"sessions wait for tool servers, of which {self.limit} may run; --max-servers allows more")
        return False

    def _has_room(self) -> bool:
        if self._running < self.limit:
            return True
        if self._spares:
            self._spares.pop(next(iter(self._spares)))()
        return False

    def _settle(self, claim: Claim) -> None:
        self._bank.settle(claim)
        self._wake()

    async def _until(self, ready: Callable[[], bool]) -> None:
        self._wanting += 1
        try:
            while not ready():
                changed = asyncio.get_running_loop().create_future()
                self._waiting.append(changed)
                await changed
        finally:
            self._wanting -= 1

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for changed in waiting:
            if not changed.done():
                changed.set_result(None)
