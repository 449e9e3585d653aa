"""A ``.env`` that came with a folder does not say where a key goes that was set elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import litellm
import pytest

from tests.support.model_servers import ModelServer
from tests.support.refusals import refused
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import Models, ModelSettings
from toolgrad_dspy.lm.access import NO_KEY, Access, access
from toolgrad_dspy.runs import load_config_file

KEY = "sk-very-secret-0042"
ELSEWHERE = "https://models.example.org:8443/v1"
ALLOW = "TOOLGRAD_ALLOW_ENV_FILE_BASE"


def env_file(**variables: str) -> None:
    Path(".env").write_text("".join(f"{name}={value}\n" for name, value in variables.items()), encoding="utf-8")


def reached() -> Access:
    """How the proposer's model is reached; refused as it would be before anything is sent."""
    models = Models.from_environment()
    models.lm("proposer")
    return access(models.settings["proposer"])


@pytest.fixture(autouse=True)
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "openai/x")


@pytest.mark.parametrize("key", ["TOOLGRAD_API_KEY", "TOOLGRAD_PROPOSER_API_KEY", "OPENAI_API_KEY"])
@pytest.mark.parametrize(
    "base",
    ["TOOLGRAD_API_BASE", "TOOLGRAD_PROPOSER_API_BASE", "toolgrad_api_base", "OPENAI_API_BASE", "OPENAI_BASE_URL"],
)
def test_a_key_of_the_environment_is_not_sent_where_the_file_says(
    monkeypatch: pytest.MonkeyPatch, key: str, base: str
) -> None:
    monkeypatch.setenv(key, KEY)
    env_file(**{base: f"' {ELSEWHERE} '"})
    with refused(UsageError, "redirected_key", ".env", "models.example.org:8443", ALLOW) as caught:
        reached()
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("hosts", ["models.example.org", "other.org, MODELS.example.org:8443"])
def test_it_is_sent_there_when_the_environment_confirms_the_host(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv(ALLOW, hosts)
    env_file(TOOLGRAD_API_BASE=ELSEWHERE)
    assert reached() == Access(ELSEWHERE, KEY)


@pytest.mark.parametrize("hosts", ["example.org", "models.example.org:443", "models.example.org.evil.org", "*", ""])
def test_another_host_confirms_nothing(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv(ALLOW, hosts)
    env_file(TOOLGRAD_API_BASE=ELSEWHERE)
    with refused(UsageError, "redirected_key"):
        reached()


def test_the_file_cannot_confirm_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    env_file(**{"TOOLGRAD_API_BASE": ELSEWHERE, ALLOW: "models.example.org"})
    with refused(UsageError, "redirected_key"):
        reached()


@pytest.mark.parametrize("name", ["TOOLGRAD_API_KEY", "TOOLGRAD_PROPOSER_API_KEY", "OPENAI_API_KEY"])
def test_a_key_of_the_file_goes_where_the_file_says(name: str) -> None:
    env_file(**{name: KEY, "TOOLGRAD_API_BASE": ELSEWHERE})
    assert reached() == Access(ELSEWHERE, KEY)


@pytest.mark.parametrize(
    "base",
    ["http://127.0.0.1:8000/v1", "http://localhost/v1", "http://vllm.localhost:1/v1", "http://[::1]:8000/v1"],
)
def test_an_address_of_this_machine_needs_no_confirmation(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    env_file(TOOLGRAD_API_BASE=base)
    assert reached() == Access(base, KEY)


@pytest.mark.parametrize(
    "host",
    [
        "localhost.example.org",
        "127.0.0.1.example.org",
        "2130706433",
        "127.1",
        "192.168.0.7",
        "gpu-box",
        "[::ffff:10.0.0.1]",
    ],
)
def test_what_only_looks_like_this_machine_needs_it(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    env_file(TOOLGRAD_API_BASE=f"http://{host}/v1")
    with refused(UsageError, "redirected_key"):
        reached()


def test_without_a_key_none_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client without one would take that of another provider, or of a login."""
    monkeypatch.setenv("TOOLGRAD_MODEL", "custom_openai/x")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    env_file(TOOLGRAD_API_BASE=ELSEWHERE)
    assert access(Models.from_environment().settings["proposer"]) == Access(ELSEWHERE, NO_KEY)


@pytest.mark.parametrize("provider", ["vertex_ai", "bedrock", "azure", "databricks"])
def test_a_provider_with_credentials_of_its_own_needs_a_confirmation_also_with_a_key(
    monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", f"{provider}/x")
    monkeypatch.setenv("AZURE_AD_TOKEN", KEY)
    env_file(TOOLGRAD_API_KEY="sk-of-the-file", TOOLGRAD_API_BASE=ELSEWHERE)
    with refused(UsageError, "redirected_key"):
        access(Models.from_environment().settings["proposer"])


def test_azure_without_a_login_is_as_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "azure/x")
    env_file(AZURE_API_KEY=KEY, AZURE_API_BASE=ELSEWHERE)
    assert access(Models.from_environment().settings["proposer"]) == Access(ELSEWHERE, KEY)


def test_an_address_in_the_place_of_a_models_name_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOOLGRAD_MODEL")
    monkeypatch.setenv("HF_TOKEN", KEY)
    for variable in ("TOOLGRAD_MODEL=", "TOOLGRAD_MODEL=huggingface/y\nTOOLGRAD_FALLBACKS=groq/z,"):
        Path(".env").write_text(f"{variable}huggingface/{ELSEWHERE}\n", encoding="utf-8")
        with refused(UsageError, "redirected_key"):
            reached()


def test_what_the_environment_says_itself_is_no_redirection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("TOOLGRAD_API_BASE", ELSEWHERE)
    env_file(TOOLGRAD_API_BASE="https://evil.example.org", TOOLGRAD_TIMEOUT="9")
    assert reached() == Access(ELSEWHERE, KEY)


def test_settings_made_in_python_are_held_to_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    env_file(OPENAI_BASE_URL=ELSEWHERE)
    with refused(UsageError, "redirected_key"):
        Models({"judge": ModelSettings(model="openai/x")}).lm("judge")


def test_a_variable_in_an_address_of_a_configuration_file_is_not_taken_from_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("models: {all: {api_base: 'https://${GATEWAY}/v1', api_key: '${GATEWAY_KEY}'}}", encoding="utf-8")
    env_file(GATEWAY="evil.example.org", GATEWAY_KEY=KEY)
    with refused(UsageError, "variable_not_set", "GATEWAY"):
        load_config_file(path)
    monkeypatch.setenv("GATEWAY", "models.example.org")
    assert load_config_file(path).models["all"] == {"api_base": "https://models.example.org/v1", "api_key": KEY}


def test_nothing_is_sent_before_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer("openai") as server:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        env_file(TOOLGRAD_API_BASE=server.url.replace("127.0.0.1", "127.1"))  # the same, for a resolver
        done = subprocess.run(
            [sys.executable, "-m", "toolgrad_dspy", "generate", "-n", "1", "-o", "run"],
            capture_output=True,
            text=True,
        )
        assert server.stats.requests == 0
    assert done.returncode == 2
    assert "[redirected_key]" in done.stderr
    assert KEY not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_file_in_a_folder_above_litellm_is_not_put_into_the_environment(tmp_path: Path) -> None:
    """A virtual environment in a downloaded folder: litellm would load the folder's ``.env``, with a proxy in it."""
    site = tmp_path / "venv" / "site-packages"
    site.mkdir(parents=True)
    (site / "litellm").symlink_to(Path(str(litellm.__file__)).parent, target_is_directory=True)
    (tmp_path / ".env").write_text("HTTPS_PROXY=http://evil.example.org:1\n", encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    code = "import toolgrad_dspy, litellm, os; print(litellm.__file__, os.environ.get('HTTPS_PROXY'))"
    environ = {name: value for name, value in os.environ.items() if name not in ("LITELLM_MODE", "HTTPS_PROXY")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environ, "PYTHONPATH": f"{site}{os.pathsep}{root}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(site / "litellm" / "__init__.py"), "None"]
