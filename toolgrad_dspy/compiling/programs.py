"""Program files opened for reading: this takes no model, no tool and no setting."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import BaseModel, JsonValue, ValidationError

from toolgrad_dspy.compiling.description import ProgramDescription, read_description
from toolgrad_dspy.errors import UsageError, one_line, os_reason
from toolgrad_dspy.lm import LOOP_ROLES, Models, Role
from toolgrad_dspy.program import ToolGrad, load_program, other_signatures, read_program, signature_digest
from toolgrad_dspy.records.base import OutsideObject, OutsideText
from toolgrad_dspy.tools.library import Library
from toolgrad_dspy.tuning import Prompts

# The name of the untuned program of this version.
BASE = "base"

# Levels of nesting that a file may have: Python's JSON encoder and deepcopy recurse.
DEPTH = 200


@dataclass(frozen=True, slots=True)
class Opened:
    """A program, with the prompts of the predictors that its file holds.

    ``expected`` is the digest that this version has for their ``signatures``. ``written`` is in seconds of the epoch,
    None for the untuned program.

    ``description`` is how it came about, None where that is not known. ``problem`` says what is wrong with the file,
    if anything is: this version cannot use the program, or cannot read its description.
    """

    name: str
    prompts: Prompts
    signatures: str
    expected: str
    description: ProgramDescription | None = None
    written: float | None = None
    problem: UsageError | None = None

    @property
    def is_base(self) -> bool:
        """Whether it is the untuned program."""
        return self.written is None


class _Signature(BaseModel):
    instructions: OutsideText


class _Predictor(BaseModel):
    """What every version's predictors have."""

    signature: _Signature
    demos: list[OutsideObject]


class Reader:
    """Opens programs. ``base`` is the untuned one, with the predictors that are tuned by default; ``inputs`` are the
    fields that each predictor is given.

    Example:

        >>> from pathlib import Path
        >>> from toolgrad_dspy.compiling.programs import Reader
        >>> program = Reader().open(Path("programs/first.json"))
        >>> round(program.description.scores.after, 3)
        0.854
    """

    def __init__(self) -> None:
        default, self._untuned = _program(), _program(LOOP_ROLES)
        digest = signature_digest(default)
        self.base = Opened(BASE, Prompts.of(default), digest, digest)
        predictors = self._untuned.named_predictors()
        self.inputs = {name: frozenset(predictor.signature.input_fields) for name, predictor in predictors}

    def find(self, name: str) -> Opened:
        """The program that a command's argument names: a file, or :data:`BASE`. Raises UsageError."""
        return self.base if name == BASE else self.open(Path(name))

    def open(self, path: Path) -> Opened:
        """The program in ``path``. Other signatures and an unreadable description are its ``problem``.

        Raises UsageError for everything else.
        """
        file = read_program(path)
        _check_depth(path, [file.state, file.description])
        signatures, expected = one_line(file.signatures, 40), signature_digest(self._untuned, file.state)
        problem: UsageError | None = None
        if signatures == expected or not file.state or not set(file.state) <= set(self.inputs):
            program = _program([role for role in LOOP_ROLES if f"{role}.predict" in file.state])
            load_program(path, program)
            prompts = Prompts.of(program)
        else:
            # The predictors of another version cannot be loaded, but what they say can be shown.
            prompts = _as_stored(path, file.state)
            problem = other_signatures(path, signatures, expected)
        description = None
        try:
            description = read_description(file.description, path)
        except UsageError as error:
            # Other signatures come first: then the program is of no use, and not just its description.
            problem = problem or error
        return Opened(str(path), prompts, signatures, expected, description, written(path), problem)

    def untuned(self, names: Iterable[str]) -> Prompts:
        """The prompts that the predictors ``names`` have in this version before any tuning."""
        prompts, wanted = Prompts.of(self._untuned), set(names)
        return Prompts(
            {name: text for name, text in prompts.instructions.items() if name in wanted},
            {name: demos for name, demos in prompts.demos.items() if name in wanted},
        )

    def aligned(self, a: Opened, b: Opened) -> tuple[Opened, Opened]:
        """Both with the same predictors: one that only the other holds has its prompts before any tuning."""
        untuned = self.untuned({*a.prompts.instructions, *b.prompts.instructions})

        def completed(opened: Opened) -> Opened:
            prompts = opened.prompts
            whole = Prompts(
                {name: prompts.instructions.get(name, text) for name, text in untuned.instructions.items()},
                {name: prompts.demos.get(name, demos) for name, demos in untuned.demos.items()},
            )
            return replace(opened, prompts=whole)

        return completed(a), completed(b)


def _program(tuned: Sequence[Role] = ("proposer", "selector")) -> ToolGrad:
    return ToolGrad(Library([]), Models({}), tuned=tuned)


def _as_stored(path: Path, state: Mapping[str, JsonValue]) -> Prompts:
    try:
        predictors = {name: _Predictor.model_validate(stored) for name, stored in state.items()}
    except ValidationError as error:
        raise UsageError(f"{path} is damaged: {one_line(error, 160)}", code="damaged_program") from None
    return Prompts(
        {name: predictor.signature.instructions for name, predictor in predictors.items()},
        {name: tuple(predictor.demos) for name, predictor in predictors.items()},
    )


def _check_depth(path: Path, level: list[JsonValue]) -> None:
    """Raise UsageError for values nested beyond :data:`DEPTH`. Goes level by level, so as not to recurse itself."""
    depth = 0
    while level:
        depth += 1
        if depth > DEPTH:
            raise UsageError(f"{path} is damaged: it is nested more than {DEPTH} levels deep", code="damaged_program")
        level = [inner for value in level for inner in _inner(value)]


def _inner(value: JsonValue) -> Iterable[JsonValue]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def written(path: Path) -> float:
    """When ``path`` was written, in seconds of the epoch. Raises UsageError."""
    try:
        return path.stat().st_mtime
    except OSError as error:
        raise UsageError(f"cannot read the program {path}: {os_reason(error)}", code="unreadable_program") from None
