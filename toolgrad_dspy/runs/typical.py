"""What a session is expected to use, before one has run: from the settings, the tools and the models' prices."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from toolgrad_dspy.judging import GateConfig
from toolgrad_dspy.lm import LOOP_ROLES, Models, Role
from toolgrad_dspy.program import ProgramConfig
from toolgrad_dspy.records import JudgeGroup, Tool
from toolgrad_dspy.rendering import ToolLines

# The usual rule of thumb for English text.
CHARACTERS_PER_TOKEN = 4
# LM calls of a role: in each iteration, and once per session. Measured on the bundled town with the rehearsal model
# and the shipped instructions; a weaker model mends more.
CALLS: dict[Role, tuple[float, float]] = {
    "proposer": (1.0, 0.0),
    "selector": (1.0, 0.0),
    "updater": (0.0, 1.1),
}
# The executor's per iteration, by ``ProgramConfig.mend``, with three proposals.
MENDED = {"needed": 0.1, "all": 0.75}
# Tokens of a call. Input beside the tools, measured in the same way, with the workflow at half its length; output
# twice as long, since language models say more.
TOKENS: dict[Role, tuple[int, int]] = {
    "proposer": (950, 380),
    "executor": (1050, 30),
    "selector": (1000, 110),
    "updater": (1600, 500),
}
# Tokens of a judge's call by the group of criteria, read and written: of every call, and for each iteration that the
# sample grew. Measured in the same way, with 4 and 8 iterations.
JUDGED: dict[JudgeGroup, tuple[tuple[int, int], tuple[int, int]]] = {
    "quality": ((860, 206), (94, 60)),
    "instruction": ((1570, 327), (166, 40)),
    "calls": ((1190, 457), (92, 0)),
}
# These two see the mini-batch.
_PLANNERS = ("proposer", "executor")


@dataclass(frozen=True, slots=True)
class SessionEstimate:
    """What one session, or several, are expected to use; ``usd`` is None if the price of a model is not known."""

    lm_calls: float
    input_tokens: float
    output_tokens: float
    usd: float | None

    @property
    def tokens(self) -> float:
        """Read and written."""
        return self.input_tokens + self.output_tokens

    @property
    def line(self) -> str:
        """For people: ``about 1,580 LM calls, 6.2 million tokens, 3.10 US dollars``."""
        shown = f"{self.tokens / 1e6:,.1f} million" if self.tokens >= 1e6 else f"{self.tokens:,.0f}"
        cost = "at an unknown price" if self.usd is None else f"{self.usd:,.2f} US dollars"
        return f"about {self.lm_calls:,.0f} LM calls, {shown} tokens, {cost}"

    def plus(self, other: "SessionEstimate") -> "SessionEstimate":
        """Both together."""
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return SessionEstimate(
            self.lm_calls + other.lm_calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            usd,
        )

    def times(self, sessions: float) -> "SessionEstimate":
        """The same for ``sessions`` of them."""
        usd = None if self.usd is None else self.usd * sessions
        return SessionEstimate(
            self.lm_calls * sessions, self.input_tokens * sessions, self.output_tokens * sessions, usd
        )

    def scaled_to(self, lm_calls: float) -> "SessionEstimate":
        """The same for a session that makes ``lm_calls``."""
        factor = lm_calls / self.lm_calls if self.lm_calls else 1.0
        usd = None if self.usd is None else self.usd * factor
        return replace(
            self,
            lm_calls=lm_calls,
            input_tokens=self.input_tokens * factor,
            output_tokens=self.output_tokens * factor,
            usd=usd,
        )


def typical_session(
    config: ProgramConfig, tools: Sequence[Tool], models: Models, gate: GateConfig | None = None
) -> SessionEstimate:
    """What a session of ``config`` on ``tools`` is expected to use with ``models``, and with the judges of ``gate``.

    Prompt caches are left out.
    """
    per_tool = len(ToolLines(tools).text(tools)) / CHARACTERS_PER_TOKEN / max(1, len(tools))
    shown = round(per_tool * min(config.mini_batch, len(tools)))
    total = SessionEstimate(0, 0, 0, 0.0)
    for role in LOOP_ROLES:
        read, wrote = TOKENS[role]
        read += shown if role in _PLANNERS else 0
        total = total.plus(_of_role(models, role, _calls(role, config), read, wrote))
    if gate is not None:
        for group in gate.groups:
            read, wrote = (fixed + each * config.iterations for fixed, each in JUDGED[group])
            total = total.plus(_of_role(models, "judge", gate.votes, read, wrote))
    allowed = config.max_calls
    return total.scaled_to(allowed) if allowed is not None and allowed < total.lm_calls else total


def _of_role(models: Models, role: Role, calls: float, read: int, wrote: int) -> SessionEstimate:
    """``calls`` that each read and write so many tokens, at the price of the model that plays ``role``."""
    settings = models.settings[role]
    usd: float | None = 0.0
    if not settings.is_rehearsal:
        price = models.prices.of(settings.model)
        usd = None if price is None else price.of(read, wrote) * calls
    return SessionEstimate(calls, read * calls, wrote * calls, usd)


def _calls(role: Role, config: ProgramConfig) -> float:
    """How many LM calls ``role`` makes in a session, were they not limited."""
    if role == "executor":
        return MENDED[config.mend] * config.iterations if config.repairs else 0.0
    per_iteration, per_session = CALLS[role]
    if role == "updater" and config.update == "each":
        return per_session * config.iterations
    return per_iteration * config.iterations + per_session
