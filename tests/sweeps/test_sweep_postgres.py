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

from tests.support.sweeps import Sweep, wait_for

pytest.importorskip("psycopg", reason="psycopg, PostgreSQL's driver, is not installed")

PASSWORD = "s3cr3t-pass"


def programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
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
    found = programs()
    assert found is not None
    return found


def as_user(folder: Path) -> list[str]:
    """What goes before a command of the server, which refuses to run as root; ``folder`` is then that user's."""
    if os.geteuid() != 0:
        return []
    known = {one.pw_name for one in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in known else "nobody")
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a database of a server of its own, with the variable of its password."""
    found = installed()
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
            *(f"{found}/initdb", "-D", data, "-U", "me", "--auth=scram-sha-256"),
            *("--pwfile", f"{folder}/password", "--no-sync"),
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        run(f"{found}/pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://me:${{PG_PASSWORD}}@127.0.0.1:{port}/postgres"
        finally:
            run(f"{found}/pg_ctl", "-D", data, "-m", "immediate", "stop")


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
def test_three_workers_share_a_database_and_a_killed_one_costs_no_trial(server: str, sweep: Sweep) -> None:
    sweep.write("space.yaml", "iterations: [7, 8]\nproposals: [4, 5]\n")
    given = ("--storage", server, "--sessions", "24", "--workers", "3")
    process = sweep.start("--trials", "6", *given, PG_PASSWORD=PASSWORD)
    wait_for("study", lambda: (sweep.folder / "out").exists(), process)

    def owned() -> list[optuna.trial.FrozenTrial]:
        running = [one for one in trials(server) if one.state == TrialState.RUNNING]
        return running if len(running) == 3 and all("config" in one.user_attrs for one in running) else []

    victim = wait_for("trial of each worker", owned, process)[0]
    os.kill(victim.user_attrs["owner"]["pid"], signal.SIGKILL)
    out, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert "Traceback" not in said
    found = trials(server)
    assert sum(one.state == TrialState.COMPLETE for one in found) == 6
    assert [one.params for one in found if one.user_attrs.get("retry_of") == victim.number] == [victim.params]
    assert PASSWORD not in out + said
    for path in (sweep.folder / "out").rglob("*"):
        assert path.is_dir() or PASSWORD.encode() not in path.read_bytes(), path
    _, said = sweep.run("--trials", "6", *given, code=1, PG_PASSWORD="wrong-pass")
    assert len(said.splitlines()) == 1
    assert "password authentication failed" in said
    assert "wrong-pass" not in said
