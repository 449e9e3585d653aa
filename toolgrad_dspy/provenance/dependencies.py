"""Which calls of a report a workflow needs.

The released ToolGrad keeps only the last call of an executor, so an argument taken from an earlier one becomes
untraceable. Here every draft's own call is kept, and every call whose result a kept one uses.
"""

from collections.abc import Iterable

from toolgrad_dspy.records import Attempt


def attempts_to_keep(attempts: Iterable[Attempt], final: set[str]) -> set[str]:
    """Ids of the attempts to keep: those in ``final``, and what they depend on, transitively."""
    by_id = {attempt.id: attempt for attempt in attempts}
    keep: set[str] = set()
    waiting = list(final)
    while waiting:
        attempt_id = waiting.pop()
        # Origins may also name steps of the workflow ("s4"): those are kept already.
        if attempt_id in keep or attempt_id not in by_id:
            continue
        keep.add(attempt_id)
        waiting.extend(source.step for origin in by_id[attempt_id].origins for source in origin.sources)
    return keep
