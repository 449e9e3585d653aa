"""The commands as a user runs them, in a process of their own, on the embedded defaults."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import RUN, run
from tests.support.mcp_helpers import SERVERS as SCRIPTS
from tests.support.model_servers import Fault, FaultPlan, ModelServer
from toolgrad_dspy.records import Session
from toolgrad_dspy.runs import RunStore


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """The last line of standard error, which says what is wrong; only notes may come before it."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("model: rehearsal")]
    assert lines, "it says what is wrong"
    assert lines[-1].startswith("toolgrad-dspy: ")
    return lines[-1]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ten sessions were run into ``runs/a``."""
    folder = tmp_path_factory.mktemp("finished")
    run(folder, "generate", "-n", "10", "-o", "runs/a", "--seed", "3")
    return folder


def test_generate_fills_a_run_folder_and_says_what_to_do_next(tmp_path: Path) -> None:
    done = run(tmp_path, "generate", "-n", "3", "-o", "runs/a")
    assert all(word in done.stdout for word in ("3", "accepted", "runs/a"))
    assert "rehearsal" in done.stderr
    assert "toolgrad-dspy show runs/a 0" in done.stderr
    assert "runs/a/samples.jsonl" in done.stderr
    samples = [json.loads(line) for line in (tmp_path / "runs/a/samples.jsonl").read_text().splitlines()]
    assert [sample["id"] for sample in samples] == ["0-000000", "0-000001", "0-000002"]
    assert all(sample["query"] and sample["response"] and sample["workflow"]["chains"] for sample in samples)


def test_the_same_command_on_the_same_folder_adds_only_what_is_missing(finished: Path) -> None:
    before = (finished / "runs/a/samples.jsonl").read_text()
    done = run(finished, "generate", "-n", "12", "-o", "runs/a", "--seed", "3", "--json")
    assert json.loads(done.stdout)["sessions"] == 12
    assert (finished / "runs/a/samples.jsonl").read_text().startswith(before)


def test_another_configuration_on_the_same_folder_is_refused_by_name(finished: Path) -> None:
    done = run(finished, "generate", "-n", "12", "-o", "runs/a", "--seed", "3", "--iterations", "6", code=2)
    assert "[other_configuration]" in one_line(done)
    assert "program.iterations: 8" in one_line(done)


def test_stats_speak_the_papers_terms_for_people_and_machines(finished: Path) -> None:
    assert "pass rate" in run(finished, "stats", "runs/a").stdout
    figures = json.loads(run(finished, "stats", "runs/a", "--json").stdout)
    assert figures["pass_rate"] == 1.0
    assert figures["steps_per_sample"] > 1
    assert figures["lm_calls_per_sample"] >= 9


def test_show_lists_sessions_and_shows_one_of_them_step_by_step(finished: Path) -> None:
    listed = run(finished, "show", "runs/a").stdout.splitlines()
    assert len(listed) >= 12
    session = json.loads(run(finished, "show", "runs/a", "2", "--json").stdout)
    assert session["index"] == 2
    shown = run(finished, "show", "runs/a", "2").stdout
    sample = session["sample"]
    selections = [iteration["selection"] for iteration in session["trace"]["iterations"] if iteration["selection"]]
    for part in (sample["query"], sample["response"], selections[0]["reason"], selections[0]["lacking"]):
        assert part in shown
    for chain in sample["workflow"]["chains"]:
        assert chain["id"] in shown
        assert all(step["call"]["tool"] in shown for step in chain["steps"])


def test_show_has_the_sample_alone_and_needs_to_know_whose(finished: Path) -> None:
    whole = json.loads(run(finished, "show", "runs/a", "2", "--json").stdout)
    assert json.loads(run(finished, "show", "runs/a", "2", "--sample", "--json").stdout) == whole["sample"]
    assert "[sample_without_session]" in one_line(run(finished, "show", "runs/a", "--sample", code=2))


def test_export_writes_what_was_accepted_and_says_how_much(finished: Path) -> None:
    done = run(finished, "export", "runs/a", "-o", "data/a", "--format", "openai", "--json")
    manifest = json.loads(done.stdout)
    assert manifest == json.loads((finished / "data/a/manifest.json").read_text())
    (file,) = manifest["files"]
    rows = [json.loads(line) for line in (finished / "data/a" / file["name"]).read_text().splitlines()]
    assert len(rows) == file["rows"] == manifest["samples"]
    assert "[folder_not_empty]" in one_line(run(finished, "export", "runs/a", "-o", "data/a", code=2))
    assert "[unknown_format]" in one_line(run(finished, "export", "runs/a", "-o", "b", "--format", "opanai", code=2))


def test_show_names_a_session_that_is_not_there(finished: Path) -> None:
    message = one_line(run(finished, "show", "runs/a", "4711", code=2))
    assert "[no_such_session]" in message
    assert "4711" in message


def sessions_of(folder: Path, *options: str) -> list[Session]:
    """The sessions of a run with ``options``."""
    run(folder, "generate", "-n", "3", "-o", "run", "--quiet", *options)
    with RunStore.open(folder / "run") as store:
        return list(store.sessions())


@pytest.mark.slow
@pytest.mark.parametrize("most", [4, 9])
def test_a_session_makes_no_more_calls_than_it_may_and_ends_with_its_steps(most: int, tmp_path: Path) -> None:
    sessions = sessions_of(tmp_path, "--max-calls-per-session", str(most))
    assert [session.usage.lm_calls for session in sessions] == [pytest.approx(most, abs=1)] * 3
    assert all(session.usage.lm_calls <= most for session in sessions)
    assert all(session.status == "accepted" and session.sample for session in sessions)
    assert "max_calls: " + str(most) in (tmp_path / "run/config.yaml").read_text()


@pytest.mark.slow
def test_every_failed_proposal_is_mended_only_where_that_is_asked_for(tmp_path: Path) -> None:
    for folder in ("needed", "all"):
        (tmp_path / folder).mkdir()
    plain = ("--base", "plain", "--iterations", "3")
    needed = sessions_of(tmp_path / "needed", *plain)
    for session in needed:
        for iteration in session.trace.iterations:
            at_once = [report for report in iteration.reports if all(not a.turn for a in report.attempts)]
            mended = [report for report in iteration.reports if any(a.turn for a in report.attempts)]
            assert not (mended and any(report.outcome == "ok" for report in at_once))
    everything = sessions_of(tmp_path / "all", *plain, "--mend", "all")
    asked = [
        sum(session.usage.roles["executor"].calls for session in sessions if "executor" in session.usage.roles)
        for sessions in (needed, everything)
    ]
    assert asked[0] < asked[1]


@pytest.mark.slow
def test_the_base_that_is_named_is_the_one_that_runs(tmp_path: Path) -> None:
    taken = []
    for base in ("plain", "shipped"):
        (tmp_path / base).mkdir()
        sessions = sessions_of(tmp_path / base, "--base", base, "--iterations", "3")
        steps = [step for session in sessions if session.sample for step in session.sample.workflow.steps]
        taken.append(sum(bool(step.depends_on) for step in steps))
    assert taken[0] == 0 < taken[1]


@pytest.mark.parametrize(
    "wrong",
    [("--mend", "some"), ("--base", "best"), ("--max-calls-per-session", "3"), ("--max-calls-per-session", "-1")],
)
@pytest.mark.parametrize("command", [("generate", "-n", "1"), ("compile",)])
def test_a_value_that_an_option_of_the_loop_does_not_take_is_a_usage_error(
    command: tuple[str, ...], wrong: tuple[str, str], tmp_path: Path
) -> None:
    assert wrong[0] in run(tmp_path, *command, *wrong, code=2).stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_tools_list_and_show_describe_the_town(tmp_path: Path) -> None:
    listing = json.loads(run(tmp_path, "tools", "list", "--json").stdout)
    listed = listing["tools"]
    assert listing["notes"] == []
    assert len(listed) >= 24
    assert len({tool["category"] for tool in listed}) >= 6
    assert "book_table" in run(tmp_path, "tools", "list").stdout
    assert json.loads(run(tmp_path, "tools", "show", "book_table").stdout)["name"] == "book_table"


@pytest.mark.slow
def test_a_tool_with_an_invalid_schema_is_left_out_wherever_tools_are_listed(tmp_path: Path) -> None:
    servers = {"db": {"command": sys.executable, "args": [str(SCRIPTS / "broken_schema.py")]}}
    (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": servers}), encoding="utf-8")
    listed = run(tmp_path, "tools", "list", "--tools", "servers.json")
    assert "fine" in listed.stdout
    doctor = run(tmp_path, "doctor", "--tools", "servers.json")
    for told in (listed.stderr, doctor.stdout):
        assert all(word in told for word in ("'broken'", "/properties/when/type"))
    listing = json.loads(run(tmp_path, "tools", "list", "--tools", "servers.json", "--json").stdout)
    assert [tool["name"] for tool in listing["tools"]] == ["fine"]
    assert [(note["code"], note["tools"]) for note in listing["notes"]] == [("invalid_schema", ["broken"])]
    report = json.loads(run(tmp_path, "doctor", "--tools", "servers.json", "--json").stdout)
    assert (report["tools"]["count"], len(report["tools"]["notes"]), report["problems"]) == (1, 1, [])
    assert "'broken'" in run(tmp_path, "tools", "show", "broken", "--tools", "servers.json", code=2).stderr


@pytest.mark.slow
def test_killed_in_the_middle_a_run_resumes_without_loss_or_repetition(tmp_path: Path) -> None:
    arguments = ["generate", "-n", "30", "-o", "run", "--max-concurrency", "8", "--quiet"]
    process = subprocess.Popen([*RUN, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        stored = wait_for_sessions(tmp_path / "run/run.db", 5, process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert 5 <= stored < 30
    run(tmp_path, *arguments)
    run(tmp_path, "generate", "-n", "30", "-o", "whole", "--quiet")
    with RunStore.open(tmp_path / "run") as resumed, RunStore.open(tmp_path / "whole") as whole:
        assert [s.index for s in resumed.sessions(traces=False)] == list(range(30))
        assert [s.sample for s in resumed.sessions(traces=False)] == [s.sample for s in whole.sessions(traces=False)]


@pytest.mark.slow
def test_interrupted_a_run_keeps_what_has_ended_and_says_how_to_resume(tmp_path: Path) -> None:
    arguments = ["generate", "-n", "400", "-o", "run", "--max-concurrency", "4"]
    process = subprocess.Popen(
        [*RUN, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    wait_for_sessions(tmp_path / "run/run.db", 3, process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert "-o run" in errors.splitlines()[-1]
    with RunStore.open(tmp_path / "run") as store:
        assert 3 <= len(store.done()) < 400


def wait_for_sessions(database: Path, count: int, process: "subprocess.Popen[Any]") -> int:
    """Wait until the store holds ``count`` sessions; how many it holds then."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if database.exists():
            connection = sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)
            try:
                (stored,) = connection.execute("SELECT count(*) FROM sessions").fetchone()
                if stored >= count:
                    return int(stored)
            except sqlite3.OperationalError:
                pass  # the table is not there yet
            finally:
                connection.close()
        time.sleep(0.02)
    raise AssertionError("the run did not get that far")


