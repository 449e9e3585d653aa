"""Programs for reading: a row of the list, how one came about, its prompts in short."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from toolgrad_dspy.cli.output import table
from toolgrad_dspy.compiling import ProgramDescription
from toolgrad_dspy.compiling.description import ModelDescription, ProgramScores, ToolsDescription, ValidationScores
from toolgrad_dspy.compiling.programs import BASE, Opened, Reader
from toolgrad_dspy.errors import UsageError, one_line
from toolgrad_dspy.metrics.comparison import Difference

# Characters that are shown of a demonstration's field, and of a setting.
FIELD, SETTING = 200, 300

HEADER = (
    "program", "optimizer", "before", "after", "difference", "gain", "sessions", "parent", "written", "note",
)  # fmt: skip


def row(path: Path, opened: Opened) -> tuple[object, ...]:
    """A program in the list: the scores are those on the test tasks."""
    description = opened.description
    if description is None:
        return unusable(path, opened.written, opened.problem)
    scores = description.scores
    return (
        one_line(path.name, 60),
        _word(description.optimizer.name),
        scores.before,
        scores.after,
        scores.difference,
        _yes_no(scores.gain),
        description.optimizer.sessions,
        _word(parent_of(description)),
        when(opened.written),
        reason(opened.problem, path) if opened.problem else _trial(description),
    )


def unusable(path: Path, written: float | None, problem: UsageError | None) -> tuple[object, ...]:
    """The row of a file of which nothing else is known: it is not a program, is damaged, or has no description."""
    shown = one_line(reason(problem, path), 100) if problem else ""
    return (one_line(path.name, 60), *[None] * (len(HEADER) - 3), when(written), shown)


def reason(problem: UsageError, path: Path) -> str:
    """What is wrong with the file ``path``, without its name, which stands beside it."""
    return str(problem).removeprefix(f"{path} ")


def parent_of(description: ProgramDescription) -> str | None:
    """The file that tuning started from, ``base`` without one; None where it is not known."""
    return None if description.parent is None else description.parent.file or BASE


def when(written: float | None) -> str:
    """Local time to the minute."""
    return "-" if written is None else f"{datetime.fromtimestamp(written):%Y-%m-%d %H:%M}"


def lines(opened: Opened, reader: Reader) -> Iterator[str]:
    """A program: how it came about, then each predictor's instructions and demonstrations."""
    yield table((one_line(opened.name), ""), _facts(opened, reader))
    for name, instructions in opened.prompts.instructions.items():
        demos = opened.prompts.demos[name]
        yield ""
        yield f"instructions of {one_line(name)}:"
        yield from (f"  {line}".rstrip() for line in instructions.split("\n"))
        yield f"demonstrations of {one_line(name)}: {len(demos) or 'none'}"
        for index, demo in enumerate(demos, 1):
            # Those of another version's predictors are not known.
            inputs = reader.inputs[name] if opened.signatures == opened.expected else None
            yield from demonstration(f"{index} of {len(demos)}", demo, inputs)


def demonstration(title: str, demo: Mapping[str, object], inputs: frozenset[str] | None) -> Iterator[str]:
    """One demonstration in short, a field per line, what was given marked ``>`` and what was answered ``<``.

    Without ``inputs`` the two cannot be told apart.
    """
    yield f"  demonstration {title}"
    for field, value in demo.items():
        mark = " " if inputs is None else ">" if field in inputs else "<"
        yield f"    {mark} {one_line(field, 60)}: {abridged(value, FIELD)}"


