"""What a draft may refer to, and what a report that does so needs."""

from typing import Any

import pytest
from pydantic import JsonValue

from toolgrad_dspy.provenance.dependencies import attempts_to_keep
from toolgrad_dspy.provenance.origins import trace_origins
from toolgrad_dspy.provenance.references import UnresolvedReferenceError, resolve
from toolgrad_dspy.records import Attempt, Observation, Origin, Tool, ToolCall, Verdict, lookup


def attempt(name: str, draft: int, *uses: str) -> Attempt:
    """An attempt whose arguments come from the results ``uses``."""
    return Attempt(
        id=name,
        draft=draft,
        turn=0,
        call=ToolCall(tool="t", arguments=dict.fromkeys(uses, 1)),
        observation=Observation(text="{}"),
        verdict=Verdict(outcome="ok", rule="test"),
        origins=tuple(Origin(pointer=f"/{use}", kind="result", step=use, path="/x") for use in uses),
    )


def test_what_a_final_call_depends_on_is_needed_all_the_way_back_and_nothing_else() -> None:
    attempts = [attempt("a1", 1), attempt("a2", 1, "a1", "s4"), attempt("a3", 1), attempt("a4", 2, "a2")]
    assert attempts_to_keep(attempts, {"a4"}) == {"a1", "a2", "a4"}
    assert attempts_to_keep(attempts, {"a3"}) == {"a3"}
    assert attempts_to_keep(attempts, set()) == set()


def earlier(name: str) -> tuple[str, Observation] | None:
    results: dict[str, JsonValue] = {"s1": {"rows": [{"id": "row_1", "~/": 7}]}, "#1": {"id": "inner"}}
    step = {"#1": "a1"}.get(name, name)
    return (step, Observation(content=results[name], text="")) if name in results else None


def test_references_are_replaced_at_any_depth_and_remembered_by_their_place() -> None:
    arguments: JsonValue = {
        "a/b": [{"$from": "s1", "$path": "/rows/0/id"}, {"deep": {"$from": "#1", "$path": "/id"}}],
        "all": {"$from": "s1"},
        "key": {"$from": "s1", "$path": "/rows/0/~0~1"},
    }
    resolved, replaced = resolve(arguments, earlier)
    assert resolved == {"a/b": ["row_1", {"deep": "inner"}], "all": {"rows": [{"id": "row_1", "~/": 7}]}, "key": 7}
    assert replaced == {
        "/a~1b/0": ("s1", "/rows/0/id"),
        "/a~1b/1/deep": ("a1", "/id"),
        "/all": ("s1", ""),
        "/key": ("s1", "/rows/0/~0~1"),
    }


def test_a_lone_slash_is_the_whole_result_and_leads_on_to_its_leaves() -> None:
    tool = Tool(name="t", source_name="t", description="", parameters={}, source="s", category="c")
    arguments, replaced = resolve({"all": {"$from": "#1", "$path": "/"}}, earlier)
    assert isinstance(arguments, dict)
    (origin,) = trace_origins(tool, arguments, replaced, [])
    assert (origin.pointer, origin.step, origin.path) == ("/all/id", "a1", "/id")
    assert origin.path is not None
    assert lookup({"id": "inner"}, origin.path) == "inner"


@pytest.mark.parametrize(
    "value", [{"$path": "/x"}, {"$from": "s1", "$path": "/rows", "more": 1}, "$from", {"from": "s1"}]
)
def test_what_only_resembles_a_reference_is_left_alone(value: Any) -> None:
    assert resolve({"x": value}, earlier) == ({"x": value}, {})


@pytest.mark.parametrize(
    ("reference", "code", "named"),
    [
        ({"$from": "s2"}, "no_result", "s2"),
        ({"$from": "s1", "$path": "/rows/1"}, "no_value", "/rows/1"),
        ({"$from": "s1", "$path": "/rows/-1"}, "no_value", "/rows/-1"),
        ({"$from": "s1", "$path": "/rows/0/name"}, "no_value", "id, ~/"),
        ({"$from": "s1", "$path": "columns"}, "no_value", "'/'"),
        ({"$from": "s1", "$path": 1}, "not_text", "$path"),
    ],
)
def test_a_reference_that_leads_nowhere_names_what_is_there(reference: Any, code: str, named: str) -> None:
    with pytest.raises(UnresolvedReferenceError) as caught:
        resolve({"x": reference}, earlier)
    assert caught.value.code == code
    assert named in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        *("/rows/0/id", "rows/0/id", "rows[0].id", "$.rows[0].id", "$/rows/0/id", "#/rows/0/id"),
        "$['rows'][0][\"id\"]",
        *("/result/rows/0/id", "result.rows[0].id", "$.result.rows[0].id", " rows.0.id "),
    ],
)
def test_a_path_is_read_in_the_notations_that_models_use(path: str) -> None:
    assert resolve({"a": {"$from": "s1", "$path": path}}, earlier) == ({"a": "row_1"}, {"/a": ("s1", "/rows/0/id")})


@pytest.mark.parametrize(
    "text",
    [
        *("{{s1.rows[0].id}}", "{{ s1/rows/0/id }}", "${s1.rows[0].id}", "{s1.rows.0.id}", "<s1.rows[0].id>"),
        '{"$from": "s1", "$path": "/rows/0/id"}',
    ],
)
def test_a_reference_may_be_written_as_a_text(text: str) -> None:
    assert resolve({"a": [text]}, earlier) == ({"a": ["row_1"]}, {"/a/0": ("s1", "/rows/0/id")})


@pytest.mark.parametrize(
    "text", ["{{s2.rows}}", "{{$from}}", "s1.rows[0].id", "see {{s1}}", '{"$from": "s1"', '["$from"]', "<b>s1</b>"]
)
def test_a_text_that_names_no_result_there_is_stays_a_text(text: str) -> None:
    assert resolve({"a": text}, earlier) == ({"a": text}, {})


def test_a_reference_as_a_text_that_leads_nowhere_is_told_like_any_other() -> None:
    with pytest.raises(UnresolvedReferenceError, match="id, ~/"):
        resolve({"a": "{{s1.rows[0].name}}"}, earlier)


@pytest.mark.parametrize("path", ["", "/", "$", "#", "/result", "result", None])
def test_the_whole_result_is_written_in_many_ways(path: Any) -> None:
    assert resolve({"$from": "#1", "$path": path}, earlier) == ({"id": "inner"}, {"": ("a1", "")})


def test_a_key_that_reads_like_another_notation_is_that_key() -> None:
    value: JsonValue = {"result": {"a.b": 1}, "a": {"b": 2}, "$": 3}
    assert [lookup(value, path) for path in ("/result/a.b", "/a/b", "a.b", "/$")] == [1, 2, 2, 3]
