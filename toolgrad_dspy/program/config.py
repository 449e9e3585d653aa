"""The settings of the loop."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from toolgrad_dspy.program.bases import BaseName


class ProgramConfig(BaseModel):
    """How one sample is grown. Defaults are those of ToolGrad where it has one (arXiv 2508.04086, section 3).

    >>> ProgramConfig(iterations=6, mini_batch=30).update
    'last'

    - ``mini_batch``: tools shown to the proposer per iteration, all if the library has fewer. The paper shows 50;
      half of that costs a fifth less, at nearly the same score (docs/models.md, "What a sample costs").
    - ``proposals``: proposals asked for per iteration (paper: 3).
    - ``iterations``: passes of the loop (paper: 10, its released example 5).
    - ``repairs``: LM turns to mend the calls of one proposal (paper: at most 3 turns in all), or, where ``mend`` is
      ``needed``, those of one iteration.
    - ``mend``: when they are used: for ``all`` proposals that broke or came back empty, as in the paper, or only
      where ``needed``, when no proposal of the iteration gave a result: only one report is taken.
    - ``chains``: chains a workflow may have (paper: 10).
    - ``update``: when query and response are written. ``each`` iteration, as in the paper, or once, after the
      ``last`` one: the texts depend on the chains alone, so earlier versions would only be thrown away.
    - ``base``: the instructions to begin with, those that ship or ``plain`` ones without advice (``bases.py``).
    - ``max_calls``: LM calls that one session may make; None is no limit. A session that reaches it ends with the
      steps that it has.
    - ``shown_chars``: how much of a new result the planning prompts show, in characters. Of older ones they show what
      a call can use. The stored result is never cut.
    - ``written_chars``: how much of each result the updater is shown, who writes the response from it: four times as
      much. Most results are shown whole then, and ten steps that are not take some 10,000 tokens, which leaves a
      context of 16,000 the room for the texts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mini_batch: int = Field(default=24, ge=1)
    proposals: int = Field(default=3, ge=1, le=16)
    iterations: int = Field(default=8, ge=1, le=100)
    repairs: int = Field(default=2, ge=0, le=10)
    mend: Literal["needed", "all"] = "needed"
    chains: int = Field(default=10, ge=1)
    update: Literal["each", "last"] = "last"
    base: BaseName = "shipped"
    max_calls: int | None = Field(default=None, ge=4)
    shown_chars: int = Field(default=1000, ge=200)
    written_chars: int = Field(default=4000, ge=400)
