"""Texts as a whole: what the rules say of a response beside its results."""

from tests.support.sessions import step
from toolgrad_dspy.records import Chain, Workflow
from toolgrad_dspy.texts import examine

BOOKS = step("s1", "list_books", {}, {"books": [{"title": "Beyond the Ocean"}, {"title": "Waltz at Midnight"}]})
HOURS = step("s2", "get_hours", {}, {"place": "Swan Hotel", "opens": "00:00", "closes": "20:15"})


def open_claims(response: str) -> list[tuple[str, str]]:
    found = examine(
        "Which books, and when is it open?", response, Workflow(chains=(Chain(id="c", steps=(BOOKS, HOURS)),)), {}
    )
    return [(question.claim.text, question.subject) for question in found.questions if question.claim]


def test_a_time_within_a_title_is_no_claim_about_the_title_before_it() -> None:
    assert open_claims("The books are Beyond the Ocean and Waltz at Midnight. Swan Hotel opens at midnight.") == []


def test_a_time_after_another_things_name_is_one() -> None:
    assert open_claims("There is Beyond the Ocean, open until 20:15.") == [("20:15", "Beyond the Ocean")]
