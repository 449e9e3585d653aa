"""Who may hold how many servers, so that all who wait for one get it in the end.

A sample holds several servers at once: those of its trunk, of a branch for each proposal, of a session to repeat
steps on. If each took what it can get and waited for the rest, all could end up waiting for each other. So each says
beforehand how many it needs at most (:class:`Claim`), and gets one only if afterwards all can still end, one after
the other: the banker's algorithm (E. W. Dijkstra, EWD-108, 1965).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Claim:
    """What one sample, or one session by itself, may hold: ``most`` at once, of which it has ``held``.

    ``waiting`` counts the tasks of it that wait for a further one.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0
        self.waiting = 0

    @property
    def missing(self) -> int:
        """How many more it may ask for."""
        return max(0, self.most - self.held)


_CURRENT: ContextVar[Claim | None] = ContextVar("claim", default=None)


def current_claim() -> Claim | None:
    """The claim on which servers are started here."""
    return _CURRENT.get()


@contextmanager
def claiming(claim: Claim) -> Iterator[None]:
    """What is started in the block, also in tasks that begin there, is on this ``claim``."""
    token = _CURRENT.set(claim)
    try:
        yield
    finally:
        _CURRENT.reset(token)


class Bank:
    """Lends to claims.

    >>> bank, first, second = Bank(), Claim(most=2), Claim(most=2)
    >>> bank.enter(first), bank.enter(second)
    (None, None)
    >>> bank.lends(first, of=2)
    True
    >>> first.held = 1
    >>> bank.lends(second, of=2)  # then both would have one, and wait for another
    False
    >>> bank.lends(first, of=2)
    True
    """

    def __init__(self) -> None:
        self._claims: dict[Claim, None] = {}  # in the order in which they came

    def enter(self, claim: Claim) -> None:
        """The claim wants something."""
        self._claims.setdefault(claim)

    def settle(self, claim: Claim) -> None:
        """Forget the claim once it neither holds nor wants anything."""
        if not claim.held and not claim.waiting:
            self._claims.pop(claim, None)

    def lends(self, claim: Claim, of: int) -> bool:
        """Whether ``claim`` can have one more when there are so many in all.

        Who has none yet comes after all who came before and wait: nobody is passed by for ever.
        """
        if not claim.held and self._waits_before(claim):
            return False
        left = of - 1 - sum(other.held for other in self._claims)
        lent = {other: other.held + (other is claim) for other in self._claims}
        missing = {other: max(0, other.most - held) for other, held in lent.items()}
        for other in sorted(lent, key=missing.__getitem__):
            if left < 0 or missing[other] > left:
                return False
            left += lent[other]
        return True

    def _waits_before(self, claim: Claim) -> bool:
        for other in self._claims:
            if other is claim:
                return False
            if other.waiting:
                return True
        return False
