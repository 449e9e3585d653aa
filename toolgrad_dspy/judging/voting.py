"""Votes, and how they decide: pure functions, no model is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from toolgrad_dspy.records import Criterion, CriterionJudgement, Quality, RequestScore
from toolgrad_dspy.signatures import JudgedRequest


@dataclass(frozen=True, slots=True)
class Vote:
    """What one answer of a judge says about one criterion.

    ``score``, in [0, 1], is the share that holds. ``holds`` is None if the answer says nothing about the criterion.
    ``steps`` names the steps that a failure is about.
    """

    holds: bool | None
    score: float
    reason: str
    steps: tuple[str, ...] = ()


def no_vote(reason: str) -> Vote:
    """The vote of an answer that is not usable."""
    return Vote(None, 0.0, reason)


def decide(criterion: Criterion, votes: Sequence[Vote]) -> CriterionJudgement:
    """The majority of the usable votes, with the reason of the first vote on that side.

    The criterion is not judged (``holds`` and ``score`` are None) when no vote is usable (``votes`` is 0) or when the
    usable ones are tied.
    """
    usable = [vote for vote in votes if vote.holds is not None]
    if not usable:
        reasons = dict.fromkeys(vote.reason for vote in votes)
        return CriterionJudgement(criterion=criterion, holds=None, score=None, reason="; ".join(reasons))
    pro = sum(vote.holds is True for vote in usable)
    # The number of votes is odd, so that only lost ones can lead to a tie. A coin would then decide: nothing does.
    if 2 * pro == len(usable):
        reason = f"{len(usable)} of {len(votes)} votes are usable, and they are tied"
        return CriterionJudgement(criterion=criterion, holds=None, score=None, reason=reason, votes=len(usable))
    holds = 2 * pro > len(usable)
    first = next(vote for vote in usable if vote.holds is holds)
    return CriterionJudgement(
        criterion=criterion,
        holds=holds,
        # Over all usable votes, those of the minority too: a narrow majority is not as good as a clear one.
        score=sum(vote.score for vote in usable) / len(usable),
        reason=first.reason,
        votes=len(usable),
        steps=first.steps,
    )


def quality(votes: Sequence[Sequence[JudgedRequest]], problem: str = "") -> Quality:
    """QoR over the votes, each the requests that one answer scored; ``problem`` says why there is none."""
    scored = [(sum(request.score for request in vote) / len(vote), vote) for vote in votes if vote]
    if not scored:
        return Quality(score=None, reason=problem or "the answer names no request of the query")
    mean = sum(score for score, _ in scored) / len(scored)
    # The votes may list different requests, so that only the total can be averaged; one list stands for all.
    _, nearest = min(scored, key=lambda pair: abs(pair[0] - mean))
    requests = tuple(RequestScore(request=r.request, score=r.score, reason=r.reason) for r in nearest)
    return Quality(score=mean, requests=requests, votes=len(scored))
