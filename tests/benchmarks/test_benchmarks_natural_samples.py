"""The samples with natural texts, and their faults: what the benchmark of the rules stands on."""

import doctest
import re
from collections import Counter
from typing import get_args

import pytest

import benchmarks.natural_samples
from benchmarks.natural_samples import Defect, DefectKind, NaturalSample, defects, samples
from toolgrad_dspy.json_schema import argument_problem, compile_schema
from toolgrad_dspy.records import leaves

SAMPLES = samples()
DEFECTS = defects()
TEXT_OF = {
    "value_removed": "query",
    "argument_changed": "workflow",
    "choice_not_conveyed": "query",
    "boolean_not_conveyed": "query",
    "pick_not_determined": "query",
    "foreign_request": "query",
    "wrong_number": "response",
    "wrong_name": "response",
    "wrong_date": "response",
    "answer_left_out": "response",
    "internal_id_told": "response",
}
# The ids of the town: a short name of the kind of thing, and four digits.
INTERNAL_ID = re.compile(r"\b[a-z]{2,3}-\d{4}\b")


def named(defect: Defect) -> str:
    return f"{defect.kind} {defect.sample}"


def changed(defect: Defect) -> set[str]:
    sample = SAMPLES[defect.sample]
    faulty = defect.applied_to(sample)
    return {name for name in NaturalSample.model_fields if getattr(faulty, name) != getattr(sample, name)}


def test_there_are_sixty_samples_of_which_ten_are_in_other_languages() -> None:
    assert len(SAMPLES) == 60
    assert sum(sample.language != "en" for sample in SAMPLES.values()) == 10


def test_there_are_twelve_faults_of_each_kind() -> None:
    assert Counter(defect.kind for defect in DEFECTS) == dict.fromkeys(get_args(DefectKind), 12)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.id)
def test_a_sample_has_texts_two_to_seven_steps_and_exactly_the_tools_that_it_calls(sample: NaturalSample) -> None:
    assert sample.query
    assert sample.response
    assert 2 <= len(sample.workflow.steps) <= 7
    assert sorted(tool.name for tool in sample.tools) == sorted({step.call.tool for step in sample.workflow.steps})


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.id)
def test_the_texts_of_a_sample_name_no_tool_and_no_internal_id(sample: NaturalSample) -> None:
    for text in (sample.query, sample.response):
        assert not INTERNAL_ID.search(text)
        assert not [tool.name for tool in sample.tools if tool.name in text]


@pytest.mark.parametrize("defect", DEFECTS, ids=named)
def test_a_fault_changes_what_its_kind_is_about_and_nothing_else(defect: Defect) -> None:
    assert changed(defect) == {TEXT_OF[defect.kind]}


def test_no_two_faults_are_alike() -> None:
    faulty = [defect.applied_to(SAMPLES[defect.sample]).model_dump_json() for defect in DEFECTS]
    assert len(set(faulty)) == len(faulty)


@pytest.mark.parametrize("defect", [d for d in DEFECTS if d.arguments], ids=named)
def test_changed_arguments_differ_in_one_value_and_fit_the_tool(defect: Defect) -> None:
    sample = SAMPLES[defect.sample]
    tools = {tool.name: tool for tool in sample.tools}
    before = {step.id: step.call for step in sample.workflow.steps}
    for step, arguments in defect.arguments.items():
        old, new = dict(leaves(before[step].arguments)), dict(leaves(arguments))
        assert len([pointer for pointer in old.keys() | new.keys() if old.get(pointer) != new.get(pointer)]) == 1
        assert argument_problem(compile_schema(tools[before[step].tool].parameters), arguments) is None


@pytest.mark.parametrize("defect", [d for d in DEFECTS if re.match(r"s\d+/", d.about)], ids=named)
def test_the_parameters_that_a_fault_is_about_are_arguments_of_its_steps(defect: Defect) -> None:
    steps = {step.id: step for step in SAMPLES[defect.sample].workflow.steps}
    for step, pointer in re.findall(r"\b(s\d+)(/[\w/]+)", defect.about):
        arguments = dict(leaves(steps[step].call.arguments))
        assert any(leaf == pointer or leaf.startswith(f"{pointer}/") for leaf in arguments)


@pytest.mark.parametrize("defect", [d for d in DEFECTS if d.kind == "internal_id_told"], ids=named)
def test_an_internal_id_that_is_told_stands_in_a_result(defect: Defect) -> None:
    sample = SAMPLES[defect.sample]
    results = " ".join(step.observation.text for step in sample.workflow.steps)
    told = INTERNAL_ID.findall(defect.response or "")
    assert told
    assert all(one in results for one in told)


def test_a_fault_does_not_fit_another_sample() -> None:
    first, *_ = DEFECTS
    other = next(sample for sample in SAMPLES.values() if sample.id != first.sample)
    with pytest.raises(ValueError, match="does not fit"):
        first.applied_to(other)


def test_the_example_of_the_loader_is_true() -> None:
    assert doctest.testmod(benchmarks.natural_samples).failed == 0
