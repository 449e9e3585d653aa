"""DSPy's optimizers as parts of a command: without their output, and without running a session twice."""

import contextlib
import inspect
import io
import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from toolgrad_dspy.errors import RunError

# Errors in sessions are scores or end the tuning; DSPy's own limit of ten would end an evaluation with an error.
ANY_NUMBER = 10**9


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the log lines, prints and progress bars of DSPy and Optuna: ours say the same in one line."""
    loggers = [logging.getLogger(name) for name in ("dspy", "optuna")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)  # an error is a low score, or is raised when the search ends
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

    with (
        replaced_defaults(ParallelExecutor.__init__, timeout=0, straggler_limit=0),
        replaced_defaults(Parallel.__init__, timeout=0, straggler_limit=0),
    ):
        yield


@contextlib.contextmanager
def replaced_defaults(function: Callable[..., Any], **values: object) -> Iterator[None]:
    """With other default values for the parameters of ``function`` named in ``values``; exactly restored afterwards.

    Replacements may nest and overlap, in one thread or in several: the one that began last counts, and the original
    values return with the end of the last. Raises RunError for a parameter that ``function`` does not have, or that
    has no default.

    >>> def greet(name="world", *, mark="!"):
    ...     return f"Hello {name}{mark}"
    >>> with replaced_defaults(greet, mark="?"):
    ...     greet()
    'Hello world?'
    >>> greet()
    'Hello world!'
    """
    target: Any = inspect.unwrap(function)  # a decorator's wrapper has defaults of its own, which nobody reads
    parameters = inspect.signature(target).parameters
    for name in values:
        if name not in parameters or parameters[name].default is inspect.Parameter.empty:
            raise RunError(
                f"{target.__module__}.{target.__qualname__} has no parameter {name} with a default; "
                "install a version of DSPy that pyproject.toml allows",
                code="unsupported_dspy",
            )
    with _LOCK:
        patch = _PATCHES.setdefault(target, _Patch(target.__defaults__, target.__kwdefaults__))
        patch.active.append(values)
        patch.apply(target)
    try:
        yield
    finally:
        with _LOCK:
            # By identity: an equal replacement by another thread is another one.
            patch.active = [active for active in patch.active if active is not values]
            patch.apply(target)
            if not patch.active:
                del _PATCHES[target]


@dataclass(slots=True)
class _Patch:
    """A function's original defaults, and the replacements that are in force, the latest last."""

    defaults: tuple[Any, ...] | None
    keyword_defaults: dict[str, Any] | None
    active: list[Mapping[str, object]] = field(default_factory=list)

    def apply(self, target: Any) -> None:
        """Give ``target`` its original defaults, with all active replacements over them."""
        target.__defaults__, target.__kwdefaults__ = self.defaults, self.keyword_defaults
        values = {name: value for replacement in self.active for name, value in replacement.items()}
        if not values:
            return
        parameters = inspect.signature(target).parameters.values()
        having_default = [p for p in parameters if p.default is not inspect.Parameter.empty]
        positional = [p for p in having_default if p.kind is not inspect.Parameter.KEYWORD_ONLY]
        keyword_only = [p for p in having_default if p.kind is inspect.Parameter.KEYWORD_ONLY]
        target.__defaults__ = tuple(values.get(p.name, p.default) for p in positional) or None
        target.__kwdefaults__ = {p.name: values.get(p.name, p.default) for p in keyword_only} or None


_LOCK = threading.Lock()
_PATCHES: dict[Any, _Patch] = {}
