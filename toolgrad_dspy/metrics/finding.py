"""What feedback consists of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about a step of a session.

    ``code`` names the kind of fact in snake case: programs and tests go by it. ``text`` is one sentence that says
    where it shows: what a reflection model reads. ``praise`` says that all is well; every other finding is a
    complaint.

    >>> findings = [Finding("proposal_ran", "p1 ran at once.", praise=True), Finding("placeholder", "p2: x = 'foo'.")]
    >>> [finding.code for finding in findings if not finding.praise]
    ['placeholder']
    """

    code: str
    text: str
    praise: bool = False
