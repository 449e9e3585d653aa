"""Secrets in all the places where people put them, and where commands then write or print them: nowhere.

    python benchmarks/canaries.py

Each place of a configuration, an environment or a file holds a canary: a key that stands nowhere else. Real commands
then run on servers that tell all they were given, plainly and encoded, on one that says it when it dies, and on a
model server that repeats its key in its errors. At the end every byte that was written or printed is searched for
every canary: as it is, percent-encoded, and in Base64, also inside of a longer text.

``reached`` says how often the canary was told by a server or a model: 0 stands for one that only a command read.
"""

import argparse
import base64
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.leaky_web import leaky_web  # noqa: E402
from tests.support.model_servers import ModelServer  # noqa: E402
from tests.support.model_servers.formats.base import WireAnswer  # noqa: E402
from tests.support.servers import leaky  # noqa: E402

LEAKY = str(Path(leaky.__file__))
SMALL = ("--iterations", "3", "--mini-batch", "12", "--quiet")
TASKS = ("--train", "4", "--validation", "4", "--test", "4", "--metric-calls", "4", "--iterations", "2")


@dataclass(frozen=True, slots=True)
class CanaryResult:
    """A canary, how often servers told it, and where it was found afterwards: files, and outputs of commands."""

    place: str
    value: str
    reached: int
    found: tuple[str, ...]


@dataclass(slots=True)
class _Birds:
    """The canaries by their place."""

    values: dict[str, str] = field(default_factory=dict)

    def at(self, place: str, *, safe: bool = False) -> str:
        """A new canary, with what has to be encoded in a URL unless it has to be ``safe`` there."""
        value = f"cnry-{len(self.values):02}-{secrets.token_hex(6)}" + ("" if safe else f"/{secrets.token_hex(4)}+&=")
        self.values[place] = value
        return value


@dataclass(frozen=True, slots=True)
class _Command:
    name: str
    arguments: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


def canaries(folder: Path) -> list[CanaryResult]:
    """Play all commands in ``folder``, which has to be empty, and search what they leave."""
    birds, home = _Birds(), folder / "home"
    home.mkdir(parents=True)
    witness = folder / "witness.txt"
    witness.touch()
    with ExitStack() as servers:
        told: list[str] = []
        printed = dict(_played(birds, home, witness, told, servers))
    said = "\n".join((witness.read_text(encoding="utf-8"), *told)).encode()
    inputs = {home / name for name in _INPUTS}
    written = {
        str(path.relative_to(folder)): path for path in home.rglob("*") if path.is_file() and path not in inputs
    }
    texts = {
        **{name: path.read_bytes() for name, path in written.items()},
        **{name: text.encode() for name, text in printed.items()},
    }
    return [
        CanaryResult(
            place,
            value,
            sum(said.count(form) for form in {*forms(value)}),
            tuple(name for name, content in texts.items() if any(form in content for form in forms(value))),
        )
        for place, value in birds.values.items()
    ]


def forms(value: str) -> Iterator[bytes]:
    """The forms of ``value`` that are searched for."""
    yield value.encode()
    yield json.dumps(value)[1:-1].encode()
    yield quote(value, safe="").encode()
    yield quote(value).encode()
    for before in range(3):
        # Without the characters at the ends that depend on what stands before and after it.
        inner = base64.b64encode(bytes(before) + value.encode())[4:-4]
        yield inner
        yield inner.translate(bytes.maketrans(b"+/", b"-_"))


# What a user wrote, and so has the canaries in it.
_INPUTS = (".env", "told.json", "dies.json", "missing.json", "web.json", "refusing.json", "wrong.json", "c.yaml")


