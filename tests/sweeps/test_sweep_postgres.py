"""The sweep on PostgreSQL, started by the test."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from sqlalchemy import NullPool

from tests.support.sweeps import LONG, SweepCommand, under_way, wait_for

pytest.importorskip("psycopg", reason="psycopg, PostgreSQL's driver, is not installed")

PASSWORD = "s3cr3t-pass"


def programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``."""
    initdb = shutil.which("initdb")
    if initdb:
        return Path(initdb).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return versions[-1] if versions else None


def installed() -> Path:
    """The same, installed if Debian's package is at hand. Skips if it is not."""
    if programs() is None:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            pytest.skip("PostgreSQL is not installed, and this is not root on Debian, who could install it")
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "postgresql"]):
            try:
                done = subprocess.run(
                    command,
                    env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                    capture_output=True,
                    text=True,
                    timeout=240,
                )
            except subprocess.TimeoutExpired:
                pytest.skip(f"PostgreSQL is not installed, and {' '.join(command[:2])} did not end in time")
            if done.returncode:
                pytest.skip(f"PostgreSQL cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
    folder = programs()
    assert folder is not None
    return folder


def as_user(folder: Path) -> list[str]:
    """What goes before a command of the server, which refuses to run as root; ``folder`` is then that user's."""
    if os.geteuid() != 0:
        return []
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a database of a server of its own, with the variable of its password."""
    binaries = installed()
    # Not in pytest's folder, which other users cannot enter.
    with tempfile.TemporaryDirectory(prefix="sweep-pg-") as name:
        folder = Path(name)
        (folder / "password").write_text(PASSWORD)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        user = as_user(folder)
        data = f"{folder}/data"

        def run(*command: str) -> None:
            # To a file: the server keeps what it is given open.
            with (folder / "said").open("w") as said:
                done = subprocess.run([*user, *command], cwd=folder, stdout=said, stderr=said, timeout=120)
            assert done.returncode == 0, (folder / "said").read_text()

        run(
            *(f"{binaries}/initdb", "-D", data, "-U", "me", "--auth=scram-sha-256"),
            *("--pwfile", f"{folder}/password", "--no-sync"),
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        run(f"{binaries}/pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://me:${{PG_PASSWORD}}@127.0.0.1:{port}/postgres"
        finally:
            run(f"{binaries}/pg_ctl", "-D", data, "-m", "immediate", "stop")


def trials(url: str) -> list[optuna.trial.FrozenTrial]:
    """The study's trials, through a connection that is closed."""
    storage = optuna.storages.RDBStorage(
        url.replace("${PG_PASSWORD}", PASSWORD), engine_kwargs={"poolclass": NullPool}, skip_table_creation=True
    )
    try:
        return optuna.load_study(study_name="sweep", storage=storage).trials
    finally:
        storage.remove_session()
        storage.engine.dispose()


@pytest.mark.slow
def test_three_workers_share_a_database_and_a_killed_one_costs_no_trial(server: str, sweep: SweepCommand) -> None:
    sweep.write("space.yaml", LONG)
    given = ("--storage", server, "--sessions", "24", "--workers", "3")
    process = sweep.start("--trials", "6", *given, environment={"PG_PASSWORD": PASSWORD})
    wait_for("study", sweep.output.exists, process)
    victim = wait_for("trial of each worker", lambda: under_way(trials(server), 3), process)[0]
    os.kill(victim.user_attrs["owner"]["pid"], signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == 0, stderr
    assert "Traceback" not in stderr
    stored = trials(server)
    assert sum(trial.state == TrialState.COMPLETE for trial in stored) == 6
    again = [trial.params for trial in stored if trial.user_attrs.get("retry_of") == victim.number]
    assert again == [victim.params]
    assert PASSWORD not in stdout + stderr
    for path in sweep.output.rglob("*"):
        assert path.is_dir() or PASSWORD.encode() not in path.read_bytes(), path
    refused = sweep.refusal("--trials", "6", *given, code=1, environment={"PG_PASSWORD": "wrong-pass"})
    assert "[storage_failed]" in refused
    # The server's own words: the reason is that of the driver.
    assert "password authentication failed" in refused
    assert "wrong-pass" not in refused