def abridged(value: object, limit: int) -> str:
    """``value`` on one line, and how much is cut where it is longer than ``limit`` characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    folded = " ".join(text.split())
    return folded if len(folded) <= limit else f"{folded[:limit]}… (+{len(folded) - limit:,} characters)"


def _facts(opened: Opened, reader: Reader) -> Iterator[tuple[str, str]]:
    if opened.is_base:
        yield "what it is", "the untuned program of this version"
    else:
        yield "written", _written(opened)
    fits = "those of this version"
    if opened.signatures != opened.expected:
        fits = f"NOT those of this version ({opened.expected}): compile it again"
    yield "signatures", f"{opened.signatures}, {fits}"
    if opened.description is not None:
        yield from _description_facts(opened.description, reader.untuned(opened.prompts.instructions).digest)
    elif not opened.is_base:
        yield "how it came about", "not known"


def _written(opened: Opened) -> str:
    version = f", by version {_word(opened.description.version)}" if opened.description else ""
    return f"{when(opened.written)}{version}"


def _description_facts(description: ProgramDescription, untuned: str) -> Iterator[tuple[str, str]]:
    optimizer, scores = description.optimizer, description.scores
    if description.trial is not None:
        yield "trial", f"number {description.trial} of a sweep"
    yield "parent", _parent(description, untuned)
    yield "optimizer", _word(optimizer.name)
    yield "settings", _pairs(optimizer.settings)
    yield "budget", _pairs(optimizer.budget.model_dump())
    yield "seed", _shown(optimizer.seed)
    yield "tuning", f"{_shown(optimizer.sessions)} sessions scored, {_shown(optimizer.candidates)} candidates"
    if optimizer.stopped:
        yield "ended early", _shown(optimizer.stopped)
    metric = description.metric
    yield "metric weights", _pairs(metric.weights)
    if metric.floor is not None:
        yield "metric floor", f"{metric.floor} useful steps"
    if metric.votes is not None:
        yield "judge", _pairs(metric.model_dump(exclude={"weights"}))
    yield "tasks", _pairs(description.tasks.model_dump())
    if description.trial is None:
        yield "test scores", f"{_from_to(scores)}, {_difference(scores.difference)}"
    yield "validation scores", _from_to(scores.validation)
    yield "conclusion", _shown(description.conclusion)
    yield "program", _pairs(description.program.model_dump())
    yield "models", _models(description.models)
    if description.tools is not None:
        yield "tools", _tools(description.tools)


def _parent(description: ProgramDescription, untuned_digest: str) -> str:
    parent = description.parent
    if parent is None:
        return "not known"
    untuned = parent.prompts == untuned_digest
    if parent.file is None:
        return f"base, the untuned program of {'this' if untuned else 'another'} version"
    return f"{_word(parent.file)}, prompts {_word(parent.prompts)}" + (", the same as base" if untuned else "")


def _trial(description: ProgramDescription) -> str:
    """What the list says of a trial, whose scores are not those of the columns."""
    if description.trial is None:
        return ""
    return f"trial {description.trial} of a sweep; on the validation tasks {_from_to(description.scores.validation)}"


def _from_to(scores: ProgramScores | ValidationScores) -> str:
    before, after = ("-" if score is None else f"{score:.3f}" for score in (scores.before, scores.after))
    return f"{before} before, {after} after"


def _difference(difference: Difference | None) -> str:
    return "-" if difference is None else f"{difference} ({difference.confidence:.0%} interval)"


def _models(models: Mapping[str, ModelDescription]) -> str:
    """The models with their settings, each with the roles it plays."""
    roles: dict[str, list[str]] = {}
    for role, model in models.items():
        settings = model.model_dump(exclude={"model"})
        name = _word(model.model) + (f" ({_pairs(settings)})" if settings else "")
        roles.setdefault(name, []).append(role)
    if len(roles) == 1:
        return f"{next(iter(roles))} in every role"
    return "; ".join(f"{name}: {', '.join(played)}" for name, played in roles.items()) or "-"


def _tools(tools: ToolsDescription) -> str:
    match tools.source:
        case "world":
            named = "the bundled world"
        case {"mcpServers": dict(servers)}:
            named = f"servers {', '.join(servers)}"
        case source:
            named = _shown(source)
    return f"{one_line(named, SETTING)}, digest {_word(tools.digest)[:16]}"


def _pairs(values: Mapping[str, object]) -> str:
    pairs = [f"{key.replace('_', ' ')} {_shown(value)}" for key, value in values.items()]
    return abridged(", ".join(pairs) or "none", SETTING)


def _shown(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, float):
        return f"{value:g}"
    return abridged(value, SETTING)


def _word(value: object) -> str:
    return one_line(_shown(value), 60)


def _yes_no(value: bool | None) -> str:
    return "-" if value is None else "yes" if value else "no"
