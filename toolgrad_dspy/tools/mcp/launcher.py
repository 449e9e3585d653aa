"""How the servers of one target are started, again and again.

``npx`` and ``uvx`` take a second each time to find out which program they run, and stay beside it. So when the first
server runs, the program is read off its processes (Linux), and is started itself from then on; if that is not
possible for whatever reason, or fails, the command is run as it is written. What is shown and stored is always that.
"""

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from toolgrad_dspy.tools.mcp.incoming import Incoming, heard
from toolgrad_dspy.tools.mcp.scratch import OWNER
from toolgrad_dspy.tools.mcp.stdio import Command, running
from toolgrad_dspy.tools.mcp.targets import StdioTarget, filled

if TYPE_CHECKING:
    from mcp import Client

RUNNERS = frozenset({"npx", "npm", "pnpm", "pnpx", "bunx", "uvx", "uv", "pipx"})
"""Commands that find out which program to run, and run it as a child of theirs."""


@dataclass(frozen=True, slots=True)
class Program:
    """What a command has turned out to run: ``argv`` with variables, and the environment that it gives to it."""

    argv: tuple[str, ...] = field(repr=False)
    env: Mapping[str, str] = field(repr=False)


class Launcher:
    """Starts the servers of ``target``, marked as those of ``owner``."""

    def __init__(self, target: StdioTarget, owner: str = "") -> None:
        self._owner = owner
        self._target = target
        self._program: Program | None = None
        self._proven: Program | None = None  # the program, once it has started
        self._last: tuple[int, Mapping[str, str]] | None = None

    def uses(self, variable: str) -> bool:
        """Whether ``${variable}`` stands in its target."""
        return self._target.uses(variable)

    @asynccontextmanager
    async def client(
        self, variables: Mapping[str, str], errors: TextIO, incoming: Incoming, on_end: Callable[[], None]
    ) -> AsyncIterator["Client"]:
        """Start a server: a client of it, which hears it through ``incoming``, until it is left. ``on_end`` is called
        when its output ends.
        """
        from mcp import Client

        def started(process: int) -> None:
            self._last = process, dict(variables)

        program, has_started = self._program, False
        try:
            transport = running(self.command(variables), errors, incoming, started, on_end)
            async with Client(heard(transport, incoming), cache=None) as client:
                has_started = True
                self._proven = self._proven or program
                yield client
        finally:
            # Whatever the reason: the next start is by the command as it is written. One that has started once may
            # be cancelled.
            if not has_started and program is not self._proven:
                self._program = None

    def command(self, variables: Mapping[str, str]) -> Command:
        """What is started for a server with these ``variables``."""
        from mcp.client.stdio import get_default_environment

        target, program = self._target, self._program
        argv, env = (
            ((target.command, *target.args), get_default_environment())
            if program is None
            else (program.argv, program.env)
        )
        own = {name: filled(value, variables) for name, value in target.env.items()}
        cwd = filled(target.cwd, variables) if target.cwd else None
        return Command([filled(arg, variables) for arg in argv], {**env, **own, OWNER: self._owner}, cwd, self._owner)

    def learn(self) -> None:
        """Read off the server that was started last which program it is; from now on that is started."""
        if self._last is not None and Path(self._target.command).name in RUNNERS:
            process, variables = self._last
            self._program = _program(process, self._target.args, variables)


def _program(leader: int, args: Sequence[str], variables: Mapping[str, str]) -> Program | None:
    """The program that ``leader`` runs, if there is no doubt about it."""
    try:
        process = _innermost(leader)
        if process == leader or os.readlink(f"/proc/{process}/cwd") != os.readlink(f"/proc/{leader}/cwd"):
            return None
        ran = Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8").split("\0")[:-1]
        pairs = Path(f"/proc/{process}/environ").read_text(encoding="utf-8").split("\0")[:-1]
        executable = os.readlink(f"/proc/{process}/exe")
    except (OSError, ValueError):
        return None
    # Some processes change how they are listed: what was listed has to be able to run.
    script = len(ran) > 1 and os.path.isabs(ran[1]) and os.path.isfile(ran[1])
    if not (script or os.path.realpath(ran[0]) == executable):
        return None
    own = [value for name, value in variables.items() if name != "SEED"]
    argv = _with_variables([executable if script else ran[0], *ran[1:]], args, variables)
    if argv is None or any(value in arg for value in own for arg in argv):
        return None
    env = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    # What is said there of this one session is true of no other.
    return Program(argv, {name: value for name, value in env.items() if not any(one in value for one in own)})


def _with_variables(ran: Sequence[str], args: Sequence[str], variables: Mapping[str, str]) -> tuple[str, ...] | None:
    """``ran`` with the last ``args`` as they are written, with variables, as far as they are the same; None if others
    have variables, too.
    """
    same = 0
    while same < min(len(args), len(ran) - 1) and filled(args[-1 - same], variables) == ran[-1 - same]:
        same += 1
    left = len(args) - same
    return None if any("${" in arg for arg in args[:left]) else (*ran[: len(ran) - same], *args[left:])


def _innermost(leader: int) -> int:
    """The process below ``leader`` that reads and writes its pipes and has no child that does."""
    pipes = _pipes(leader)
    process = leader
    while True:
        listed = (Path(f"/proc/{process}/task/{thread}/children") for thread in os.listdir(f"/proc/{process}/task"))
        children = [int(child) for path in listed for child in path.read_text().split()]
        inner = [child for child in children if _pipes(child) == pipes]
        if len(inner) != 1:
            return process
        process = inner[0]


def _pipes(process: int) -> tuple[str, str]:
    return os.readlink(f"/proc/{process}/fd/0"), os.readlink(f"/proc/{process}/fd/1")
