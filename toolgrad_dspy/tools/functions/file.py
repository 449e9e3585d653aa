"""Tools from a Python file of the user's: ``tools.py``, or one thing in it, ``tools.py:booking``.

The file is run, as importing it would run it, once per process; what stands beside it can be imported. Its tools are

- the sources that it makes, if it makes any: every :class:`ToolSource` with a public name, such as a
  :class:`FunctionSource` over a factory, whose sessions have a state each;
- else its functions with public names that are defined in the file itself, as one source with the file's name, shared
  by all sessions. ``WRITES = ["book"]`` in the file names those that change state, the others are then declared
  read-only; without it nothing is declared, and all count as writing.

``__all__`` says which names are public, as it does for ``import *``; else those are that do not begin with ``_``. A
name after the colon takes that alone: a source, a function, or a list of both.
"""

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, TypeGuard

from toolgrad_dspy.errors import UsageError, hint, one_line, os_reason
from toolgrad_dspy.tools.base import ToolSource
from toolgrad_dspy.tools.functions.source import Function, FunctionSource


def python_sources(path: Path, name: str | None = None) -> list[ToolSource]:
    """The sources of the file ``path``, or of ``name`` in it.

    Raises UsageError: ``file_missing``, ``unreadable_file``, ``tools_file_failed`` (with the line) for what the file
    itself raises, ``unknown_name``, ``not_a_tool`` for a name that is no tool, ``no_tools``.
    """
    module = _module(path)
    values = [_named(path, module, name)] if name else list(_public(module))
    found = list(_flat(values))
    sources = [value for value in found if isinstance(value, ToolSource)]
    # Beside sources of the file's own its functions are what those are made of.
    functions = [value for value in found if is_function(value)] if name or not sources else []
    if name and len(sources) + len(functions) < len(found):
        raise UsageError(f"{path}: {name} is no function, no ToolSource and no list of them", code="not_a_tool")
    if functions:
        label = f"{path.stem}.{name}" if name else path.stem
        sources.append(FunctionSource(label, functions, writes=_writes(path, module, functions)))
    if not sources:
        raise UsageError(f"{path} has no tool: define a public function in it, or a FunctionSource", code="no_tools")
    return sources


def source_digest(path: Path) -> str:
    """SHA-256 of the file, in hexadecimal. Raises UsageError (``file_missing``, ``unreadable_file``)."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist", code="file_missing") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {os_reason(error)}", code="unreadable_file") from None


def _module(path: Path) -> ModuleType:
    """The file as a module, run unless it is there already: like an import, which it also is to dataclasses."""
    name = f"tools_file_{source_digest(path)[:16]}_{path.stem}"
    there = sys.modules.get(name)
    if there is not None:
        return there
    loader = _Loader(name, str(path))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None, "a loader of files has a spec"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # What it prints is no result of ours.
        with _beside(path.absolute().parent), redirect_stdout(sys.stderr):
            loader.exec_module(module)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - boundary: a file of the user's may raise anything
        del sys.modules[name]
        raise UsageError(f"{path}{_place(error, path)}: {_said(error)}", code="tools_file_failed") from None
    return module


class _Loader(SourceFileLoader):
    """Reads the file itself: Python's cache takes two versions of one second and one length for the same."""

    def path_stats(self, path: str) -> Mapping[str, Any]:
        raise OSError(f"{path} has no cache")


@contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Modules in ``folder`` can be imported: inside the block before all others, as when the file is run by itself.

    Afterwards last, for imports inside of functions: a module there must not stand for one that we import later.
    """
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


def _place(error: BaseException, path: Path) -> str:
    """Where in the user's files ``error`` came from, to stand after the file's name."""
    folder = path.absolute().parent
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    for name, line in reversed(frames):
        file = Path(name).absolute()
        if line is not None and file.parent == folder and not name.startswith("<"):
            return f", line {line}" if file == path.absolute() else f", {file.name}, line {line}"
    return ""


def _said(error: BaseException) -> str:
    said = error.msg if isinstance(error, SyntaxError) else str(error)
    return one_line(f"{type(error).__name__}: {said}" if said else type(error).__name__)


def _named(path: Path, module: ModuleType, name: str) -> object:
    if not hasattr(module, name):
        public = [known for known in vars(module) if not known.startswith("_")]
        raise UsageError(f"{path} has no {name!r}; {hint(name, public)}", code="unknown_name")
    return getattr(module, name)


def _public(module: ModuleType) -> Iterator[object]:
    listed = getattr(module, "__all__", None)
    if listed is not None:
        yield from (getattr(module, name) for name in listed if hasattr(module, name))
        return
    for name, value in vars(module).items():
        # A function from elsewhere is what the file works with.
        ours = isinstance(value, ToolSource) or getattr(value, "__module__", None) == module.__name__
        if not name.startswith("_") and ours:
            yield value


def _flat(values: Iterable[object]) -> Iterator[object]:
    """``values`` with lists among them taken apart, each value once."""
    seen: set[int] = set()
    for value in values:
        for item in value if isinstance(value, (list, tuple)) else (value,):
            if id(item) not in seen:
                seen.add(id(item))
                yield item


def is_function(value: object) -> TypeGuard[Function]:
    """Whether ``value`` can be a tool: it is called, and has the name that a ``def`` gives."""
    return callable(value) and not isinstance(value, type) and hasattr(value, "__name__")


def _writes(path: Path, module: ModuleType, functions: Sequence[Function]) -> list[str] | None:
    """Which of ``functions`` the file says change state; None if it says nothing."""
    named = getattr(module, "WRITES", None)
    if named is None:
        return None
    if isinstance(named, str) or not all(isinstance(name, str) for name in named):
        raise UsageError(f"{path}: WRITES has to be a list of functions' names", code="invalid_value")
    taken = {function.__name__ for function in functions}
    # One that the file has not at all is refused by the source.
    return [name for name in named if name in taken or not hasattr(module, name)]
