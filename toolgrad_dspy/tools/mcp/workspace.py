"""A session's own folder, and the stable path under which models see it.

The folder lies in a temporary directory whose path differs from session to session. What is stored must not: so
the directory stands for the root of a virtual file system, and the folder in it is always :data:`VIRTUAL`.
"""

import os
import re
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import JsonValue

from toolgrad_dspy.errors import ToolSourceError, one_line
from toolgrad_dspy.records import Observation, Tool

JsonT = TypeVar("JsonT", bound=JsonValue)

VIRTUAL = "/workspace"

# "/workspace" where it begins a path: at the start, after a separator that is no part of a path, or in a file URI.
_VIRTUAL_PATH = re.compile(rf"(?:(?<=file://)|(?<![\w.~/-])){VIRTUAL}(?![\w-])")


class Workspace:
    """A temporary copy of a folder, or an empty one. ``path`` is where it really is."""

    def __init__(self, original: Path | None = None) -> None:
        try:
            self._root = tempfile.mkdtemp(prefix="toolgrad-")
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
                shutil.copytree(original, self.path, symlinks=True)
                _keep_links_inside(self.path, original)
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

    def observation(self, observation: Observation) -> Observation:
        """``observation`` with virtual paths only."""
        error = observation.error
        if error is not None:
            error = error.model_copy(update={"message": self.to_virtual(error.message)})
        content, text = self.to_virtual(observation.content), self.to_virtual(observation.text)
        return observation.model_copy(update={"content": content, "text": text, "error": error})

    def tool(self, tool: Tool) -> Tool:
        """``tool`` with virtual paths only."""
        return tool.model_copy(
            update={key: self.to_virtual(getattr(tool, key)) for key in ("description", "parameters", "returns")}
        )


def _keep_links_inside(copy: Path, original: Path) -> None:
    """Turn links into the original into links into the copy, and drop those that lead elsewhere."""
    source = original.resolve()
    for folder, folders, files in os.walk(copy):
        for name in (*folders, *files):
            link = Path(folder, name)
            if not link.is_symlink():
                continue
            raw = os.readlink(link)
            target = Path(os.path.realpath(source / link.relative_to(copy).parent / raw))
            inside = target.is_relative_to(source)
            if inside and not os.path.isabs(raw):
                continue
            link.unlink()
            if inside:
                link.symlink_to(copy / target.relative_to(source))
