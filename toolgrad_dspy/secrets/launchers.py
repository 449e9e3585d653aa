"""Which arguments of a command name the program that it runs: a package, a module, a script, an image.

    npx -y @scope/server@1.2 ...        uvx --from package name ...        python -m module ...
    docker run -i --rm -e TOKEN image   uv --directory . run server.py     node build/index.js ...

Only launchers that are listed here are read, and only as far as their options are known: what stands behind an option
that is not may be its value, and so a secret.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Place = Literal["program", "variable"]
"""What an argument is: it names the program, or is ``NAME=value`` for its environment."""


@dataclass(frozen=True, slots=True)
class Launcher:
    """How a launcher's own arguments look, each field as words: ``commands``, options without a value (``flags``) and
    with one (``valued``), and those whose value is a program (``programs``) or a variable (``variables``).

    After one of ``last`` the program's arguments begin. ``assigns``: a bare ``NAME=value`` is a variable.
    """

    commands: str = ""
    flags: str = ""
    valued: str = ""
    programs: str = ""
    variables: str = ""
    last: str = ""
    assigns: bool = False


_NPX = Launcher(
    flags="-y --yes -q --quiet --offline --prefer-offline --no-install --bun",
    valued="--registry --prefix --cache",
    programs="-p --package",
)
_NPM = Launcher("exec dlx x run", _NPX.flags, _NPX.valued, _NPX.programs)
_NODE = Launcher(flags="--no-warnings", valued="-r --require --import --env-file")
_DENO = Launcher("run", flags="-A --allow-all --allow-net --allow-env --allow-read --allow-write --allow-run")
_PYTHON = Launcher(flags="-u -I -B -E -O -s -S -q -P", valued="-W -X", programs="-m", last="-m")
_UVX = Launcher(
    flags="-q --quiet -n --no-cache --isolated --no-project --offline --refresh --system --active --frozen --locked",
    valued="--directory --project --python -p --index-url --default-index --index --extra-index-url --env-file",
    programs="--from --with --with-editable",
)
_UV = Launcher("run tool", _UVX.flags, _UVX.valued, f"{_UVX.programs} -m --module", last="-m --module")
_PIPX = Launcher("run", flags="--quiet --no-cache", valued="--python --index-url", programs="--spec")
_CONTAINERS = Launcher(
    "container run",
    flags="-i -t -it -d --rm --init --interactive --tty --privileged --read-only",
    valued="-v --volume -p --publish --name --network --net --mount --entrypoint -w --workdir -u --user --pull "
    "--platform --add-host --env-file --memory --cpus -l --label -h --hostname",
    variables="-e --env",
)
_LAUNCHERS: Mapping[str, Launcher] = {
    **dict.fromkeys(("npx", "pnpx", "bunx"), _NPX),
    **dict.fromkeys(("npm", "pnpm", "yarn", "bun"), _NPM),
    **dict.fromkeys(("node", "nodejs", "tsx", "ts-node"), _NODE),
    **dict.fromkeys(("python", "pythonw", "py", "pypy"), _PYTHON),
    **dict.fromkeys(("docker", "podman", "nerdctl"), _CONTAINERS),
    "deno": _DENO,
    "uvx": _UVX,
    "uv": _UV,
    "pipx": _PIPX,
    "java": Launcher(valued="-cp -classpath", programs="-jar", last="-jar"),
    "env": Launcher(flags="-i -", assigns=True),
    **dict.fromkeys(("cmd", "wsl", "sudo"), Launcher(flags="/c /C /k -E -n")),
}
# Of "python3.12", "npx.cmd", "java.exe".
_ENDING = re.compile(r"[\d.]*(?:\.(?:exe|cmd|bat|sh))?$", re.IGNORECASE)


def places(command: str, args: Sequence[str]) -> dict[int, Place]:
    """What the arguments are whose place says it, by their position.

    >>> places("npx", ("-y", "@scope/server", "--key", "x"))
    {1: 'program'}
    >>> places("cmd", ("/c", "docker", "run", "-e", "TOKEN=x", "image", "argument"))
    {1: 'program', 2: 'program', 4: 'variable', 5: 'program'}
    """
    return dict(_places(command, args, 0))


def _places(command: str, args: Sequence[str], start: int) -> Iterator[tuple[int, Place]]:
    name = re.split(r"[/\\]", command)[-1]
    launcher = _LAUNCHERS.get(_ENDING.sub("", name).lower())
    if launcher is None:
        return
    position = start
    while position < len(args):
        option, equals, _ = args[position].partition("=")
        behind = position if equals else position + 1  # where the value of an option stands
        if option in launcher.programs.split():
            yield behind, "program"
            if option in launcher.last.split():
                return
        elif option in launcher.variables.split():
            yield behind, "variable"
        elif launcher.assigns and equals and not option.startswith("-"):
            yield position, "variable"
        elif args[position] in launcher.commands.split():
            yield position, "program"
            behind = position
        elif option in launcher.flags.split():
            behind = position
        elif option not in launcher.valued.split():
            if not option.startswith("-"):
                yield position, "program"
                yield from _places(args[position], args, position + 1)
            return
        position = behind + 1
