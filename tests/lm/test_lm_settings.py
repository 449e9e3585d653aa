"""Which model plays which role: environment, ``.env``, and what is wrong with them."""

from pathlib import Path

import pytest

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm import ROLES, Models, Role

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


def test_a_roles_own_setting_wins_over_that_of_all_roles_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(
        "TOOLGRAD_MODEL=openai/file\nTOOLGRAD_JUDGE_MODEL=openai/judge-file\nTOOLGRAD_TIMEOUT=7\nOTHER=1\n",
        encoding="utf-8",
    )
    set_all(monkeypatch, MODEL="openai/environment")
    settings = Models.from_environment().settings
    assert settings["proposer"].model == "openai/environment"
    assert settings["proposer"].timeout == 7
    # A role's own setting wins over the common one wherever either stands.
    assert settings["judge"].model == "openai/judge-file"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("TOOLGRAD_MODLE", "; did you mean TOOLGRAD_MODEL?"),
        ("TOOLGRAD_SELECTER_MODEL", "; did you mean TOOLGRAD_SELECTOR_MODEL?"),
        ("TOOLGRAD_PROPOSER_TEMPRATURE", "; did you mean TOOLGRAD_PROPOSER_TEMPERATURE?"),
        ("TOOLGRAD_ZZZZZZ", ""),
    ],
)
@pytest.mark.parametrize("place", ["environment", "file"])
def test_a_variable_that_nothing_reads_is_an_error_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, name: str, hint: str, place: str
) -> None:
    if place == "file":
        Path(".env").write_text(f"{name}=x\n", encoding="utf-8")
    else:
        monkeypatch.setenv(name, "x")
    with pytest.raises(UsageError) as caught:
        Models.from_environment()
    assert str(caught.value) == f"unknown variable {name}{hint}"


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
    said = str(caught.value)
    assert f"TOOLGRAD_{name}:" in said
    assert repr(value) in said
    assert "\n" not in said
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("content", [b"TOOLGRAD_MODEL=\xff\xfe\n", None])
def test_a_settings_file_that_cannot_be_read_is_an_error_that_names_it(content: bytes | None) -> None:
    if content is None:
        Path(".env").mkdir()
        assert Models.from_environment().all_rehearsal  # a folder is no file of settings
        return
    Path(".env").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        Models.from_environment()
    assert ".env" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_secrets_are_neither_shown_nor_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(
        monkeypatch,
        MODEL="openai/x",
        API_KEY=SECRET,
        JUDGE_API_KEY=SECRET,
        API_BASE=f"https://user:{SECRET}@host:8080/v1",
    )
    models = Models.from_environment()
    models.lm("proposer")
    shown = [models.public(), models.settings, models.lm("proposer"), vars(models.lm("proposer")), models]
    assert SECRET not in "".join(f"{item!r}{item}" for item in shown)
    assert models.public()["judge"] == {"model": "openai/x", "api_base": "https://host:8080/v1"}


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "rehearsall", "openai/", "/gpt", "", "Rehearsal"])
def test_a_name_without_provider_or_model_is_an_error_that_shows_the_form(
    monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", model)
    with pytest.raises(UsageError) as caught:
        Models.from_environment().lm("proposer")
    assert str(caught.value).startswith(f"unknown model {model!r}: names are litellm's provider/model")


def test_the_native_engine_names_a_provider_it_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, MODEL="bedrock/titan", ENGINE="native")
    with pytest.raises(
        UsageError, match="bedrock/titan: the native engine has no such provider; use TOOLGRAD_ENGINE=litellm"
    ):
        Models.from_environment().lm("proposer")


@pytest.mark.slow
def test_a_provider_that_nothing_knows_is_an_error_and_nothing_else_is_printed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOOLGRAD_MODEL", "nosuch/model")
    with pytest.raises(UsageError, match="unknown model 'nosuch/model': there is no such provider"):
        Models.from_environment().lm("proposer")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_variables_of_its_own(monkeypatch: pytest.MonkeyPatch, role: Role) -> None:
    monkeypatch.setenv(f"TOOLGRAD_{role.upper()}_MODEL", "openai/own")
    settings = Models.from_environment().settings
    assert [name for name in ROLES if settings[name].model == "openai/own"] == [role]
