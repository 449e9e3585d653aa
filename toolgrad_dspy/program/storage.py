"""Program files: tuned instructions and demonstrations as JSON, with the signatures they belong to."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dspy
from pydantic import BaseModel

from toolgrad_dspy.errors import UsageError, one_line, os_reason
from toolgrad_dspy.files import atomic_writer, store_errors
from toolgrad_dspy.records.base import OutsideObject, OutsideText

FORMAT = "toolgrad-dspy program 1"


class _SignatureState(BaseModel):
    instructions: OutsideText
    fields: list[dict[str, Any]]


class _PredictorState(BaseModel):
    """What DSPy stores of a predictor, as far as it is read here: DSPy itself takes anything."""

    signature: _SignatureState
    demos: list[OutsideObject]


def signature_digest(program: dspy.Module) -> str:
    """A digest of the tunable predictors' names and fields; instructions and demonstrations are not part of it."""
    shape = {
        name: [
            (field, str(info.annotation), str((info.json_schema_extra or {}).get("desc")))
            for field, info in predictor.signature.fields.items()
        ]
        for name, predictor in program.named_predictors()
    }
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]


def save_program(path: Path, program: dspy.Module, compiled: Mapping[str, Any]) -> None:
    """Write the program's state, and how it was ``compiled``, to ``path``, whole or not at all. Raises StoreError."""
    data: dict[str, Any] = {
        "format": FORMAT,
        "signatures": signature_digest(program),
        "compiled": dict(compiled),
        "state": {name: predictor.dump_state() for name, predictor in program.named_predictors()},
    }
    for state in data["state"].values():
        state.pop("lm", None)
    with store_errors(path, "write the program there"):
        path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_writer(path) as file:
        # Keys in their own order: a demonstration is shown as it is stored, its tool before its arguments.
        file.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def load_program(path: Path, program: dspy.Module) -> dict[str, Any]:
    """Load the state in ``path`` into ``program`` and return how it was compiled.

    Raises UsageError, and changes nothing then.
    """
    data = read_program(path)
    if data.get("signatures") != signature_digest(program):
        raise UsageError(
            f"{path} was compiled for other signatures ({data.get('signatures')}) than this version's "
            f"({signature_digest(program)}): compile it again"
        )
    predictors = dict(program.named_predictors())
    if set(data["state"]) != set(predictors):
        raise UsageError(f"{path} has the predictors {', '.join(sorted(data['state']))}, not {', '.join(predictors)}")
    try:
        states = {name: _PredictorState.model_validate(state) for name, state in data["state"].items()}
        for name, state in states.items():
            _check_state(state, predictors[name])
    except ValueError as error:
        raise UsageError(f"{path} is damaged: {one_line(error, 160)}") from None
    # Of what DSPy stores only these are taken over: its own loading would also take a model's settings, other texts
    # of the fields, and any attribute that a file names.
    for name, state in states.items():
        predictor = predictors[name]
        predictor.signature = predictor.signature.with_instructions(state.signature.instructions)
        predictor.demos = [dspy.Example(**demo) for demo in state.demos]
    compiled = data.get("compiled")
    return compiled if isinstance(compiled, dict) else {}


def _check_state(state: _PredictorState, predictor: dspy.Predict) -> None:
    expected = len(predictor.signature.fields)
    if len(state.signature.fields) != expected:
        raise ValueError(f"a signature has {len(state.signature.fields)} fields, not {expected}")


def read_program(path: Path) -> dict[str, Any]:
    """The content of a program file, its format checked. Raises UsageError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the program {path}: {os_reason(error)}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not a program file: {one_line(error, 120)}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("state"), dict):
        raise UsageError(
            f"{path} is not a program file: it has no {FORMAT!r} in it; make one with toolgrad-dspy compile"
        )
    return data