TOOLS = {
    "no such file": (None, "missing.json"),
    "not JSON": ('{"mcpServers": ', "servers.json"),
    "an unknown key": ('{"mcpServers": {"a": {"command": "x", "isolatoin": "session"}}}', "isolation"),
    "no servers": ('{"mcpServers": {}}', "servers.json"),
}


@pytest.mark.parametrize("case", TOOLS)
def test_a_tools_file_that_is_wrong_is_one_line_and_a_usage_error(case: str, tmp_path: Path) -> None:
    text, expected = TOOLS[case]
    path = tmp_path / ("servers.json" if text else "missing.json")
    if text:
        path.write_text(text)
    assert expected in one_line(run(tmp_path, "generate", "-n", "1", "-o", "run", "--tools", path.name, code=2))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", [["compile"], ["tools", "list"]])
def test_every_command_with_tools_says_what_is_wrong_with_their_file(command: list[str], tmp_path: Path) -> None:
    assert "missing.json" in one_line(run(tmp_path, *command, "--tools", "missing.json", code=2))


SERVERS = {
    "does not exist": ("toolgrad-no-such-command", []),
    "exits at once": (sys.executable, ["-c", "import sys; sys.exit('no database')"]),
    "hangs": (sys.executable, ["-c", "import time; time.sleep(600)"]),
    "is no MCP server": (sys.executable, ["-c", "print('hello')"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", SERVERS)
def test_a_server_that_does_not_start_is_one_line_that_names_it(case: str, tmp_path: Path) -> None:
    command, arguments = SERVERS[case]
    entry = {"command": command, "args": arguments, "start_timeout": 3}
    (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": {"broken": entry}}))
    done = run(tmp_path, "generate", "-n", "1", "-o", "run", "--tools", "servers.json", code=1)
    assert "broken" in one_line(done)
    assert not (tmp_path / "run").exists()


SERVER = """
from mcp.server import Server
import mcp.types as types, asyncio
from mcp.server.mcpserver import MCPServer
server = MCPServer("s")
@server.tool()
def look(word: str) -> str:
    "Look a word up."
    return word
if __name__ == "__main__":
    server.run()
"""


@pytest.mark.slow
def test_two_tools_of_one_name_are_one_line_that_says_how_to_tell_them_apart(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    entry = {"command": sys.executable, "args": ["server.py"], "allow_writes": True}
    (tmp_path / "servers.json").write_text(json.dumps({"mcpServers": {"one": entry, "two": entry}}))
    message = one_line(run(tmp_path, "tools", "list", "--tools", "servers.json", code=1))
    for word in ("look", "one", "two", "prefix"):
        assert word in message


@pytest.mark.slow
def test_a_program_of_other_signatures_is_refused(tmp_path: Path) -> None:
    program = {"format": "toolgrad-dspy program 1", "signatures": "0" * 16, "compiled": {}, "state": {}}
    (tmp_path / "p.json").write_text(json.dumps(program))
    done = run(tmp_path, "generate", "-n", "1", "-o", "run", "--program", "p.json", code=2)
    assert "p.json" in one_line(done)
    (tmp_path / "p.json").write_text("[]")
    assert "p.json" in one_line(run(tmp_path, "generate", "-n", "1", "--program", "p.json", code=2))
    assert list(tmp_path.iterdir()) == [tmp_path / "p.json"]


MODELS = {
    "no provider": ({"TOOLGRAD_MODEL": "nonsense"}, 2, "nonsense"),
    "a missing key": ({"TOOLGRAD_MODEL": "openai/gpt-4.1-mini"}, 1, "OPENAI_API_KEY"),
    "a misspelt variable": ({"TOOLGRAD_MODLE": "openai/gpt-4.1-mini"}, 2, "TOOLGRAD_MODEL"),
    "a value out of range": ({"TOOLGRAD_TEMPERATURE": "7"}, 2, "TOOLGRAD_TEMPERATURE"),
}


@pytest.mark.parametrize("case", MODELS)
def test_a_model_that_cannot_be_used_is_one_line_that_says_what_to_set(case: str, tmp_path: Path) -> None:
    environment, code, expected = MODELS[case]
    done = run(tmp_path, "generate", "-n", "2", "-o", "run", code=code, env=environment)
    assert expected in one_line(done)


@pytest.mark.slow
def test_an_unknown_provider_is_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "generate", "-n", "1", "-o", "run", code=2, env={"TOOLGRAD_MODEL": "nobody/nothing"})
    assert "nobody" in one_line(done)


@pytest.mark.parametrize("arguments", [["-n", "0"], ["-n", "-1"], [], ["-n", "x"], ["-n", "1", "--iterations", "0"]])
def test_a_count_that_makes_no_sense_is_a_usage_error(arguments: list[str], tmp_path: Path) -> None:
    done = run(tmp_path, "generate", *arguments, "-o", "run", code=2)
    assert "Usage:" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_disk_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    message = one_line(run(tmp_path, "generate", "-n", "1", "-o", "file/run", code=1))
    assert "file/run" in message
    message = one_line(run(tmp_path, "compile", "-o", "file/p.json", "--metric-calls", "20", "--test", "4", code=1))
    assert "file/p.json" in message


@pytest.mark.slow
def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("chapter one")
    message = one_line(run(tmp_path, "generate", "-n", "1", "-o", ".", code=2))
    assert "[foreign_folder]" in message
    assert "thesis.txt" in message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thesis.txt"]
    for command in (["show", "."], ["stats", "nowhere"]):
        assert "[not_a_run]" in one_line(run(tmp_path, *command, code=2))


def test_compile_does_not_overwrite_a_program_unless_told_to(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("precious")
    assert "--force" in one_line(run(tmp_path, "compile", "-o", "p.json", code=2))
    assert (tmp_path / "p.json").read_text() == "precious"


def test_an_unknown_optimizer_is_answered_with_the_nearest(tmp_path: Path) -> None:
    assert "[unknown_optimizer]" in one_line(run(tmp_path, "compile", "--optimizer", "gepaa", code=2))


@pytest.mark.slow
def test_a_dry_run_can_estimate_from_a_run_that_is_there(finished: Path) -> None:
    stats = json.loads(run(finished, "stats", "runs/a", "--json").stdout)
    arguments = ("generate", "-n", "500", "--dry-run", "--from", "runs/a")
    guess = json.loads(run(finished, *arguments, "--json").stdout)
    assert guess["sessions"] == stats["sessions"]
    assert guess["from"] == "runs/a"
    spent = sum(entry["calls"] for entry in stats["spent"] if entry["role"] != "tools")
    assert guess["figures"]["LM calls"]["mean"] == pytest.approx(spent / stats["sessions"])
    for figure in (str(stats["sessions"]), "runs/a", "LM calls", "US dollars"):
        assert figure in run(finished, *arguments).stdout
    message = one_line(run(finished, "generate", "-n", "5", "--from", "runs/a", code=2))
    assert "[from_without_dry_run]" in message
    assert "--dry-run" in message
    assert "[not_a_run]" in one_line(run(finished, "generate", "-n", "5", "--dry-run", "--from", "x", code=2))


@pytest.mark.slow
def test_a_spent_budget_stops_the_run_in_one_line_and_a_larger_one_resumes_it(tmp_path: Path) -> None:
    arguments = ("generate", "-n", "6", "-o", "run", "--max-concurrency", "2", "--quiet")
    stopped = run(tmp_path, *arguments, "--max-tokens", "100000", code=1)
    assert "--max-tokens" in one_line(stopped)
    assert "-o run" in one_line(stopped)
    with RunStore.open(tmp_path / "run") as store:
        first = {(entry.role, entry.model): entry for entry in store.spent()}
        used = sum(entry.input_tokens + entry.output_tokens for entry in first.values())
        kept = sum(session.usage.tokens for session in store.sessions(traces=False))
    assert 40_000 < used <= 100_000, "a call is paid for before it is made"
    assert kept == used, "no session begins that the rest does not pay for"
    run(tmp_path, *arguments)
    with RunStore.open(tmp_path / "run") as store:
        assert len(store.done()) == 6
        sessions = list(store.sessions(traces=False))
        spent = {entry.role: entry.calls for entry in store.spent()}
    for role, calls in spent.items():
        counted = sum(s.usage.roles[role].calls for s in sessions if role in s.usage.roles)
        assert calls >= counted, "calls of cancelled sessions are counted too"


@pytest.mark.slow
def test_stats_show_what_a_run_has_used_and_an_unknown_price_as_unknown(tmp_path: Path) -> None:
    own = {"input": 1.0, "output": 2.0}
    (tmp_path / "prices.json").write_text(json.dumps({"openai/known": own}))
    with ModelServer("openai") as server:
        settings = {"TOOLGRAD_MODEL": "openai/known", "TOOLGRAD_API_BASE": server.url, "TOOLGRAD_API_KEY": "k"}
        more = {"TOOLGRAD_PRICES": "prices.json", "TOOLGRAD_SELECTOR_MODEL": "openai/unknown-price"}
        arguments = ("generate", "-n", "1", "-o", "run", "--iterations", "2", "-q")
        run(tmp_path, *arguments, env={**settings, **more})
    stats = json.loads(run(tmp_path, "stats", "run", "--json").stdout)
    spent = {(entry["role"], entry["model"]): entry for entry in stats["spent"]}
    assert {entry["stage"] for entry in stats["spent"]} == {"generate"}
    selector, proposer = spent["selector", "openai/unknown-price"], spent["proposer", "openai/known"]
    assert (selector["usd"], selector["unpriced"]) == (None, selector["calls"])
    assert proposer["usd"] == pytest.approx((proposer["input_tokens"] + 2 * proposer["output_tokens"]) / 1e6)
    total = stats["spent_total"]
    assert total["calls"] == server.stats.answered
    assert total["input_tokens"] == server.stats.input_tokens
    assert total["unpriced"] == selector["calls"] + spent["check", "openai/unknown-price"]["calls"]
    rows = [line.split() for line in run(tmp_path, "stats", "run").stdout.splitlines()]
    assert ["generate", "tools", "-", str(spent["tools", ""]["calls"]), "-", "-", "-", "-"] in rows
    assert next(row for row in rows if "selector" in row and "generate" in row)[-1] == "unknown"
    (last,) = (row for row in rows if row[:2] == ["total", "models"])
    assert last[-3:] == [str(total["unpriced"]), "calls", "unknown"]


def test_a_run_without_a_sample_says_why_in_its_last_line(tmp_path: Path) -> None:
    with ModelServer("openai", faults=FaultPlan(script=[None], rates={Fault.PROSE: 1.0})) as server:
        settings = {"TOOLGRAD_MODEL": server.model, "TOOLGRAD_API_BASE": server.url, "TOOLGRAD_API_KEY": "k"}
        arguments = ("generate", "-n", "1", "-o", "run", "--iterations", "1")
        done = run(tmp_path, *arguments, code=1, env=settings)
    with RunStore.open(tmp_path / "run") as store:
        reason_key = store.session(0).reason_key
    for part in ("[no_sample]", reason_key, "toolgrad-dspy show run 0"):
        assert part in one_line(done)


@pytest.mark.parametrize("option", ["--max-usd", "--max-tokens", "--max-tool-calls"])
@pytest.mark.parametrize("value", ["0", "-1"])
def test_a_budget_of_nothing_is_a_usage_error(option: str, value: str, tmp_path: Path) -> None:
    assert option in run(tmp_path, "generate", "-n", "1", option, value, code=2).stderr


@pytest.mark.slow
def test_a_dry_run_estimates_the_whole_run_and_stores_nothing(tmp_path: Path) -> None:
    arguments = ("generate", "-n", "200", "-o", "run", "--iterations", "3", "--dry-run")
    done = run(tmp_path, *arguments, "--json", "--quiet")
    guess = json.loads(done.stdout)
    calls = guess["figures"]["tool calls"]  # of the model, all sessions make as many
    assert guess["sessions"] == 5
    assert calls["total"] == pytest.approx(200 * calls["mean"])
    assert 0 < calls["deviation"] * 200**0.5 < calls["total_deviation"], "a mean over a few sessions is uncertain"
    assert "200 sessions" in run(tmp_path, *arguments).stdout
    assert list(tmp_path.iterdir()) == []
