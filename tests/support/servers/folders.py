"""Folders and files in memory, with a current folder: a call gives what the calls before it have left."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from toolgrad_dspy.tools import FunctionSource

Name = Annotated[str, Field(examples=["drafts", "reports", "archive", "notes.txt", "plan.md"])]


class _Disk:
    """Files by path; a folder is None."""

    def __init__(self) -> None:
        self.entries: dict[str, str | None] = {"/": None, "/notes.txt": "milk", "/reports": None}
        self.here = "/"

    def path(self, name: str) -> str:
        return name if name.startswith("/") else f"{self.here.rstrip('/')}/{name}"

    def within(self, folder: str) -> list[str]:
        start = folder.rstrip("/") + "/"
        return sorted(path for path in self.entries if path.startswith(start) and path != "/")

    def existing(self, name: str) -> str:
        path = self.path(name)
        if path not in self.entries:
            raise FileNotFoundError(f"there is no {name} in {self.here}")
        return path


def folders() -> FunctionSource:
    """A source whose sessions each have a disk of their own, with one file and one folder."""

    def make(seed: int) -> list[Callable[..., Any]]:
        disk = _Disk()

        def pwd() -> dict[str, str]:
            """Say which folder is the current one."""
            return {"current_folder": disk.here}

        def mkdir(folder: Name) -> dict[str, bool]:
            """Make a folder in the current one."""
            if disk.path(folder) in disk.entries:
                raise FileExistsError(f"{folder} exists")
            disk.entries[disk.path(folder)] = None
            return {"made": True}

        def cd(folder: Name) -> dict[str, str]:
            """Go to a folder in the current one."""
            path = disk.existing(folder)
            if disk.entries[path] is not None:
                raise NotADirectoryError(f"{folder} is a file")
            disk.here = path
            return {"current_folder": path}

        def write(file: Name, text: str) -> dict[str, Any]:
            """Write a text into a file in the current folder, in place of what is there."""
            if disk.entries.get(disk.path(file), "") is None:
                raise IsADirectoryError(f"{file} is a folder")
            disk.entries[disk.path(file)] = text
            return {"file": file, "characters": len(text)}

        def cat(file: Name) -> dict[str, str]:
            """Show the text of a file in the current folder."""
            text = disk.entries[disk.existing(file)]
            if text is None:
                raise IsADirectoryError(f"{file} is a folder")
            return {"text": text}

        def ls() -> dict[str, list[str]]:
            """List the current folder, and what is below it."""
            return {"entries": disk.within(disk.here)}

        def mv(name: Name, new_name: Name) -> dict[str, bool]:
            """Give a file or a folder in the current one another name."""
            source, target = disk.existing(name), disk.path(new_name)
            if target in disk.entries:
                raise FileExistsError(f"{new_name} exists")
            for path in [source, *disk.within(source)]:
                disk.entries[target + path[len(source) :]] = disk.entries.pop(path)
            if disk.here.startswith(source):
                disk.here = target + disk.here[len(source) :]
            return {"moved": True}

        return [pwd, mkdir, cd, write, cat, ls, mv]

    return FunctionSource("folders", make, isolation="session", writes=["mkdir", "cd", "write", "mv"])
