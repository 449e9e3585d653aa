"""What selectors say, and what is taken for it."""

from typing import Any

import pytest

from tests.support.scripted_model import ScriptedModels, call, propose, reference, select, write
from tests.support.toys import functions, grow, notebook
from toolgrad_dspy.records import Selection, Session

TEA, RUM = (call("find_topic", word=word) for word in ("tea", "rum"))


def chosen(session: Session, iteration: int = 1) -> Selection:
    selection = session.trace.iterations[iteration - 1].selection
    assert selection is not None
    return selection


def choosing(answer: dict[str, Any]) -> Session:
    models = ScriptedModels(
        proposer=[propose([TEA], [RUM])], selector=[answer], updater=[write("Look up tea and rum.")]
    )
    return grow(notebook(), models)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("p2", "p2"),
        ("P2", "p2"),
        ('"p2"', "p2"),
        ("`P1`.", "p1"),
        ("report p1", "p1"),
        ("Report P2: it looks up rum", "p2"),
        ("2", "p2"),
        (" p1\n", "p1"),
        ("[p1]", "p1"),
        ("none", None),
        ("None.", None),
    ],
)
def test_a_report_is_known_by_its_id_however_it_is_written(said: str, meant: str | None) -> None:
    selection = choosing(select(said))
    assert chosen(selection).report == meant
    assert chosen(selection).note == ""
    assert selection.status == ("accepted" if meant else "failed")


@pytest.mark.parametrize("said", ["p7", "3", "p1 or p2", "both", "", "p12", "0"])
def test_a_report_that_is_not_there_is_no_choice_and_the_note_says_so(said: str) -> None:
    session = choosing(select(said, "c1"))
    assert chosen(session).report is None
    assert chosen(session).chain is None
    assert said in chosen(session).note
    assert chosen(session).note
    assert session.trace.iterations[0].added == ()
    assert session.status == "failed"


@pytest.mark.parametrize("chain", ["none", "", "null", "c9", "-"])
def test_none_with_no_chain_is_a_choice_of_nothing(chain: str) -> None:
    session = choosing(select("none", chain))
    assert (chosen(session).report, chosen(session).chain, chosen(session).note) == (None, None, "")
    assert session.trace.iterations[0].failures == ()


@pytest.mark.parametrize("chain", ["c9", "none", "", "chain 7", "c1 or new"])
def test_an_unknown_chain_is_that_of_the_arguments_or_a_new_one(chain: str) -> None:
    models = ScriptedModels(
        proposer=[
            propose([call("add_note", text="milk")]),
            propose([call("read_note", note_id=reference("s1", "/note_id"))]),
            propose([TEA]),
        ],
        selector=[select("p1", chain)] * 3,
        updater=[write("Note down milk, read it back to me, and look up tea.")],
    )
    session = grow(notebook(), models, iterations=3)
    assert session.status == "accepted", session.reason
    assert session.sample is not None
    chains = [[step.id for step in found.steps] for found in session.sample.workflow.chains]
    assert chains == [["s1", "s2"], ["s3"]]


@pytest.mark.parametrize("chain", ["C1", "chain c1", "1", '"c1"'])
def test_a_chain_is_known_by_its_id_however_it_is_written(chain: str) -> None:
    models = ScriptedModels(
        proposer=[propose([TEA]), propose([RUM])],
        selector=[select("p1"), select("p1", chain)],
        updater=[write("Look up tea and rum.")],
    )
    session = grow(notebook(), models, iterations=2)
    assert session.status == "accepted", session.reason
    assert (chosen(session, 2).chain, chosen(session, 2).note) == ("c1", "")


def test_the_selector_is_offered_reports_that_gave_something_and_the_chains_there_are() -> None:
    """An empty result is something only where nothing else is there."""
    empty = [call("list_notes")]
    models = ScriptedModels(
        proposer=[propose([call("read_note", note_id="no tea")], [TEA], empty, [RUM]), propose([RUM])],
        selector=[select("p2"), select("p1", "c1")],
        updater=[write("Look up tea and rum.")],
    )
    session = grow(notebook(), models, iterations=2, proposals=4)
    assert session.status == "accepted", session.reason
    first, second = models.prompts("selector")
    assert [line.partition('"report": "')[2][:2] for line in first.inputs["reports"].split("\n")] == ["p2", "p4"]
    assert first.inputs["progress"].endswith("chains: new")
    assert second.inputs["progress"].endswith("chains: c1, new")


def test_all_reports_of_an_iteration_have_one_common_limit() -> None:
    """Long results must not cost as many times as much as there are."""

    def look(number: int) -> dict[str, Any]:
        """Look it up."""
        return {"rows": [{"note": "x" * 50}] * 100}

    for count in (1, 3, 6):
        models = ScriptedModels(
            proposer=[propose(*[[call("look", number=number)] for number in range(count)])], selector=[select("none")]
        )
        grow(functions(look), models, shown_chars=1200, proposals=6)
        shown = models.prompts("selector")[0].inputs["reports"].split("\n")
        assert len(shown) == count
        assert 200 < sum(len(line.partition('"result"')[2]) for line in shown) < 1300
