"""What is left of a sample whose query, written twice, does not say all that its calls were given."""

from typing import Any, Literal

from tests.support.scripted_model import ScriptedModels, call, content_reader, propose, select, write
from tests.support.toys import functions, grow, notebook
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects
from toolgrad_dspy.records import Session

TEA, RUM = (call("find_topic", word=word) for word in ("tea", "rum"))


def doubting_rum(prompt: Prompt) -> Any:
    """A reader that finds no support for what a response says of rum."""
    answer = content_reader(prompt)
    assert isinstance(answer, dict)
    for claim, asked in zip(answer.get("claims_checked", ()), objects(prompt.inputs.get("claims", "")), strict=False):
        claim["supported"] = "rum" not in str(asked["says"])
    return answer


def two_chains(*texts: dict[str, Any], chains: tuple[str, str] = ("new", "new")) -> ScriptedModels:
    """Two look-ups, on a chain each by default, for which ``texts`` are written one after the other."""
    return ScriptedModels(
        judge=doubting_rum,
        proposer=[propose([TEA]), propose([RUM])],
        selector=[select("p1", chains[0]), select("p1", chains[1])],
        updater=list(texts),
    )


def tools_of(session: Session) -> list[tuple[str, dict[str, Any]]]:
    assert session.sample is not None
    return [(step.call.tool, step.call.arguments) for step in session.sample.workflow.steps]


def test_a_chain_that_the_query_does_not_ask_for_is_dropped_and_that_is_said() -> None:
    models = two_chains(*[write("Look up tea for me.", "It is all about tea.")] * 2)
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    assert session.salvaged
    assert session.reason_key == "salvaged"
    assert "c2" in session.reason
    assert "rum" in session.reason
    assert tools_of(session) == [("find_topic", {"word": "tea"})]
    assert len(models.prompts("updater")) == 2


def test_texts_that_speak_of_what_was_dropped_are_written_once_more() -> None:
    both = write("Look up tea for me.", 'It is all about tea, and "All about rum" as well.')
    models = two_chains(both, both, write("Look up tea for me.", "It is all about tea."))
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    assert session.salvaged
    assert len(models.prompts("updater")) == 3
    assert "rum" not in models.prompts("updater")[2].inputs["requests"]


def test_a_sample_of_one_chain_cannot_be_salvaged_and_keeps_its_steps() -> None:
    models = two_chains(*[write("Look up tea for me.", "It is all about tea.")] * 2, chains=("new", "c1"))
    session = grow(notebook(), models, iterations=2)
    assert session.status == "rejected"
    assert session.reason_key == "unknown origin"
    assert [arguments["word"] for _, arguments in tools_of(session)] == ["tea", "rum"]


def test_a_fault_of_the_texts_alone_is_not_mended_by_a_smaller_workflow() -> None:
    leaked = write("Use find_topic to look up tea and rum.", "All about tea, all about rum.")
    session = grow(notebook(), two_chains(leaked, leaked), iterations=2)
    assert session.status == "rejected"
    assert "find_topic" in session.reason
    assert len(tools_of(session)) == 2


def search(text: str, kind: Literal["cafe", "museum"] | None = None, free: bool = False) -> dict[str, Any]:
    """Search the town."""
    return {"found": f"the {text}", "address": "Quay Street 4"}


def narrow(text: str, kind: Literal["cafe", "museum"] | None = None) -> dict[str, Any]:
    """Search the town."""
    return {"found": f"the {text}", "address": "Quay Street 4"} if kind else {"error": "a kind is needed"}


def searched(tool: Any, **arguments: Any) -> Session:
    models = ScriptedModels(
        proposer=[propose([call(tool.__name__, text="mill", **arguments)])],
        selector=[select("p1")],
        updater=[write("Where is the mill?", "It is in Quay Street 4.")] * 2,
    )
    return grow(functions(tool), models)


def test_an_optional_choice_that_nothing_conveys_is_taken_out_and_the_call_run_again() -> None:
    session = searched(search, kind="museum", free=True)
    assert session.status == "accepted", session.reason
    assert tools_of(session) == [("search", {"text": "mill"})]
    assert "kind museum was left out of s1" in session.reason
    assert "free yes was left out of s1" in session.reason
    assert session.sample is not None
    assert {origin.pointer for origin in session.sample.workflow.steps[0].origins} == {"/text"}


def test_a_choice_that_the_call_cannot_do_without_stays_and_the_sample_is_rejected() -> None:
    session = searched(narrow, kind="museum")
    assert session.status == "rejected"
    assert session.reason_key == "choice"
    assert tools_of(session) == [("narrow", {"text": "mill", "kind": "museum"})]


def test_a_choice_that_the_query_conveys_stays() -> None:
    models = ScriptedModels(
        proposer=[propose([call("search", text="mill", kind="museum")])],
        selector=[select("p1")],
        updater=[write("Where is the museum called mill?", "It is in Quay Street 4.")],
    )
    session = grow(functions(search), models)
    assert (session.status, session.reason) == ("accepted", "")
    assert tools_of(session) == [("search", {"text": "mill", "kind": "museum"})]
