"""From votes to verdicts: pure functions, no model is asked."""

from collections.abc import Sequence

from toolgrad_dspy.judging.criteria import Vote
from toolgrad_dspy.records import Criterion, CriterionVerdict, Quality, RequestScore
from toolgrad_dspy.signatures import JudgedRequest


def verdict(criterion: Criterion, votes: Sequence[Vote]) -> CriterionVerdict:
    """The majority of the usable votes, with the reason of the first that says so.

    Not judged, neither held nor broken, when no vote is usable or those that are stand even.
    """
    usable = [vote for vote in votes if vote.holds is not None]
    if not usable:
        reasons = dict.fromkeys(vote.reason for vote in votes)
        return CriterionVerdict(criterion=criterion, holds=None, score=None, reason="; ".join(reasons))
    pro = sum(vote.holds is True for vote in usable)
    if 2 * pro == len(usable):
        reason = f"the {len(usable)} usable votes of {len(votes)} stand even"
        return CriterionVerdict(criterion=criterion, holds=None, score=None, reason=reason, votes=len(usable))
    holds = 2 * pro > len(usable)
    first = next(vote for vote in usable if vote.holds is holds)
    return CriterionVerdict(
        criterion=criterion,
        holds=holds,
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
    _, nearest = min(scored, key=lambda pair: abs(pair[0] - mean))
    requests = tuple(RequestScore(request=r.request, score=r.score, reason=r.reason) for r in nearest)
    return Quality(score=mean, requests=requests, votes=len(scored))
