"""What a language model judged of a sample, and how it was asked."""

from typing import Literal

from pydantic import Field

from toolgrad_dspy.records.base import OutsideText, Record

# The six criteria of Quality Matters (arXiv 2409.16341, section 3).
Criterion = Literal["specificity", "coherence", "solvability", "alignment", "sufficiency", "minimality"]

# What one call of the judge decides together.
JudgeGroup = Literal["quality", "instruction", "calls"]


class CriterionJudgement(Record):
    """Whether a sample meets one criterion.

    ``holds`` is what most votes say. ``score``, in [0, 1], is the mean over the votes of the share that holds: of the
    values, sentence pairs or arguments where a criterion is decided one by one, else 0 or 1. Both are None when the
    criterion was not judged. ``votes`` counts the usable votes; above 0 without a decision they were tied. ``steps``
    names the steps that a failure is about.
    """

    criterion: Criterion
    holds: bool | None
    score: float | None = Field(ge=0, le=1)
    reason: OutsideText
    votes: int = 0
    steps: tuple[str, ...] = ()


class RequestScore(Record):
    """One request of a query and how well the response meets it, 0 to 100."""

    request: OutsideText
    score: float = Field(ge=0, le=100)
    reason: OutsideText


class Quality(Record):
    """QoR, quality of response: the mean over the requests, then over the votes, 0 to 100; None if not judged.

    ``requests`` are those of the vote that is nearest to the mean.
    """

    score: float | None = Field(ge=0, le=100)
    requests: tuple[RequestScore, ...] = ()
    reason: OutsideText = ""
    votes: int = 0


class JudgeCall(Record):
    """One vote of one group: who gave it, to which prompt, at what cost.

    ``model`` is the one that answered, ``prompt`` the digest of the signature with its instructions and worked
    examples. ``calls`` is 2
    when an answer had to be asked for again. ``problem`` says why the vote is not usable.
    """

    group: JudgeGroup
    vote: int
    model: str
    prompt: str
    calls: int
    input_tokens: int
    output_tokens: int
    problem: OutsideText = ""


class Judgement(Record):
    """All that was judged of one sample. ``quality`` is None, and criteria are absent, if they were not asked for.

    ``shown_chars`` is how much of each result the judge was shown, in characters. Two judgements can be compared if
    the models and prompts of their calls, ``votes``, ``temperature`` (None: the role's own setting) and
    ``shown_chars`` are equal.

    >>> redundant = CriterionJudgement(criterion="minimality", holds=False, score=0, reason="s2 is not needed")
    >>> judgement = Judgement(criteria=(redundant,))
    >>> judgement.on("minimality").holds, judgement.on("coherence"), judgement.correct
    (False, None, False)
    """

    quality: Quality | None = None
    criteria: tuple[CriterionJudgement, ...] = ()
    calls: tuple[JudgeCall, ...] = ()
    votes: int = 1
    temperature: float | None = None
    shown_chars: int | None = None

    def on(self, criterion: str) -> CriterionJudgement | None:
        """What was judged on ``criterion``; None if it was not asked for."""
        return next((judged for judged in self.criteria if judged.criterion == criterion), None)

    @property
    def correct(self) -> bool | None:
        """Whether all six criteria hold; None when that is not known."""
        held = [judged.holds for judged in self.criteria]
        # One that fails is enough, whatever is not known of the others.
        if False in held:
            return False
        return True if len(held) == 6 and None not in held else None

    @property
    def unjudged(self) -> tuple[str, ...]:
        """What was asked for and could not be judged: names of criteria, ``qor``."""
        names = ["qor"] if self.quality is not None and self.quality.score is None else []
        return (*names, *(judged.criterion for judged in self.criteria if judged.holds is None))
