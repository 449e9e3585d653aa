"""Seeds for everything random.

One run seed fixes the whole run: each random choice draws from a generator that is seeded by the purpose of the
choice, so that neither concurrency nor the order of completion changes a result.
"""

import hashlib
import random


def derive(*parts: object) -> int:
    """A 64-bit seed from ``parts``, for example ``derive(run_seed, session, iteration, "mini-batch")``."""
    # Joined by a control character that no part contains, so that (1, 23) and (12, 3) are different seeds.
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def generator(*parts: object) -> random.Random:
    """A random generator seeded by :func:`derive`."""
    return random.Random(derive(*parts))
