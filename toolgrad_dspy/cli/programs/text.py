"""Programs for reading: a row of the list, how one came about, its prompts in short."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from toolgrad_dspy.cli.output import table
from toolgrad_dspy.compiling.programs import Opened, Reader, at, number
from toolgrad_dspy.errors import one_line

# Characters that are shown of a demonstration's field, and of a setting.
FIELD, SETTING = 200, 300

HEADER = (
    "program", "optimizer", "before", "after", "difference", "gain", "sessions", "parent", "written", "note",
)  # fmt: skip


def row(name: str, opened: Opened) -> tuple[object, ...]:
    """A program in the list, under ``name``."""
    compiled = opened.compiled
    scores = at(compiled, "scores")
    return (
        one_line(name, 60),
        _word(at(compiled, "optimizer", "name")),
        number(at(scores, "before")),
        number(at(scores, "after")),
        difference(scores),
        _yes_no(at(scores, "gain")),
        number(at(compiled, "optimizer", "sessions")),
        _word(parent_of(compiled)),
        when(opened.written),
        "for other signatures: compile it again" if opened.problem else "",
    )


def unusable(name: str, written: float | None, reason: str) -> tuple[object, ...]:
    """The row of a file that is no program, or a damaged one."""
    return (one_line(name, 60), *[None] * (len(HEADER) - 3), when(written), one_line(reason, 100))


def difference(scores: object) -> str:
    """The difference of the scores with its interval; ``-`` where it is not known."""
    found = [number(at(scores, "difference", key)) for key in ("mean", "low", "high")]
    if None in found:
        return "-"
    mean, low, high = found
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"


def parent_of(compiled: Mapping[str, Any]) -> str | None:
    """The file that tuning started from, ``base`` without one; None where it is not known."""
    parent = at(compiled, "parent")
    if not isinstance(parent, Mapping):
        return None
    return "base" if parent.get("file") is None else str(parent["file"])


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
            inputs = None if opened.problem else reader.inputs[name]
            yield from demonstration(f"{index} of {len(demos)}", demo, inputs)


def demonstration(title: str, demo: Mapping[str, Any], inputs: frozenset[str] | None) -> Iterator[str]:
    """One demonstration in short, a field per line, what was given marked ``>`` and what was answered ``<``.

    Without ``inputs``, those of another version's predictor, the two cannot be told apart.
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
    fits = "those of this version"
    if opened.problem:
        fits = f"NOT those of this version ({reader.base.signatures}): compile it again"
    if opened.is_base:
        yield "what it is", "the untuned program of this version"
        yield "signatures", f"{opened.signatures}, {fits}"
        return
    compiled = opened.compiled
    found, scores = at(compiled, "optimizer"), at(compiled, "scores")
    yield "written", f"{when(opened.written)}, by version {_word(at(compiled, 'version'))}"
    yield "signatures", f"{opened.signatures}, {fits}"
    yield "parent", _parent(compiled, reader)
    yield "optimizer", _word(at(found, "name"))
    yield "settings", _pairs(at(found, "settings"))
    yield "budget", _pairs(at(found, "budget"))
    yield "seed", _shown(at(found, "seed"))
    yield "tuning", f"{_shown(at(found, 'sessions'))} sessions scored, {_shown(at(found, 'candidates'))} candidates"
    if at(found, "stopped"):
        yield "ended early", _shown(at(found, "stopped"))
    yield "metric weights", _pairs(at(compiled, "metric", "weights"))
    if judge := {key: value for key, value in _mapping(at(compiled, "metric")).items() if key != "weights"}:
        yield "judge", _pairs(judge)
    yield "tasks", _pairs(at(compiled, "tasks"))
    yield "test scores", f"{_from_to(scores)}, {difference(scores)}{_confidence(scores)}"
    yield "validation scores", _from_to(at(scores, "validation"))
    yield "verdict", _shown(at(compiled, "verdict"))
    yield "program", _pairs(at(compiled, "program"))
    yield "models", _models(at(compiled, "models"))
    yield "tools", _tools(at(compiled, "tools"))


def _parent(compiled: Mapping[str, Any], reader: Reader) -> str:
    prompts = at(compiled, "parent", "prompts")
    untuned = prompts == reader.base.prompts.digest
    named = parent_of(compiled)
    if named == "base":
        return f"base, the untuned program of {'this' if untuned else 'another'} version"
    return f"{_word(named)}, prompts {_word(prompts)}" + (", the same as base" if untuned else "")


def _from_to(scores: object) -> str:
    before, after = (number(at(scores, key)) for key in ("before", "after"))
    return f"{'-' if before is None else f'{before:.3f}'} before, {'-' if after is None else f'{after:.3f}'} after"


def _confidence(scores: object) -> str:
    found = number(at(scores, "difference", "confidence"))
    return "" if found is None else f" ({found:.0%} interval)"


def _models(models: object) -> str:
    """The models with their settings, each with the roles it plays."""
    if not isinstance(models, Mapping):
        return "-"
    roles: dict[str, list[str]] = {}
    for role, settings in models.items():
        rest = {key: value for key, value in _mapping(settings).items() if key != "model"}
        name = _word(at(settings, "model")) + (f" ({_pairs(rest)})" if rest else "")
        roles.setdefault(name, []).append(role)
    if len(roles) == 1:
        return f"{next(iter(roles))} in every role"
    return "; ".join(f"{name}: {', '.join(played)}" for name, played in roles.items())


def _tools(tools: object) -> str:
    source = at(tools, "source")
    servers = at(source, "mcpServers")
    named = "the bundled world" if source == "world" else _shown(source)
    if isinstance(servers, Mapping):
        named = f"servers {', '.join(servers)}"
    return f"{one_line(named, SETTING)}, digest {_word(at(tools, 'digest'))[:16]}"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _pairs(value: object) -> str:
    if not isinstance(value, Mapping):
        return _shown(value)
    pairs = [f"{key.replace('_', ' ')} {_shown(inner)}" for key, inner in value.items()]
    return abridged(", ".join(pairs) or "none", SETTING)


def _shown(value: object) -> str:
    if value is None or value == "":
        return "-"
    if isinstance(value, float):
        return f"{value:g}"
    return abridged(value, SETTING)


def _word(value: object) -> str:
    return one_line(_shown(value), 60)


def _yes_no(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, "-") if isinstance(value, bool) else "-"
