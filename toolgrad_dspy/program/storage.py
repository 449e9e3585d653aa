"""Program files: tuned instructions and demonstrations as JSON, with a digest of the signatures they belong to.

How a program came about is stored with it as JSON; ``toolgrad_dspy.compiling.description`` gives that its types.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dspy
from pydantic import BaseModel, JsonValue

from toolgrad_dspy.errors import UsageError, one_line, os_reason
from toolgrad_dspy.files import atomic_writer, read_input, store_errors
from toolgrad_dspy.records.base import OutsideObject, OutsideText

FORMAT = "toolgrad-dspy program 1"


class _SignatureState(BaseModel):
    instructions: OutsideText
    fields: list[dict[str, Any]]


class _PredictorState(BaseModel):
    """What DSPy stores of a predictor, as far as it is read here: DSPy itself takes anything."""

    signature: _SignatureState
    demos: list[OutsideObject]


@dataclass(frozen=True, slots=True)
class StoredProgram:
    """The content of a program file as JSON, of which only the format was checked. What is missing is None."""

    signatures: JsonValue
    description: JsonValue
    state: dict[str, JsonValue]


def all_predictors(program: dspy.Module) -> dict[str, dspy.Predict]:
    """The predictors of ``program`` by name, those too that are not tuned."""
    parts = program.named_sub_modules(type_=dspy.Predict, skip_compiled=False)
    return {name.removeprefix("self."): predictor for name, predictor in parts}


def signature_digest(program: dspy.Module, names: Collection[str] | None = None) -> str:
    """A digest of the names and fields of the predictors ``names``, by default of those that are tuned.

    Instructions and demonstrations are not part of it.
    """
    predictors = dict(program.named_predictors())
    if names is not None:
        predictors = {name: predictor for name, predictor in all_predictors(program).items() if name in names}
    shape = {
        name: [
            (field, str(info.annotation), str((info.json_schema_extra or {}).get("desc")))
            for field, info in predictor.signature.fields.items()
        ]
        for name, predictor in predictors.items()
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]


def save_program(
    path: Path, program: dspy.Module, description: Mapping[str, JsonValue], *, also: Collection[str] = ()
) -> None:
    """Write the program's state to ``path``, whole or not at all. Raises StoreError.

    Written are the predictors that are tuned, and ``also`` those of these names: of a program that was loaded, for
    instance, what its file held. ``description`` says how it came about (``toolgrad_dspy.compiling.describe``); it
    may be empty. It is stored under ``compiled``.
    """
    names = {*also, *(name for name, _ in program.named_predictors())}
    state = {name: part.dump_state() for name, part in all_predictors(program).items() if name in names}
    for stored in state.values():
        stored.pop("lm", None)  # its settings may hold a key
    data = {
        "format": FORMAT,
        "signatures": signature_digest(program, names),
        "compiled": dict(description),
        "state": state,
    }
    with store_errors(path, "write the program there"):
        path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_writer(path) as file:
        # Keys in their own order: a demonstration is shown as it is stored, its tool before its arguments.
        file.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def load_program(path: Path, program: dspy.Module) -> dict[str, JsonValue]:
    """Load the state in ``path`` into ``program`` and return the description of how it came about, unchecked.

    A file holds the predictors that were tuned; they need not be those that ``program`` tunes. The description is
    empty where there is none. Raises UsageError, and changes nothing then.
    """
    file = read_program(path)
    predictors = all_predictors(program)
    if not file.state or not set(file.state) <= set(predictors):
        held = one_line(", ".join(sorted(file.state)) or "(none)", 160)
        raise UsageError(
            f"{path} has the predictors {held}, and a program has {', '.join(predictors)}", code="other_predictors"
        )
    if file.signatures != signature_digest(program, file.state):
        raise other_signatures(path, file.signatures, signature_digest(program, file.state))
    try:
        states = {name: _PredictorState.model_validate(state) for name, state in file.state.items()}
        for name, state in states.items():
            _check_state(state, predictors[name])
    except ValueError as error:
        raise UsageError(f"{path} is damaged: {one_line(error, 160)}", code="damaged_program") from None
    # Of what DSPy stores only these are taken over: its own loading would also take a model's settings, other texts
    # of the fields, and any attribute that a file names.
    for name, state in states.items():
        predictor = predictors[name]
        predictor.signature = predictor.signature.with_instructions(state.signature.instructions)
        predictor.demos = [dspy.Example(**demo) for demo in state.demos]
    # Whatever else stands there: a program can be used without knowing how it came about.
    return file.description if isinstance(file.description, dict) else {}


def other_signatures(path: Path, signatures: object, expected: str) -> UsageError:
    """The error about ``path``, whose program was compiled for ``signatures`` and not for the ``expected`` ones."""
    return UsageError(
        f"{path} was compiled for other signatures ({one_line(signatures, 40)}) than this version's "
        f"({expected}): compile it again",
        code="other_signatures",
    )


def _check_state(state: _PredictorState, predictor: dspy.Predict) -> None:
    expected = len(predictor.signature.fields)
    if len(state.signature.fields) != expected:
        raise ValueError(f"a signature has {len(state.signature.fields)} fields, not {expected}")


def read_program(path: Path) -> StoredProgram:
    """The content of a program file. Raises UsageError for one that cannot be read or holds no program."""
    try:
        data = json.loads(read_input(path, "utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the program {path}: {os_reason(error)}", code="unreadable_program") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not a program file: {one_line(error, 120)}", code="not_a_program_file") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("state"), dict):
        raise UsageError(
            f"{path} is not a program file: it does not say {FORMAT!r}; make one with toolgrad-dspy compile",
            code="not_a_program_file",
        )
    return StoredProgram(data.get("signatures"), data.get("compiled"), data["state"])
