"""Feedback from a judge: the criteria that a sample does not meet, for the role that can do better."""

from collections.abc import Mapping

from toolgrad_dspy.errors import one_line
from toolgrad_dspy.metrics.finding import Finding
from toolgrad_dspy.records import Criterion, Iteration, Judgement

# Characters of a judge's reason that are passed on.
LONGEST = 400
# A response that meets a request to less than this, of 100, leaves something to say.
MET = 80

# What a failed criterion means to the roles that can do better. The executor only mends calls that failed.
_FAILED: Mapping[Criterion, Mapping[str, str]] = {
    "specificity": {"updater": "The query leaves out what a call needs"},
    "coherence": {
        "proposer": "The steps do not hang together",
        "selector": "The steps do not hang together",
        "updater": "The requests of the query do not hang together",
    },
    "solvability": {"updater": "The query asks for what the calls cannot do"},
    "alignment": {
        "proposer": "By the query, an argument is not right",
        "updater": "The query does not say what an argument of the calls says",
    },
    "sufficiency": {
        "proposer": "The calls of the sample leave a request open",
        "updater": "The query asks for more than the calls do",
    },
    "minimality": {"proposer": "A call of the sample is redundant"},
}


def judged_feedback(judgement: Judgement, role: str, iteration: Iteration) -> list[Finding]:
    """One finding per criterion that the sample does not meet and that concerns ``role``, with the judge's reason.

    The code is the criterion's name. A failure that is about certain steps concerns only the iterations that added
    one of them, and the updater, which writes for all. It is also told which requests the response does not meet
    (``response_quality``).
    """
    findings = []
    for judged in judgement.criteria:
        meaning = _FAILED.get(judged.criterion, {}).get(role)
        elsewhere = role != "updater" and judged.steps and not set(judged.steps) & set(iteration.added)
        # ``holds`` is None where nothing was decided: no complaint.
        if judged.holds is False and meaning and not elsewhere:
            text = f"{meaning} ({judged.criterion}): {_told(judged.reason)}."
            findings.append(Finding(judged.criterion, text))
    if role == "updater" and judgement.quality is not None:
        for request in judgement.quality.requests:
            if request.score < MET:
                text = f"The response does not meet {one_line(request.request, LONGEST)!r}: {_told(request.reason)}."
                findings.append(Finding("response_quality", text))
    return findings


def _told(reason: str) -> str:
    return one_line(reason, LONGEST).rstrip(".")
