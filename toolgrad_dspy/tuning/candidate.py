"""What tuning changes: the instructions and demonstrations of the tunable predictors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self

import dspy

# Of a demonstration DSPy keeps whether it was bootstrapped; prompts do not show it.
_INTERNAL = frozenset({"augmented", "dspy_uuid", "dspy_split"})


@dataclass(frozen=True, slots=True)
class Prompts:
    """``instructions`` and ``demos`` by predictor. A demonstration is a mapping of fields to plain JSON values."""

    instructions: Mapping[str, str]
    demos: Mapping[str, tuple[Mapping[str, Any], ...]]

    @classmethod
    def of(cls, module: dspy.Module) -> Self:
        """Those of ``module``, a program or what an optimizer made of one."""
        predictors = dict(module.named_predictors())
        return cls(
            {name: predictor.signature.instructions for name, predictor in predictors.items()},
            {name: tuple(_plain(demo) for demo in predictor.demos) for name, predictor in predictors.items()},
        )

    @property
    def digest(self) -> str:
        """Equal for equal prompts."""
        text = json.dumps([dict(self.instructions), dict(self.demos)], default=str)
        return blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()

    def given_to(self, program: dspy.Module) -> dspy.Module:
        """A copy of ``program`` with these prompts, and otherwise as it is: frozen parts, models, signatures."""
        copy = program.deepcopy()
        for name, predictor in copy.named_predictors():
            predictor.signature = predictor.signature.with_instructions(self.instructions[name])
            predictor.demos = [dspy.Example(**demo) for demo in self.demos[name]]
        return copy


def _plain(demo: dspy.Example | Mapping[str, Any]) -> dict[str, Any]:
    fields = demo.toDict() if isinstance(demo, dspy.Example) else dict(demo)
    return {name: value for name, value in fields.items() if name not in _INTERNAL}
