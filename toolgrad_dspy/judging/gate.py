"""The gate: judges decide over a sample that the rules have accepted (``generate --judge``)."""

import time
from collections.abc import Callable, Iterable

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.judging.gate_config import GateConfig
from toolgrad_dspy.judging.judge import Judge
from toolgrad_dspy.judging.prompts import SHOWN_CHARS
from toolgrad_dspy.lm import Models, metered
from toolgrad_dspy.lm.answer_faults import answer_faults
from toolgrad_dspy.lm.calls.allowance import CallLimitError, allowed
from toolgrad_dspy.records import JUDGED, UNDECIDED, Judgement, RoleUsage, Session, Tool, Usage

SCRIPTED = (
    "judge: rehearsal, a scripted stand-in: its verdicts show that judges are asked and obeyed, and say nothing "
    "about the quality of a sample. Set TOOLGRAD_JUDGE_MODEL=provider/model to have samples judged."
)
# Characters of a judge's reason in that of a session. The judgement has all of it.
REASON = 240


class Gate:
    """Lets a session's accepted sample pass if it meets every standard of ``config``; any number of them at once.

    >>> from toolgrad_dspy.lm import Models
    >>> gate = Gate(GateConfig(criteria=("minimality",)), Models.from_environment(), tools=lambda: [])
    >>> failed = Session(index=0, seed=0, status="failed")
    >>> asyncio.run(gate.judged(failed)) is failed
    True

    ``tools`` gives at least the tools that a sample calls. ``max_calls`` is how many LM calls the session may make,
    those that it has made included; None is no limit. The other arguments are those of :class:`Judge`.
    """

    def __init__(
        self,
        config: GateConfig,
        models: Models,
        tools: Callable[[], Iterable[Tool]],
        shown_chars: int = SHOWN_CHARS,
        max_calls: int | None = None,
    ) -> None:
        self.config = config
        self._judge = Judge(models, config.votes, config.temperature, shown_chars)
        self._scripted = models.settings["judge"].is_rehearsal
        self._tools = tools
        self._max_calls = max_calls

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of the judges, a line each."""
        return (SCRIPTED,) if self._scripted else ()

    async def judged(self, session: Session) -> Session:
        """``session`` with the judgement in its trace, and rejected if its sample fails a standard, or one could not
        be decided: nothing is accepted by default. A session that was not accepted is left as it is.

        Raises like :meth:`Judge.judge`: what the budget ends, and what no later call would survive.
        """
        if session.status != "accepted" or session.sample is None:
            return session
        started = time.perf_counter()
        judgement, problem = None, ""
        left = None if self._max_calls is None else max(0, self._max_calls - session.usage.lm_calls)
        with metered() as meter, answer_faults() as faults, allowed(left):
            try:
                judgement = await self._judge.judge(session.sample, self._tools(), self.config.groups)
            except CallLimitError as error:
                problem = f"{UNDECIDED}: {error}"
        reason = problem if judgement is None else self.reason(judgement)
        trace = session.trace.model_copy(update={"judgement": judgement, "faults": (*session.trace.faults, *faults)})
        return session.model_copy(
            update={
                "status": "rejected" if reason else "accepted",
                # One that is accepted keeps what was taken out of it before.
                "reason": reason or session.reason,
                "trace": trace,
                "usage": _with(session.usage, meter.roles()),
                "seconds": session.seconds + time.perf_counter() - started,
            }
        )

    def reason(self, judgement: Judgement) -> str:
        """Why ``judgement`` refuses a sample: the standards that it fails, else those not decided; empty for none."""
        outcomes = [(str(standard), *standard.met(judgement)) for standard in self.config.standards]
        for key, verdict in ((JUDGED, False), (UNDECIDED, None)):
            found = [(name, why) for name, met, why in outcomes if met is verdict]
            if found:
                names, whys = ", ".join(name for name, _ in found), "; ".join(why for _, why in found)
                return f"{key}: {names}: {one_line(whys, REASON)}"
        return ""


def _with(usage: Usage, roles: dict[str, RoleUsage]) -> Usage:
    """``usage`` and what the judges used."""
    together = {name: usage.roles.get(name, RoleUsage()).plus(used) for name, used in roles.items()}
    return usage.model_copy(update={"roles": {**usage.roles, **together}})