def _played(
    birds: _Birds, home: Path, witness: Path, told: list[str], servers: ExitStack
) -> Iterator[tuple[str, str]]:
    """What each command printed, by its name."""
    web = servers.enter_context(leaky_web(told))
    refusing = servers.enter_context(leaky_web(told, 401))
    model = servers.enter_context(ModelServer("openai"))
    key, repeated = birds.at("model key in the environment"), birds.at("model key that an error repeats")
    echo = servers.enter_context(ModelServer("openai", trouble=_repeating(repeated, told)))
    _write_inputs(birds, home, witness, web, refusing)
    in_base = birds.at("part of TOOLGRAD_API_BASE", safe=True)
    environ = {
        "TOOLGRAD_MODEL": model.model,
        "TOOLGRAD_API_BASE": model.url,
        "TOOLGRAD_API_KEY": key,
        "OWN_KEY": birds.at("${V} in env, from the environment"),
        "OWN_URL": f"https://me:{birds.at('${V} in args, a password in a URL', safe=True)}@example.org/db",
        "GITHUB_TOKEN": birds.at("token in the environment that nothing uses"),
    }
    gateway = {**environ, "TOOLGRAD_API_BASE": f"{model.url}/{in_base}"}
    echoing = {**environ, "TOOLGRAD_API_BASE": echo.url, "TOOLGRAD_API_KEY": repeated, "TOOLGRAD_RETRIES": "0"}
    configured = ("--config", "c.yaml")
    told_by = ("--tools", "told.json")
    # Each of these uses what the one before it has left.
    chains: list[list[_Command]] = [
        [
            _Command("generate", ("generate", "-n", "3", "-o", "run", *told_by, *SMALL), environ),
            _Command("generate again", ("generate", "-n", "4", "-o", "run", *told_by, *SMALL), environ),
            _Command("show", ("show", "run", "0"), {}),
            _Command("export", ("export", "run", "-o", "rows"), {}),
            _Command("generate --config", ("generate", "-n", "1", "-o", "own", *told_by, *configured, *SMALL)),
            _Command(
                "generate on the web", ("generate", "-n", "2", "-o", "web", "--tools", "web.json", *SMALL), environ
            ),
            _Command("a command that is missing", ("tools", "list", "--tools", "missing.json"), environ),
            _Command("a server that refuses", ("tools", "list", "--tools", "refusing.json"), environ),
            _Command("a file that is wrong", ("tools", "list", "--tools", "wrong.json"), environ),
        ],
        [
            _Command("tools list", ("tools", "list", *told_by, "--json"), environ),
            _Command("doctor", ("doctor", "--tools", "dies.json", *configured, "--json"), environ),
            _Command("doctor --models", ("doctor", "--models", *configured), gateway),
            _Command("config show", ("config", "show", *configured, "--json"), gateway),
            _Command("generate at a gateway", ("generate", "-n", "1", "-o", "gateway", *SMALL), gateway),
            _Command("a model that repeats its key", ("generate", "-n", "2", "-o", "echo", *SMALL), echoing),
            _Command("compile", ("compile", "-o", "p.json", *told_by, "--quiet", *TASKS), environ),
            _Command("programs show", ("programs", "show", "p.json", "--json"), {}),
        ],
    ]
    with ThreadPoolExecutor(len(chains)) as pool:
        for outputs in pool.map(lambda chain: [(command.name, _run(home, command)) for command in chain], chains):
            yield from outputs


