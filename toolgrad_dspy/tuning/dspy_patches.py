"""DSPy's optimizers as parts of a command: without their output, and without their habit of running things twice."""

import contextlib
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

# Errors in sessions are scores or end the tuning; DSPy's own limit of ten would end an evaluation by an error.
ANY_NUMBER = 10**9


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the log lines, prints and progress bars of DSPy and Optuna: ours say the same in one line."""
    loggers = [logging.getLogger(name) for name in ("dspy", "optuna")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)  # an error is a low score, or it is raised at the end
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def whole_sessions_once() -> Iterator[None]:
    """Keep DSPy from running a session a second time because it takes long.

    ``dspy.Evaluate`` submits an example again after 120 s once three or fewer remain, so tools would run twice, and
    none of the optimizers passes the setting on.
    """
    from dspy.predict.parallel import Parallel
    from dspy.utils.parallelizer import ParallelExecutor

    with _unhurried(ParallelExecutor.__init__), _unhurried(Parallel.__init__):
        yield


@contextlib.contextmanager
def _unhurried(constructor: Callable[..., Any]) -> Iterator[None]:
    """With the last two defaults of ``constructor``, timeout and straggler_limit, set to 0."""
    function: Any = constructor
    defaults = function.__defaults__ or ()
    function.__defaults__ = (*defaults[:-2], 0, 0)
    try:
        yield
    finally:
        function.__defaults__ = defaults
