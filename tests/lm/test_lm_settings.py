"""Which model plays which role: the environment, ``.env``, and mistakes in them."""

import re
from pathlib import Path

import pytest

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import ROLES, Models, Role
from toolgrad_dspy.lm.providers import provider_key

SECRET = "sk-very-secret-0042"


def set_all(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"TOOLGRAD_{name}", value)


def test_with_nothing_set_every_role_is_played_by_the_rehearsal_model() -> None:
    models = Models.from_environment()
    assert models.all_rehearsal
    assert models.public() == {role: {"model": "rehearsal"} for role in ROLES}
    assert models.lm("judge") is models.lm("judge")
    assert models.lm("judge") is not models.lm("student")


def test_each_setting_of_a_role_takes_precedence_over_that_of_all_roles(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, MODEL="openai/common", TEMPERATURE="0.5", SELECTOR_MODEL="groq/own", UPDATER_TEMPERATURE="0")
    settings = Models.from_environment().settings
    assert (settings["selector"].model, settings["selector"].temperature) == ("groq/own", 0.5)
    assert (settings["updater"].model, settings["updater"].temperature) == ("openai/common", 0)
    assert (settings["proposer"].model, settings["proposer"].temperature) == ("openai/common", 0.5)


def test_a_role_can_be_set_back_to_a_default(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, MODEL="openai/common", ENGINE="litellm", JUDGE_MODEL="rehearsal", JUDGE_ENGINE="auto")
    settings = Models.from_environment().settings
    assert (settings["judge"].model, settings["judge"].engine) == ("rehearsal", "auto")
    assert not Models.from_environment().all_rehearsal


def test_the_environment_takes_precedence_over_the_settings_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(
        "TOOLGRAD_MODEL=openai/file\nTOOLGRAD_JUDGE_MODEL=openai/judge-file\nTOOLGRAD_TIMEOUT=7\nOTHER=1\n",
        encoding="utf-8",
    )
    set_all(monkeypatch, MODEL="openai/environment")
    settings = Models.from_environment().settings
    assert settings["proposer"].model == "openai/environment"
    assert settings["proposer"].timeout == 7
    # A role's own setting takes precedence over the common one wherever either stands.
    assert settings["judge"].model == "openai/judge-file"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("TOOLGRAD_MODLE", ["TOOLGRAD_MODEL"]),
        ("TOOLGRAD_SELECTER_MODEL", ["TOOLGRAD_SELECTOR_MODEL"]),
        ("TOOLGRAD_PROPOSER_TEMPRATURE", ["TOOLGRAD_PROPOSER_TEMPERATURE"]),
        ("TOOLGRAD_ZZZZZZ", []),
    ],
)
@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_variable_that_nothing_reads_is_an_error_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, name: str, nearest: list[str], place: str
) -> None:
    if place == "file":
        Path(".env").write_text(f"{name}=x\n", encoding="utf-8")
    else:
        monkeypatch.setenv(name, "x")
    with pytest.raises(UsageError) as caught:
        Models.from_environment()
    assert caught.value.code == "unknown_variable"
    assert re.findall(r"TOOLGRAD_\w+", str(caught.value)) == [name, *nearest]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEMPERATURE", "hot"),
        ("TEMPERATURE", "2.5"),
        ("TEMPERATURE", "nan"),
        ("JUDGE_TEMPERATURE", "-1"),
        ("MAX_TOKENS", "0"),
        ("MAX_TOKENS", "many"),
        ("TIMEOUT", "0"),
        ("MAX_PARALLEL", "0"),
        ("ENGINE", "turbo"),
    ],
)
def test_an_invalid_value_is_named_with_its_variable_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"TOOLGRAD_{name}", value)
    with pytest.raises(UsageError) as caught:
        Models.from_environment()
    message = str(caught.value)
    assert caught.value.code == "invalid_value"
    assert f"TOOLGRAD_{name}:" in message
    assert repr(value) in message
    assert "\n" not in message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("content", [b"TOOLGRAD_MODEL=\xff\xfe\n", None])
def test_a_settings_file_that_cannot_be_read_is_an_error_that_names_it(content: bytes | None) -> None:
    if content is None:
        Path(".env").mkdir()
        assert Models.from_environment().all_rehearsal  # a folder of that name is ignored
        return
    Path(".env").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        Models.from_environment()
    assert caught.value.code == "unreadable_file"
    assert ".env" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_secrets_are_neither_shown_nor_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(
        monkeypatch,
        MODEL="openai/x",
        API_KEY=SECRET,
        JUDGE_API_KEY=SECRET,
        API_BASE="https://host:8080/v1",
    )
    models = Models.from_environment()
    models.lm("proposer")
    shown = [models.public(), models.settings, models.lm("proposer"), vars(models.lm("proposer")), models]
    assert SECRET not in "".join(f"{item!r}{item}" for item in shown)
    assert models.public()["judge"] == {"model": "openai/x", "api_base": "https://host:8080/v1"}


