"""A program as DSPy handles it: which models its modules use, and what of it is stored."""

import copy
from pathlib import Path
from typing import Any, Self

import dspy

from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.lm.ask import default_lm
from toolgrad_dspy.lm.models import Models
from toolgrad_dspy.lm.settings import LOOP_ROLES, Role
from toolgrad_dspy.lm.user_models import is_counted
from toolgrad_dspy.program.storage import all_predictors


class RoleModule(dspy.Module):
    """A module with one submodule per role of the loop, named like it. Deep copies share the ``models``."""

    def __init__(self, models: Models) -> None:
        super().__init__()
        self._models = models

    def _predictors(self, role: Role) -> list[dspy.Predict]:
        return list(all_predictors(getattr(self, role)).values())

    def set_lm(self, lm: dspy.LM) -> None:
        """Let ``lm`` answer for all roles, those too that are not tuned.

        ``BestOfN`` and ``SIMBA`` set copies of the model that they got from :meth:`get_lm`. If that is a role's own,
        every role keeps its own, and takes over how the copy samples.
        """
        sampling: dict[str, Any] | None = None
        if is_counted(lm) and any(lm.engine is self._models.lm(role).engine for role in LOOP_ROLES):
            sampling = {"temperature": lm.kwargs.get("temperature"), "seed": lm.kwargs.get("rollout_id")}
        for role in LOOP_ROLES:
            chosen = lm if sampling is None else self._models.lm(role).copy(**sampling)
            for predictor in self._predictors(role):
                predictor.lm = chosen

    def get_lm(self) -> dspy.LM:
        """The model that answers for all roles; the proposer's where each role has a model of the settings.

        Raises UsageError ("several_models") where some have one and others have another.
        """
        used = [
            default_lm(self._models, role) if predictor.lm is None else predictor.lm
            for role in LOOP_ROLES
            for predictor in self._predictors(role)
        ]
        if all(lm is used[0] for lm in used) or all(is_counted(lm) for lm in used):
            return used[0]
        names = ", ".join(sorted({lm.model for lm in used}))
        raise UsageError(
            f"the modules use several models ({names}); give them one with set_lm", code="several_models"
        )

    def deepcopy(self) -> Self:
        """With signatures of its own: ``InferRules`` sets instructions in the class, which copies share."""
        twin: Self = super().deepcopy()
        for predictor in twin.predictors():
            predictor.signature = predictor.signature.with_instructions(predictor.signature.instructions)
        return twin

    def dump_state(self, json_mode: bool = True) -> dict[str, Any]:
        """As DSPy's, without the roles' own models: those come from the settings."""
        state = {}
        for name, part in self.named_parameters():
            stored = copy.copy(part)
            if is_counted(getattr(part, "lm", None)):
                stored.lm = None
            state[name] = stored.dump_state(json_mode=json_mode)
        return state

    def save(self, path: Path | str, save_program: bool = False, modules_to_serialize: Any = None) -> None:
        """Write the state of the tuned predictors to ``path``; a new program :meth:`load` reads it.

        Raises UsageError ("state_only") for ``save_program=True``.
        """
        if save_program:
            raise UsageError(
                "a program holds open tools, and models with their keys, which no file can keep; save its state, "
                "save('program.json'), and load that into a new ToolGrad",
                code="state_only",
            )
        super().save(path)
