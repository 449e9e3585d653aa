"""Program files opened for looking at: no model is needed for it, no tool, and no setting."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from toolgrad_dspy.errors import UsageError, one_line, os_reason
from toolgrad_dspy.lm import Models
from toolgrad_dspy.program import ToolGrad, load_program, read_program, signature_digest
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.tuning import Prompts

# The name of the untuned program of this version.
BASE = "base"

# Levels of nesting that a file may have: Python's JSON encoder and deepcopy recurse.
DEPTH = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """A program. ``compiled`` is how it came about, of any shape; ``written`` is in seconds of the epoch.

    ``problem`` says why this version cannot use it, if it cannot.
    """

    name: str
    prompts: Prompts
    signatures: str
    compiled: Mapping[str, Any]
    written: float | None = None
    problem: str = ""

    @property
    def is_base(self) -> bool:
        """Whether it is the untuned program."""
        return self.written is None


class _Signature(BaseModel):
    instructions: str


class _Predictor(BaseModel):
    """What every version's predictors have."""

    signature: _Signature
    demos: list[dict[str, Any]]


class Reader:
    """Opens programs. ``base`` is the untuned one; ``inputs`` are the fields that each predictor is given."""

    def __init__(self) -> None:
        self._program = ToolGrad(Library([]), Models({}))
        self.base = Opened(BASE, Prompts.of(self._program), signature_digest(self._program), {})
        self.inputs = {name: frozenset(one.signature.input_fields) for name, one in self._program.named_predictors()}

    def find(self, name: str) -> Opened:
        """The program that a command's argument names: a file, or :data:`BASE`. Raises UsageError."""
        return self.base if name == BASE else self.open(Path(name))

    def open(self, path: Path) -> Opened:
        """The program in ``path``. One for other signatures has a ``problem``; UsageError is raised for all else."""
        data = read_program(path)
        _check_depth(path, data)
        compiled = data.get("compiled")
        signatures, problem = one_line(data.get("signatures"), 40), ""
        if signatures == self.base.signatures:
            prompts = self._loaded(path)
        else:
            prompts = _as_stored(path, data["state"])
            problem = (
                f"{path} was compiled for other signatures ({signatures}) than this version's "
                f"({self.base.signatures}): compile it again"
            )
        return Opened(
            str(path), prompts, signatures, compiled if isinstance(compiled, dict) else {}, written(path), problem
        )

    def _loaded(self, path: Path) -> Prompts:
        load_program(path, self._program)
        return Prompts.of(self._program)


def _as_stored(path: Path, state: Mapping[str, Any]) -> Prompts:
    try:
        found = {name: _Predictor.model_validate(one) for name, one in state.items()}
    except ValidationError as error:
        raise UsageError(f"{path} is damaged: {one_line(error, 160)}") from None
    return Prompts(
        {name: one.signature.instructions for name, one in found.items()},
        {name: tuple(one.demos) for name, one in found.items()},
    )


def _check_depth(path: Path, data: object) -> None:
    level, depth = [data], 0
    while level:
        depth += 1
        if depth > DEPTH:
            raise UsageError(f"{path} is damaged: it is nested more than {DEPTH} levels deep")
        level = [
            inner
            for value in level
            for inner in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        ]


def written(path: Path) -> float:
    """When ``path`` was written, in seconds of the epoch. Raises UsageError."""
    try:
        return path.stat().st_mtime
    except OSError as error:
        raise UsageError(f"cannot read the program {path}: {os_reason(error)}") from None


def at(value: object, *keys: str) -> Any:
    """What stands at ``keys`` in nested mappings; None where anything on the way is not there or is no mapping."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def number(value: object) -> float | None:
    """``value`` if it is a finite number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:  # an integer beyond every float
        return None
