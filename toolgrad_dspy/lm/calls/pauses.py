"""How long to wait between two attempts of one call."""

import random

# Waits between attempts: full jitter up to FIRST_WAIT * 2**attempt seconds, at most LONGEST_WAIT
# (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
FIRST_WAIT = 0.5
LONGEST_WAIT = 60.0
# No quota is counted over more than a day, so a server that asks for a longer wait is wrong.
A_DAY = 86_400.0


def pause(error: Exception, attempt: int, longest: float = A_DAY) -> float:
    """Seconds to wait after ``attempt``, from 0: a little more than the server asked for, else full jitter.

    Of what a server asked for, no more than ``longest`` seconds count.
    """
    jitter = random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2**attempt))
    says = getattr(error, "retry_after", None)
    return min(longest, asked_pause(error)) + jitter * 0.1 if says else jitter


def asked_pause(error: Exception | None) -> float:
    """The seconds that a server asks to wait, 0 if it does not say."""
    # Zero comes first in max(): a server may ask for "nan" or "-1" seconds, too.
    return min(A_DAY, max(0.0, float(getattr(error, "retry_after", None) or 0.0)))
