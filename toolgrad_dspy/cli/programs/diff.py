"""Two programs compared: their instructions, their demonstrations, and how they were compiled."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from toolgrad_dspy.cli.output import table
from toolgrad_dspy.cli.programs.side_by_side import compared
from toolgrad_dspy.cli.programs.text import abridged, demonstration, when
from toolgrad_dspy.compiling.programs import Opened, Reader
from toolgrad_dspy.errors import one_line

# Characters that are shown of a setting.
SETTING = 60

# It only repeats the scores, in words.
_DERIVED = "verdict"

Demos = list[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Demonstrations:
    """Those of a predictor that are in one program only, and those in both, in A's order."""

    only_a: Demos
    only_b: Demos
    both: Demos
    same_order: bool

    @property
    def equal(self) -> bool:
        """Whether both programs show the same ones in the same order."""
        return not self.only_a and not self.only_b and self.same_order


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two programs of this version's predictors."""

    a: Opened
    b: Opened

    @property
    def same_prompts(self) -> bool:
        """Whether both make the same prompts."""
        return self.a.prompts.digest == self.b.prompts.digest

    def demonstrations(self, predictor: str) -> Demonstrations:
        """Those of ``predictor``. Equal are two whose fields stand in the same order: so they stand in prompts."""
        a, b = ([(_key(demo), demo) for demo in program.prompts.demos[predictor]] for program in (self.a, self.b))
        keys_a, keys_b = [key for key, _ in a], [key for key, _ in b]
        left_a, left_b = Counter(keys_a) - Counter(keys_b), Counter(keys_b) - Counter(keys_a)
        return Demonstrations(
            _taken(a, left_a), _taken(b, left_b), _taken(a, Counter(keys_a) & Counter(keys_b)), keys_a == keys_b
        )

    def compiled(self) -> dict[str, tuple[JsonValue, JsonValue]]:
        """Where the descriptions of how they came about differ: the settings with both values, None for none."""
        a, b = (dict(_leaves(stored(program))) for program in (self.a, self.b))
        names = [name for name in dict.fromkeys([*a, *b]) if name != _DERIVED]
        groups = list(dict.fromkeys(_group(name) for name in names))
        names.sort(key=lambda name: groups.index(_group(name)))  # what only B has stands with its like
        return {name: (a.get(name), b.get(name)) for name in names if a.get(name) != b.get(name)}

    def data(self) -> dict[str, JsonValue]:
        """As data: texts and demonstrations in full."""
        return {
            "a": self.a.name,
            "b": self.b.name,
            "same_prompts": self.same_prompts,
            "instructions": {
                name: {
                    "equal": text == self.b.prompts.instructions[name],
                    "a": text,
                    "b": self.b.prompts.instructions[name],
                }
                for name, text in self.a.prompts.instructions.items()
            },
            "demonstrations": {name: _data(self.demonstrations(name)) for name in self.a.prompts.demos},
            "compiled": {name: {"a": a, "b": b} for name, (a, b) in self.compiled().items()},
        }

    def lines(self, reader: Reader, width: int | None) -> Iterator[str]:
        """For reading, on a terminal that is ``width`` wide, or None for what is no terminal."""
        yield from (f"{mark}: {_headline(program)}" for mark, program in (("A", self.a), ("B", self.b)))
        yield from self._parentage()
        if self.same_prompts:
            same = not self.compiled()
            yield (
                "The programs are equal."
                if same
                else "The prompts are equal: the same instructions and demonstrations."
            )
        else:
            for name in self.a.prompts.instructions:
                yield ""
                yield from self._instruction_lines(name, width)
                yield from self._demonstration_lines(name, reader.inputs[name])
        yield from self._compiled_lines()

    def _parentage(self) -> Iterator[str]:
        for child, parent, said in ((self.b, self.a, "B was tuned from A."), (self.a, self.b, "A was tuned from B.")):
            started = child.description.parent if child.description else None
            if started is not None and started.prompts == parent.prompts.digest:
                yield said

    def _instruction_lines(self, name: str, width: int | None) -> Iterator[str]:
        a, b = (program.prompts.instructions[name] for program in (self.a, self.b))
        if a == b:
            yield f"instructions of {name}: the same"
            return
        yield f"instructions of {name}:"
        yield from (f"  {line}".rstrip() for line in compared(a, b, width and width - 2))

    def _demonstration_lines(self, name: str, inputs: frozenset[str]) -> Iterator[str]:
        demos = self.demonstrations(name)
        if demos.equal:
            yield f"demonstrations of {name}: " + (f"the same {len(demos.both)}" if demos.both else "none in either")
            return
        counts = f"{len(demos.only_a)} only in A, {len(demos.only_b)} only in B, {len(demos.both)} in both"
        ordered = "" if demos.same_order or demos.only_a or demos.only_b else ", in another order"
        yield f"demonstrations of {name}: {counts}{ordered}"
        for where, own in (("A", demos.only_a), ("B", demos.only_b)):
            for index, demo in enumerate(own, 1):
                yield from demonstration(f"{index} of {len(own)} only in {where}", demo, inputs)

    def _compiled_lines(self) -> Iterator[str]:
        differences = self.compiled()
        # The untuned program was not compiled: everything would differ.
        if self.a.is_base or self.b.is_base or not differences:
            return
        yield ""
        yield "how they were compiled, where it differs:"
        yield table(
            ("", "A", "B"), [(one_line(name, SETTING), _cut(a), _cut(b)) for name, (a, b) in differences.items()]
        )


def _key(demo: Mapping[str, Any]) -> str:
    return json.dumps(demo)


def _taken(demos: list[tuple[str, Mapping[str, Any]]], wanted: Counter[str]) -> Demos:
    """The demonstrations whose keys are ``wanted``, each as often as it is."""
    taken, left = [], Counter(wanted)
    for key, demo in demos:
        if left[key] > 0:
            left[key] -= 1
            taken.append(demo)
    return taken


def _data(demos: Demonstrations) -> dict[str, JsonValue]:
    return {
        "equal": demos.equal,
        "only_a": [dict(demo) for demo in demos.only_a],
        "only_b": [dict(demo) for demo in demos.only_b],
        "both": [dict(demo) for demo in demos.both],
    }


def stored(opened: Opened) -> dict[str, JsonValue]:
    """How a program came about, as its file has it; empty where that is not known."""
    return opened.description.stored() if opened.description else {}


def _leaves(value: JsonValue, name: str = "") -> Iterator[tuple[str, JsonValue]]:
    """What stands in nested mappings, by the keys on the way to it; a list is one value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


def _group(name: str) -> str:
    return ".".join(name.split(".")[:2])


def _headline(opened: Opened) -> str:
    if opened.is_base:
        return "base, the untuned program of this version"
    return f"{one_line(opened.name)}, written {when(opened.written)}"


def _cut(value: JsonValue) -> str:
    if value is None:
        return "-"
    return f"{value:.6g}" if isinstance(value, float) else abridged(value, SETTING)
