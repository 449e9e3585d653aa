"""What the loop knows while it grows one sample."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pydantic import JsonValue

from toolgrad_dspy.program.answer_schemas import MOST_CALLS, Sources
from toolgrad_dspy.program.config import ProgramConfig
from toolgrad_dspy.program.known_ids import KnownIds
from toolgrad_dspy.program.memory import Memory
from toolgrad_dspy.provenance.made_up import id_parameters, required_ids
from toolgrad_dspy.provenance.origins import KNOWN_IDS, LONGEST_ID, EarlierResult
from toolgrad_dspy.records import (
    Attempt,
    Chain,
    Check,
    Iteration,
    Observation,
    Origin,
    Source,
    Step,
    Tool,
    ToolCall,
    Workflow,
    alike,
    lookup,
)
from toolgrad_dspy.rendering import EMPTY_WORKFLOW, ToolLines, line, older_step_line, shown_forms, step_line
from toolgrad_dspy.seeding import derive
from toolgrad_dspy.texts import Violation
from toolgrad_dspy.tools.library import Library

# So many of the latest steps are shown with their results: what has just been found is what is built on most.
RECENT = 1
# Values that are suggested to a proposer, and parameters that are named for each.
USABLE = 3
USED_BY = 3
# The calls of one answer that a later one in it may refer to.
GIVEN = tuple(f"#{number}" for number in range(1, MOST_CALLS))
NOTHING_YET = "everything: there are no steps yet"


@dataclass(slots=True)
class State:
    """One sample in the making, over the tools of ``library``.

    ``results`` and ``observations`` are those of the workflow's steps, by step; the former are indexed for the search
    of argument origins. ``offered`` keeps every tool that a proposer was shown, in order. ``violations`` are those of
    the texts, None when they are not written for the workflow as it is, ``checks`` the decisions about them, and
    ``salvaged`` what was taken out because of them; ``rewritten`` says that they are a second writing. ``memory`` has
    the calls that were tried. ``most_tools`` is how many tools a prompt has room for, None while there is no end to
    it; ``notes`` are for the user, a line each.
    """

    run_seed: int
    index: int
    config: ProgramConfig
    library: Library
    tool_lines: ToolLines
    workflow: Workflow = field(default_factory=Workflow)
    lacking: str = NOTHING_YET
    query: str = ""
    response: str = ""
    violations: tuple[Violation, ...] | None = None
    checks: tuple[Check, ...] = ()
    iterations: list[Iteration] = field(default_factory=list)
    results: dict[str, EarlierResult] = field(default_factory=dict)
    observations: dict[str, Observation] = field(default_factory=dict)
    offered: dict[str, None] = field(default_factory=dict)
    memory: Memory = field(default_factory=Memory)
    most_tools: int | None = None
    notes: list[str] = field(default_factory=list)
    salvaged: str = ""
    rewritten: bool = False
    _lines: dict[str, str] = field(default_factory=dict)

    def workflow_text(self) -> str:
        """The workflow as planners see it: the latest steps with their results, of older ones what a call can use.

        Each line is made once, and again when its step grows old or its chain is merged.
        """
        older = len(self.workflow.steps) - RECENT
        shown = []
        for chain in self.workflow.chains:
            for step in chain.steps:
                key = f"{chain.id} {step.id} {step.number <= older}"
                if key not in self._lines:
                    self._lines[key] = (
                        older_step_line(chain.id, step, self.tool_lines.useful)
                        if step.number <= older
                        else step_line(chain.id, step, self.config.shown_chars)
                    )
                shown.append((step.number, self._lines[key]))
        return "\n".join(text for _, text in sorted(shown)) or EMPTY_WORKFLOW

    @property
    def tools_used(self) -> dict[str, Tool]:
        """The tools that the workflow calls, by name."""
        return {step.call.tool: self.library.tool(step.call.tool) for step in self.workflow.steps}

    def tools_text(self, tools: Iterable[Tool]) -> str:
        """``tools`` for a prompt, one line each, with the examples of this session."""
        return self.tool_lines.text(tools, derive(self.run_seed, self.index, "examples"))

    def same_step(self, call: ToolCall) -> Step | None:
        """The step of the workflow that made this very call, if its result still holds: a write is never made twice,
        and what was read holds until something was written on the same source.
        """
        called = self.library.tool(call.tool)
        for step in reversed(self.workflow.steps):
            if step.call == call:
                return step
            tool = self.library.tool(step.call.tool)
            if tool.writes and not called.writes and tool.source == called.source:
                return None
        return None

    def givers(self, parameter: str) -> tuple[str, ...]:
        """The tools whose results have ids called like ``parameter``: by declaration, or as steps have shown."""
        shown = {
            step.call.tool
            for step in self.workflow.steps
            if any(alike(parameter, key) for key in self.results[step.id].id_keys)
        }
        return tuple(sorted({*self.tool_lines.useful.givers(parameter), *shown}))

    def needs(self, tool: Tool) -> tuple[str, ...]:
        """The ids that ``tool`` requires, that some tool gives, and that no step has given yet."""
        return tuple(
            parameter
            for parameter in required_ids(tool)
            if self.givers(parameter)
            and not any(alike(parameter, key) for result in self.results.values() for key in result.id_keys)
        )

    def known_ids(self, tools: Sequence[Tool], *results: EarlierResult) -> KnownIds:
        """The ids that arguments of ``tools`` can have, of those that some tool gives: the ones in the workflow's
        results and in ``results``, the latest first. Any other id is made up.
        """
        latest = [*reversed(results), *reversed(self.results.values())]
        return {
            (tool.name, parameter): _ids(tool, parameter, latest)
            for tool in tools
            for parameter in id_parameters(tool)
            if self.givers(parameter)
        }

    def usable(self, tools: Sequence[Tool]) -> str:
        """For a prompt: ids in results that parameters of ``tools`` fit, and how to refer to them, the latest first.

        Calls that the workflow has made already are not suggested again.
        """
        lines: list[str] = []
        for step in reversed(self.workflow.steps):
            for key, path in self.results[step.id].id_keys.items():
                value = lookup(step.observation.value, path)
                fitting = [
                    f"{tool.name}.{parameter}"
                    for tool in tools
                    for parameter in id_parameters(tool)
                    if alike(parameter, key) and not self._passed(tool, value)
                ]
                if fitting and len(lines) < USABLE:
                    lines.append(f"{line({'$from': step.id, '$path': path})} for {', '.join(fitting[:USED_BY])}")
        return "\n".join(lines) or "(nothing yet)"

    def _passed(self, tool: Tool, value: JsonValue) -> bool:
        """Whether a step has passed ``value`` to ``tool``."""
        return any(s.call.tool == tool.name and value in s.call.arguments.values() for s in self.workflow.steps)

    @property
    def stable(self) -> bool:
        """Whether every mini-batch is the whole library, so that what is made of it is the same in the whole run."""
        return len(self.library.tools) <= self.config.mini_batch

    def sources(self, *others: str) -> Sources:
        """What a reference may name: the steps, calls given before in the same answer, and ``others``."""
        return (*self.observations, *GIVEN, *others)

    def progress(self, number: int) -> str:
        """Where the loop stands, for a prompt: it also tells invocations of one session apart."""
        return f"iteration {number} of {self.config.iterations}"

    def indexed(self, attempt: Attempt) -> EarlierResult:
        """The result of an attempt that has run, as planners see it and as origins are searched in it."""
        assert attempt.observation is not None, "an attempt with a result has run"
        shown = shown_forms(attempt.observation.value, self.tool_lines.useful, self.config.shown_chars)
        category = self.library.tool(attempt.call.tool).category
        return EarlierResult(
            attempt.id, attempt.observation, attempt.call, attempt.origins, category=category, shown=shown
        )

    def append(
        self,
        attempts: tuple[Attempt, ...],
        chain: str | None,
        merged: frozenset[str],
        results: Mapping[str, EarlierResult] | None = None,
    ) -> tuple[str, ...]:
        """Take over the attempts as new steps of ``chain`` (None: a new one), which swallows ``merged`` chains.

        Origins within the report are renamed to the new step ids. ``results`` are those of the attempts that are
        indexed already; the others are indexed here. Returns the new ids, in the order the calls ran.
        """
        if not attempts:
            return ()
        names = {step_id: step_id for step_id in self.observations}
        steps: list[Step] = []
        for number, attempt in enumerate(attempts, len(self.workflow.steps) + 1):
            assert attempt.observation is not None, "a kept attempt has run"
            names[attempt.id] = step_id = f"s{number}"
            # An origin names an earlier attempt of this report, which is a step now, or a step of the workflow.
            origins = tuple(_renamed(origin, names) for origin in attempt.origins)
            steps.append(Step(id=step_id, call=attempt.call, observation=attempt.observation, origins=origins))
            self.observations[step_id] = attempt.observation
            indexed = (results or {}).get(attempt.id) or self.indexed(attempt)
            self.results[step_id] = indexed.renamed(step_id, origins)
        self.workflow = _with_steps(self.workflow, steps, chain, merged)
        self.violations = None  # the texts are those of the workflow before
        return tuple(step.id for step in steps)


def _renamed(origin: Origin, names: Mapping[str, str]) -> Origin:
    """``origin`` with the steps that attempts have become by their ``names``, among which are those of earlier steps.

    A place that only repeats a value is left out if its attempt has become none.
    """

    def there(source: Source) -> Source:
        return source.model_copy(update={"step": names.get(source.step, source.step)})

    return origin.model_copy(
        update={
            "step": names.get(origin.step, origin.step) if origin.step else None,
            "others": tuple(map(there, origin.others)),
            "echo": there(origin.echo) if origin.echo and origin.echo.step in names else None,
        }
    )


def _ids(tool: Tool, parameter: str, results: Iterable[EarlierResult]) -> tuple[str | int | float, ...]:
    """Those in ``results`` that the ``parameter`` can be, each once: at most so many, and none that are long."""
    found = (i for result in results for i in result.ids_for(parameter, tool.name, tool.category))
    short = (i for i in found if not isinstance(i, str) or len(i) <= LONGEST_ID)
    return tuple(islice(dict.fromkeys(short), KNOWN_IDS))


def joined(workflow: Workflow, earlier: str, later: str) -> Workflow:
    """``workflow`` with the chains of two steps in one, that of the ``earlier``: the other continues it."""
    chain, other = workflow.chain_of(earlier), workflow.chain_of(later)
    assert chain, "steps of a workflow are in its chains"
    assert other, "steps of a workflow are in its chains"
    return workflow if chain == other else _with_steps(workflow, [], chain, frozenset({other}))


def _with_steps(workflow: Workflow, steps: list[Step], chain: str | None, merged: frozenset[str]) -> Workflow:
    if chain is None:
        taken = [int(c.id[1:]) for c in workflow.chains]
        return Workflow(chains=(*workflow.chains, Chain(id=f"c{max(taken, default=0) + 1}", steps=tuple(steps))))
    # A report that compares results of two chains joins them; their steps stay in the order the calls ran.
    swallowed = [step for c in workflow.chains if c.id in merged or c.id == chain for step in c.steps]
    grown = Chain(id=chain, steps=(*sorted(swallowed, key=lambda s: s.number), *steps))
    kept = (grown if c.id == chain else c for c in workflow.chains if c.id == chain or c.id not in merged)
    return Workflow(chains=tuple(kept))
