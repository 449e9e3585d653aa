"""A key that a model server repeats is in no error, in whatever form and wherever an engine cuts its words."""

import asyncio
import base64
from typing import Any
from urllib.parse import quote

import dspy
import pytest
from dspy.lm15 import LM15Error, ServerError

from tests.support.model_servers import ModelServer
from tests.support.model_servers.formats.base import WireAnswer
from toolgrad_dspy.lm import Models, ModelSettings
from toolgrad_dspy.lm.engines.errors import corrected

KEY = "sk-canary/8f1d20b7c4+x"


@pytest.mark.parametrize(
    "said",
    [
        KEY,
        quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode(),
        base64.b64encode(KEY.encode()).decode().rstrip("="),
        KEY[:-4],
        KEY[:9],
        f"{KEY[:9]}... and {KEY[:12]}",
    ],
)
def test_a_key_is_masked_in_an_error_in_every_form_and_where_it_was_cut(said: str) -> None:
    error = corrected(ServerError(f"no: {said}", status=500), [KEY])
    assert error.message.partition("\n")[0] == "no: " + ("***... and ***" if " and " in said else "***")


@pytest.mark.filterwarnings("ignore:.*ReadOnly:UserWarning")  # of litellm's types, built when it first meets an error
@pytest.mark.parametrize("engine", ["native", "litellm"])
@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 500])
def test_wherever_a_server_repeats_the_key_and_an_engine_cuts_its_answer_no_part_of_it_is_told(
    engine: str, status: int
) -> None:
    before = 0

    def repeats(body: dict[str, Any]) -> WireAnswer:
        error = {"message": "x" * before + f"{KEY} {quote(KEY, safe='')}", "type": "error", "code": None}
        return WireAnswer(status, {"error": error})

    async def said(models: Models) -> str:
        try:
            await models.lm("judge").acall("hello")
        except (LM15Error, dspy.LMError) as error:
            return str(error)
        finally:
            await models.aclose()
        raise AssertionError("the server refuses everything")

    with ModelServer("openai", trouble=repeats) as server:
        access = {"api_base": f"{server.url}", "api_key": KEY, "engine": engine, "retries": 0}
        settings = ModelSettings.model_validate({"model": server.model, **access})
        for before in (0, 130, 140, 150, 160, 170, 180, 440, 460, 480):  # noqa: B007 - the server reads it
            line = asyncio.run(said(Models({"judge": settings}, wait=0)))
            assert not any(KEY[:size] in line for size in range(8, len(KEY) + 1)), line


def test_a_key_in_the_path_of_an_address_is_not_told() -> None:
    part = "kx-8f1d20b7c4"
    with ModelServer("openai") as server:
        settings = ModelSettings.model_validate(
            {"model": server.model, "api_base": f"{server.address}/{part}/v1", "api_key": KEY, "retries": 0}
        )
        models = Models(dict.fromkeys(("judge",), settings))
        with pytest.raises(Exception, match="not found") as caught:
            asyncio.run(models.check(["judge"]))
    assert part not in str(caught.value)
    assert f"{server.address}/***/v1" in str(caught.value)
    assert part not in repr(settings)
    assert settings.public()["api_base"] == f"{server.address}/***/v1"