@pytest.mark.parametrize("name", ["TOOLGRAD_API_KEY", "TOOLGRAD_JUDGE_API_KEY", "OPENAI_API_KEY"])
@pytest.mark.parametrize("around", ["{}\nx", "a {}", "{}é", "{}\x07"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, around: str
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "openai/x")
    monkeypatch.setenv(name, around.format(SECRET))
    with pytest.raises(UsageError) as caught:
        Models.from_environment().lm("proposer")
    assert caught.value.code == "malformed_key"
    assert str(caught.value).startswith(f"{name}: ")
    assert SECRET not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_white_space_around_a_key_or_an_address_is_not_part_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(
        monkeypatch, MODEL="openai/x", API_KEY=f"{SECRET}\n", API_BASE=" http://127.0.0.1/v1\t", JUDGE_API_BASE=""
    )
    settings = Models.from_environment().settings
    assert settings["proposer"].api_key is not None
    assert settings["proposer"].api_key.get_secret_value() == SECRET
    assert (settings["proposer"].api_base, settings["judge"].api_base) == ("http://127.0.0.1/v1", None)


@pytest.mark.parametrize("name", ["TOOLGRAD_API_BASE", "OPENAI_API_BASE"])
@pytest.mark.parametrize(
    ("base", "code"),
    [
        ("127.0.0.1:8000/v1", "malformed_url"),
        ("not a url", "malformed_url"),
        ("ftp://127.0.0.1/v1", "malformed_url"),
        ("http://127.0.0.1:99999/v1", "malformed_url"),
        (f"http://user:{SECRET}@127.0.0.1/v1", "url_with_password"),
        (f"user:{SECRET}@127.0.0.1/v1", "url_with_password"),
        (f"http://127.0.0.1/v1?key={SECRET}", "url_with_query"),
    ],
)
def test_an_invalid_address_is_an_error_that_names_its_variable_and_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, base: str, code: str, name: str
) -> None:
    set_all(monkeypatch, MODEL="openai/x", API_KEY="k")
    monkeypatch.setenv(name, base)
    with pytest.raises(UsageError) as caught:
        Models.from_environment().lm("proposer")
    assert caught.value.code == code
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("together_ai/x", "TOGETHERAI_API_KEY"),
        ("perplexity/x", "PERPLEXITYAI_API_KEY"),
        ("azure/x", "AZURE_OPENAI_API_KEY"),
        ("replicate/x", "REPLICATE_API_TOKEN"),
        ("openrouter/x", "OR_API_KEY"),
        ("cohere/x", "CO_API_KEY"),
        ("huggingface/x", "HF_TOKEN"),
        ("groq/x", "GROQ_API_KEY"),
        ("hosted_vllm/x", "HOSTED_VLLM_API_KEY"),
    ],
)
def test_a_key_is_found_under_each_name_that_litellm_has_for_it(model: str, variable: str) -> None:
    assert provider_key(model, {variable: "k"}) == "k"


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "rehearsall", "openai/", "/gpt", "", "Rehearsal"])
def test_a_name_without_provider_or_model_is_an_error_that_shows_the_form(
    monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", model)
    with pytest.raises(UsageError) as caught:
        Models.from_environment().lm("proposer")
    assert caught.value.code == "unknown_model"
    assert repr(model) in str(caught.value)
    assert "provider/model" in str(caught.value)


def test_a_provider_that_the_native_engine_lacks_is_an_error_that_names_the_other_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_all(monkeypatch, MODEL="bedrock/titan", ENGINE="native")
    with pytest.raises(UsageError) as caught:
        Models.from_environment().lm("proposer")
    assert caught.value.code == "unsupported_provider"
    assert "bedrock/titan" in str(caught.value)
    assert "TOOLGRAD_ENGINE=litellm" in str(caught.value)


@pytest.mark.slow
def test_a_provider_that_nothing_knows_is_an_error_and_nothing_else_is_printed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "nosuch/model")
    with pytest.raises(UsageError) as caught:
        Models.from_environment().lm("proposer")
    assert caught.value.code == "unknown_model"
    assert "nosuch/model" in str(caught.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_variables_of_its_own(monkeypatch: pytest.MonkeyPatch, role: Role) -> None:
    monkeypatch.setenv(f"TOOLGRAD_{role.upper()}_MODEL", "openai/own")
    settings = Models.from_environment().settings
    assert [name for name in ROLES if settings[name].model == "openai/own"] == [role]


def test_a_line_of_the_settings_file_that_is_not_an_assignment_is_named_and_not_quoted() -> None:
    Path(".env").write_text(f"TOOLGRAD_MODEL=openai/x\n{SECRET} oops = 'unfinished\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        Models.from_environment()
    assert caught.value.code == "not_assignment"
    assert ".env: line 2 " in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "oops" not in str(caught.value)


@pytest.mark.parametrize("name", ["apikey", "api-key", "key"])
def test_the_value_of_a_setting_that_does_not_exist_is_not_shown_for_it_may_be_a_key(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        Models.from_environment({"all": {name: SECRET}}, "models.yaml")
    assert caught.value.code == "invalid_value"
    assert str(caught.value).startswith(f"models.yaml: models.all.{name}: ")
    assert SECRET not in str(caught.value)
