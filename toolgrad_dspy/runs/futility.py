"""When a run is not worth going on with: its sessions fail, one like the other."""

import re
from collections import deque

from toolgrad_dspy.errors import RunError, one_line
from toolgrad_dspy.records import Session

# Once a sample has been accepted, so many times as many sessions have to fail alike: a run that accepts one sample in
# ten has 60 failures in a row once in six hundred times, and 20 in a row once in eight.
LATER = 3

_NUMBER = re.compile(r"\d+")


class Futility:
    """Ends a run when its first ``most`` sessions, or later three times as many in a row, give no sample for one and
    the same reason; 0: never. A run that goes on like that costs money and gives nothing.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._reasons: deque[str] = deque(maxlen=max(1, LATER * most))
        self._any_accepted = False

    def mind(self, session: Session) -> None:
        """Take in a session that has ended. Raises RunError (``same_failure``)."""
        if session.status == "accepted":
            self._any_accepted = True
            self._reasons.clear()
            return
        self._reasons.append(f"{session.status} {_NUMBER.sub('', session.reason_key)}")
        enough = self._most * (LATER if self._any_accepted else 1)
        if self._most and len(self._reasons) >= enough and len(set(self._reasons)) == 1:
            raise RunError(
                f"the {'last' if self._any_accepted else 'first'} {len(self._reasons)} sessions were all "
                f"{session.status} for one reason: {one_line(session.reason, 160)}; see toolgrad-dspy show RUN "
                f"{session.index}, or go on with --max-failures 0",
                code="same_failure",
            )
