"""A session's own folder, and the stable path under which models see it.

The folder lies in a temporary directory whose path differs from session to session. What is stored must not: so
the directory stands for the root of a virtual file system, and the folder in it is always :data:`VIRTUAL`.
"""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

from pydantic import JsonValue

from toolgrad_dspy.errors import ToolSourceError, one_line
from toolgrad_dspy.tools.rewriting import JsonT

VIRTUAL = "/workspace"

# "/workspace" where it begins a path: at the start, after a separator that is no part of a path, or in a file URI.
_VIRTUAL_PATH = re.compile(rf"(?:(?<=file://)|(?<![\w.~/-])){VIRTUAL}(?![\w-])")


class Workspace:
    """A temporary copy of a folder, or an empty one, in ``place``. ``path`` is where it really is.

    Left out of the copy are links that lead out of the folder, and what is neither a file nor a folder nor a link
    (pipes, sockets, devices), at which a program that reads it would wait. ``left_out`` has both by the code of a
    note, as sorted paths in the folder.
    """

    def __init__(self, original: Path | None = None, place: Path | None = None) -> None:
        self.left_out: Mapping[str, Sequence[str]] = {}
        try:
            self._root = tempfile.mkdtemp(prefix="toolgrad-", dir=place)
            self.path = Path(self._root, VIRTUAL.removeprefix("/"))
            self._fill(original)
        except (OSError, shutil.Error) as error:
            doing = "made" if original is None else f"copied from {str(original)!r}"
            raise ToolSourceError(
                f"a workspace cannot be {doing}: {one_line(error)}", code="workspace_not_copied"
            ) from error
        resolved = os.path.realpath(self._root)
        # The longer form first: /private/tmp/x holds /tmp/x.
        forms = sorted({self._root, resolved}, key=len, reverse=True)
        self._roots = re.compile(f"(?:{'|'.join(map(re.escape, forms))})/?")

    def _fill(self, original: Path | None) -> None:
        with ExitStack() as made:
            made.callback(self.remove)
            if original is None:
                self.path.mkdir()
            else:
                special: list[str] = []
                shutil.copytree(original, self.path, symlinks=True, ignore=_without_special(original, special))
                self.left_out = {
                    "links_left_out": sorted(_keep_links_inside(self.path, original)),
                    "special_files_left_out": sorted(special),
                }
            made.pop_all()

    def remove(self) -> None:
        """Delete the folder. Safe to call twice."""
        shutil.rmtree(self._root, ignore_errors=True)

    def to_real(self, value: JsonValue) -> JsonValue:
        """``value`` with every virtual path in it replaced by the real one."""
        if isinstance(value, str):
            return _VIRTUAL_PATH.sub(lambda _: str(self.path), value) if VIRTUAL in value else value
        if isinstance(value, list):
            return [self.to_real(item) for item in value]
        if isinstance(value, dict):
            return {str(self.to_real(key)): self.to_real(item) for key, item in value.items()}
        return value

    def to_virtual(self, value: JsonT) -> JsonT:
        """``value`` with every real path in it, also in its resolved form, replaced by the virtual one."""
        virtual: Any = value
        if isinstance(value, str):
            virtual = self._roots.sub("/", value)
        elif isinstance(value, list):
            virtual = [self.to_virtual(item) for item in value]
        elif isinstance(value, dict):
            virtual = {self.to_virtual(key): self.to_virtual(item) for key, item in value.items()}
        return cast(JsonT, virtual)


def _without_special(original: Path, found: list[str]) -> Callable[[str, list[str]], set[str]]:
    """What has :func:`shutil.copytree` skip everything but files, folders and links; ``found`` gets their paths."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        special = {name for name in names if _is_special(Path(folder, name))}
        found.extend(str(Path(folder, name).relative_to(original)) for name in special)
        return special

    return ignored


def _is_special(path: Path) -> bool:
    mode = path.lstat().st_mode
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))


def _keep_links_inside(copy: Path, original: Path) -> Iterator[str]:
    """Turn links into the original into links into the copy, and drop those that lead elsewhere: their paths."""
    source, root = original.resolve(), copy.resolve()
    targets: dict[Path, Path] = {}  # of the links that stay, in the copy
    for link in list(_links(copy)):
        raw = os.readlink(link)
        target = Path(os.path.realpath(source / link.relative_to(copy).parent / raw))
        if not target.is_relative_to(source):
            link.unlink()
            yield str(link.relative_to(copy))
            continue
        targets[link] = root / target.relative_to(source)
        if os.path.isabs(raw):
            _replace(link, copy / target.relative_to(source))
    # When all others are as they will be: a relative one may lead through them, and may leave the folder and come
    # back by its name, which the copy does not have.
    for link, target in targets.items():
        if Path(os.path.realpath(link)) != target:
            _replace(link, target)


def _links(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        yield from (link for name in (*folders, *files) if (link := Path(parent, name)).is_symlink())


def _replace(link: Path, target: Path) -> None:
    link.unlink()
    link.symlink_to(target)