def _write_inputs(birds: _Birds, home: Path, witness: Path, web: str, refusing: str) -> None:
    """The files of a user who keeps secrets wherever one can."""
    given: dict[str, Any] = {
        "command": sys.executable,
        "args": [
            LEAKY,
            *("--header", f"Authorization: Bearer {birds.at('--header Authorization: Bearer X')}"),
            *("-e", f"TOKEN={birds.at('-e TOKEN=X')}"),
            *("--pat", birds.at("--pat X")),
            f"--pat={birds.at('--pat=X')}",
            f"-p{birds.at('-pX')}",
            birds.at("a positional key"),
            f"postgresql://me:{birds.at('a password in a connection string', safe=True)}@db.example.org/sales",
            f"Server=tcp:db,1433;User ID=me;Password={birds.at('Password=X;', safe=True)};Encrypt=true",
            json.dumps({"api": {"token": birds.at("a JSON argument")}, "n": 1}),
            f"https://example.org/mcp?api_key={quote(birds.at('a key in the query of a URL'), safe='')}",
            f"https://example.org/s/{birds.at('a key in the path of a URL', safe=True)}/sse",
            f"https://{birds.at('a key for the user of a URL', safe=True)}@example.org/mcp",
            f"${{NOT_SET:-{birds.at('${V:-X} in args')}}}",
            "--db=${OWN_URL}",
            f"exec --key {birds.at('a command in an argument')} --fast",
        ],
        "env": {
            "WITNESS": str(witness),
            "PLAIN": birds.at("a value of env"),
            "REFERRED": "${OWN_KEY}",
            "DEFAULT": f"${{NOT_SET:-{birds.at('${V:-X} in env')}}}",
            "PEM": f"-----BEGIN KEY-----\n{birds.at('a line of a value of env', safe=True)}\n-----END KEY-----",
        },
        "isolation": "session",
        "allow_writes": True,
    }
    basic = f"me:{birds.at('a password in a Basic header')}"
    headers = {
        "Authorization": f"Bearer {birds.at('a header: Bearer X', safe=True)}",
        "X-Custom": birds.at("a header", safe=True),
        "Proxy-Hint": f"Basic {base64.b64encode(basic.encode()).decode()}",
    }
    url = f"/s/{birds.at('a key in the path of a server', safe=True)}?k={birds.at('a key in its query', safe=True)}"
    wrong = {"command": "x", "args": [f"${{V:{birds.at('a variable that is written wrong')}}}"]}
    missing = {**given, "command": f"no-such-server --key {birds.at('a key in the command')}"}
    _servers(home / "told.json", told=given)
    _servers(home / "dies.json", told={**given, "args": [*given["args"], "--die"]})
    _servers(home / "missing.json", told=missing)
    _servers(home / "web.json", web={"url": f"http://{web}{url}", "headers": headers})
    _servers(home / "refusing.json", web={"url": f"http://{refusing}{url}", "headers": headers})
    _servers(home / "wrong.json", wrong=wrong)
    # A password in a connection string, and keys of providers that only a file names.
    (home / ".env").write_text(
        f"ANTHROPIC_API_KEY={birds.at('a key in .env', safe=True)}\n"
        f"DATABASE_PASSWORD='{birds.at('another secret in .env', safe=True)}'\n",
        encoding="utf-8",
    )
    in_file = birds.at("a model key in the configuration file", safe=True)
    (home / "c.yaml").write_text(f"models: {{judge: {{model: rehearsal, api_key: {in_file}}}}}\n", encoding="utf-8")


def _servers(path: Path, **entries: object) -> None:
    path.write_text(json.dumps({"mcpServers": entries}, indent=1), encoding="utf-8")


def _repeating(key: str, told: list[str]) -> Any:
    """Trouble of a model server: after the check before the first session it repeats its key in its errors."""
    requests = iter(range(1_000_000))

    def trouble(_: object) -> WireAnswer | None:
        number = next(requests)
        if number < 2:
            return None
        message = f"{key}, {quote(key, safe='')}, {base64.b64encode(f'Bearer {key}'.encode()).decode()} may not do it"
        told.append(message)
        error = {"error": {"message": message, "type": "server_error", "code": None}}
        return WireAnswer((400, 500, 200)[number % 3], error)

    return trouble


def _run(home: Path, command: _Command) -> str:
    """What the command printed, however it ended; a traceback is a fault of its own."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not re.match(r"TOOLGRAD_|.*(?:_API_KEY|_API_BASE|_BASE_URL)$", name)
    }
    own = {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "DSPY_CACHEDIR": str(home / ".dspy")}
    done = subprocess.run(
        [sys.executable, "-m", "toolgrad_dspy", *command.arguments],
        cwd=home,
        env={**inherited, **own, "PYTHONPATH": str(ROOT), **command.variables},
        capture_output=True,
        text=True,
    )
    if "Traceback" in done.stderr:
        raise RuntimeError(f"toolgrad-dspy {' '.join(command.arguments)} ended with a traceback: {done.stderr}")
    return done.stdout + done.stderr


def main() -> None:
    argparse.ArgumentParser(description=__doc__.split("\n")[0]).parse_args()
    with TemporaryDirectory() as folder:
        results = canaries(Path(folder, "canaries"))
    width = max(len(result.place) for result in results)
    for result in results:
        where = ", ".join(result.found) or "nowhere"
        print(f"{result.place:<{width}}  reached {result.reached:>5}  found {where}")
    found = sum(bool(result.found) for result in results)
    print(f"{len(results)} canaries, {found} found")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
