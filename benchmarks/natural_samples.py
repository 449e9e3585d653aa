"""Samples with texts as a careful person writes them, and copies of these with one fault each.

``benchmarks/natural`` has, a JSON object a line:

- ``samples.jsonl``: workflows of the bundled town and of the file-system server of the Model Context Protocol, with
  a query for which exactly these calls are right, and the response of a good assistant. Calls, results and origins
  are as the program stored them.
- ``tools.jsonl``: the tools that they call, each once; a sample has their names.
- ``defects.jsonl``: twelve faults of each kind. A row holds the whole text that is changed, or the arguments.

Texts and faults were written from calls and results alone, without regard to any rule: it is the rules that are
measured by them. Today is Tuesday, 12 May 2026, in all of them.

>>> sample = samples()["town-13"]
>>> [step.call.tool for step in sample.workflow.steps]
['search_stops', 'search_stops', 'plan_trip']
>>> fault = next(defect for defect in defects() if defect.sample == "town-13" and defect.arguments)
>>> fault.kind, fault.about
('argument_changed', 's3/when/arrive_by: 10:30, now 10:25')
>>> fault.applied_to(sample).workflow.steps[2].call.arguments["when"]
{'arrive_by': '10:25'}
"""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import JsonValue

from toolgrad_dspy.records import Record, Step, Tool, Workflow

FOLDER = Path(__file__).parent / "natural"

DefectKind = Literal[
    "value_removed",  # the query no longer states a value
    "argument_changed",  # an argument has a value that nobody stated; the tool answers it the same way
    "choice_not_conveyed",  # the query conveys an enumerated value no more, or conveys another
    "boolean_not_conveyed",  # the same for a yes or no
    "pick_not_determined",  # the query no longer says which of several things found is meant
    "foreign_request",  # the query asks for something that no call serves
    "wrong_number",  # in the response, like the following
    "wrong_name",
    "wrong_date",  # or a time
    "answer_left_out",  # what the query asks for is not answered
    "internal_id_told",  # the response tells an id that a result holds
]


class NaturalSample(Record):
    """A query, the calls that answer it with their results, and the response. ``language`` is that of both texts."""

    id: str
    language: Literal["en", "de", "fr", "es"]
    query: str
    response: str
    workflow: Workflow
    tools: tuple[Tool, ...]


class Defect(Record):
    """One fault in the sample of the id ``sample``, as small as it can be made.

    ``query`` and ``response`` are the whole text with the fault, None where it stays as it is. ``arguments`` has, by
    step id, all arguments of a call. ``about`` says what is at fault: the step and the parameter, or the thing told.
    """

    sample: str
    kind: DefectKind
    query: str | None = None
    response: str | None = None
    arguments: dict[str, dict[str, JsonValue]] = {}
    about: str

    def applied_to(self, sample: NaturalSample) -> NaturalSample:
        """A copy of ``sample`` with the fault. Raises ValueError for another sample and for steps that it lacks."""
        known = {step.id for step in sample.workflow.steps}
        if sample.id != self.sample or not known.issuperset(self.arguments):
            raise ValueError(f"a fault of {self.sample} in steps {sorted(self.arguments)} does not fit {sample.id}")
        texts = {name: text for name in ("query", "response") if (text := getattr(self, name)) is not None}
        return sample.model_copy(update={**texts, "workflow": self._faulty(sample.workflow)})

    def _faulty(self, workflow: Workflow) -> Workflow:
        chains = (
            chain.model_copy(update={"steps": tuple(self._step(step) for step in chain.steps)})
            for chain in workflow.chains
        )
        return Workflow(chains=tuple(chains))

    def _step(self, step: Step) -> Step:
        if step.id not in self.arguments:
            return step
        call = step.call.model_copy(update={"arguments": self.arguments[step.id]})
        return step.model_copy(update={"call": call})


def samples() -> dict[str, NaturalSample]:
    """All samples by id, in the order of the file."""
    tools = {tool.name: tool for tool in map(Tool.model_validate_json, _lines("tools.jsonl"))}
    rows: list[dict[str, Any]] = [json.loads(line) for line in _lines("samples.jsonl")]
    read = [NaturalSample(**{**row, "tools": [tools[name] for name in row["tools"]]}) for row in rows]
    return {sample.id: sample for sample in read}


def defects() -> list[Defect]:
    """All faults, in the order of the file: kind by kind."""
    return [Defect.model_validate_json(line) for line in _lines("defects.jsonl")]


def _lines(name: str) -> list[str]:
    return (FOLDER / name).read_text(encoding="utf-8").splitlines()
