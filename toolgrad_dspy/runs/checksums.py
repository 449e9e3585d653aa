"""Checksums over the rows of a run's database: a disk or a copy that changes a bit is noticed when the row is read.

SQLite itself has none: it gives a changed text as it is.
"""

from hashlib import blake2b

# Seven bytes: an integer of SQLite's has eight with a sign. A change goes unnoticed once in 2 ** 56 times.
_BYTES = 7


def checksum(*values: str | bytes | int | float | None) -> int:
    """The checksum over the values of a row, in their order. Equal for equal values of equal types.

    >>> checksum("a", "b") == checksum("ab", "")
    False
    """
    digest = blake2b(digest_size=_BYTES)
    for value in values:
        data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogateescape")
        # With type and length: values do not run into each other, and NULL is not the word "None".
        digest.update(b"%s %d " % (type(value).__name__.encode(), len(data)))
        digest.update(data)
    return int.from_bytes(digest.digest())
