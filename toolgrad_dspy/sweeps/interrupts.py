"""An interrupt that waits: what is half done for a moment is finished before Ctrl-C ends it."""

import signal
from types import FrameType


class HeldInterrupt:
    """Ctrl-C (SIGINT) is held off inside the ``with``, until :meth:`release`; then it does what it would have done.

    For the main thread of a process: signals cannot be handled in another.
    """

    def __enter__(self) -> "HeldInterrupt":
        self._came = False
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Hold it no longer. By Python's own handler, KeyboardInterrupt is raised if it came meanwhile."""
        signal.signal(signal.SIGINT, self._before)
        came, self._came = self._came, False
        if came:
            signal.raise_signal(signal.SIGINT)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._came = True
