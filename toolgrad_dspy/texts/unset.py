"""Choices that the query makes and no call has: "exhibitions in the harbour", for a search of all events there."""

from collections.abc import Iterator, Mapping
from typing import Any

from toolgrad_dspy.json_schema import schema_at
from toolgrad_dspy.json_schema.enumerated import enumerated
from toolgrad_dspy.provenance.statements import About, Mention, conveys
from toolgrad_dspy.provenance.statements.reading import normalise
from toolgrad_dspy.records import Step, Tool, Workflow, in_words, leaves
from toolgrad_dspy.records.pointer import escape
from toolgrad_dspy.texts.clauses import clauses, telling
from toolgrad_dspy.texts.demands import Demand

# Words before an option that speak of a thing that is known, and choose nothing: "book the concert".
_KNOWN = ("the", "that", "this", "it", "my", "your", "der", "die", "das", "le", "la", "el", "il")


def unset(query: str, workflow: Workflow, tools: Mapping[str, Tool]) -> Iterator[Demand]:
    """For each parameter that a call leaves out, the option of it that ``query`` seems to choose.

    An option that is the parameter's default, that stands in an argument of any call, or of which the tools that are
    called speak themselves ("return a loan, and pay the fine if it is overdue") is not left out; nor does it count
    where nothing is asked for.
    """
    asked = "".join(query[clause.start : clause.end] if clause.asks else " " for clause in clauses(query))
    spoken = frozenset[str]().union(*(_words(tools[s.call.tool]) for s in workflow.steps if s.call.tool in tools))
    given = " ".join(
        normalise(str(leaf)) for step in workflow.steps for _, leaf in leaves(step.call.arguments) if leaf is not None
    )
    told: set[tuple[str, str]] = set()
    for step in workflow.steps:
        tool = tools.get(step.call.tool)
        if tool is None:
            continue
        for name, about in _left_out(step, tool):
            for option in about.options:
                if not isinstance(option, str) or normalise(option) in given or _is_spoken(option, spoken):
                    continue
                found = conveys(asked, option, about)
                if found and (tool.name, name) not in told and not _speaks_of_known(asked, found):
                    told.add((tool.name, name))
                    yield _absent(step, name, option, about)


def _words(tool: Tool) -> frozenset[str]:
    return telling(f"{in_words(tool.name)} {tool.description}")


def _is_spoken(option: str, spoken: frozenset[str]) -> bool:
    """Whether the words of ``option`` are those ``spoken``, in whatever form: "cancelled" where a tool cancels."""
    return all(any(word.startswith(s) or s.startswith(word) for s in spoken) for word in telling(in_words(option)))


def _left_out(step: Step, tool: Tool) -> Iterator[tuple[str, About]]:
    """The optional parameters of ``tool`` with enumerated values, that ``step`` has not given."""
    properties = tool.parameters.get("properties")
    for name in properties if isinstance(properties, dict) else ():
        if name in step.call.arguments:
            continue
        schema: dict[str, Any] = schema_at(tool.parameters, f"/{escape(name)}") or {}
        options = [option for option in enumerated(schema) if option != schema.get("default")]
        if options:
            yield name, About(name=name, schema=schema | {"enum": options})


def _speaks_of_known(query: str, found: Mention) -> bool:
    before = query[: found.start].split()
    return bool(before) and before[-1].casefold() in _KNOWN


def _absent(step: Step, name: str, option: str, about: About) -> Demand:
    return Demand(
        "choice", step.id, step.call.tool, f"/{escape(name)}", option, about=about, optional=True, absent=True
    )
