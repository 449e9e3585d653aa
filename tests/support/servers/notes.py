"""A stateful server: notes in memory, files in the folder it is given, and every way to misbehave."""

import os
import sys
import time
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[3])  # run as a script, it finds its own package

from tests.support.servers.jsonrpc import serve, text, tool  # noqa: E402

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()
SEED = sys.argv[2] if len(sys.argv) > 2 else ""
NOTES: list[str] = []
STRING = {"type": "string"}


def write_note(arguments: dict[str, Any]) -> dict[str, Any]:
    NOTES.append(arguments["text"])
    return text("written", structured={"count": len(NOTES)})


def read_notes(_: dict[str, Any]) -> dict[str, Any]:
    return text("\n".join(NOTES), structured={"notes": NOTES})


def write_file(arguments: dict[str, Any]) -> dict[str, Any]:
    Path(arguments["path"]).write_text(arguments["text"], encoding="utf-8")
    return text(f"wrote {arguments['path']}", structured={"path": arguments["path"]})


def read_file(arguments: dict[str, Any]) -> dict[str, Any]:
    try:
        return text(Path(arguments["path"]).read_text(encoding="utf-8"))
    except OSError as error:
        return text(str(error), error=True)


def list_files(_: dict[str, Any]) -> dict[str, Any]:
    paths = sorted(str(path) for path in FOLDER.rglob("*"))
    return text(*paths, structured={"folder": os.path.realpath(FOLDER), "paths": paths})


def file_age(arguments: dict[str, Any]) -> dict[str, Any]:
    return text(str(os.stat(arguments["path"]).st_mtime_ns))


def process(_: dict[str, Any]) -> dict[str, Any]:
    return text(str(os.getpid()), structured={"pid": os.getpid(), "seed": SEED, "cwd": os.getcwd()})


def sleep(arguments: dict[str, Any]) -> dict[str, Any]:
    time.sleep(arguments["seconds"])
    return text("slept")


def crash(_: dict[str, Any]) -> dict[str, Any]:
    os._exit(3)


def hang(_: dict[str, Any]) -> dict[str, Any]:
    while True:
        time.sleep(1)


def fail(arguments: dict[str, Any]) -> dict[str, Any]:
    return text(arguments["text"], error=True)


if __name__ == "__main__":
    serve(
        [
            tool("write_note", {"text": STRING}),
            tool("read_notes", reads=True),
            tool("write_file", {"path": STRING, "text": STRING}),
            tool("read_file", {"path": STRING}, reads=True),
            tool("list_files", reads=True, description=f"List the files in {FOLDER}"),
            tool("file_age", {"path": STRING}, reads=True),
            tool("process", reads=True),
            tool("sleep", {"seconds": {"type": "number"}}, reads=True),
            tool("crash", reads=True),
            tool("hang", reads=True),
            tool("fail", {"text": STRING}, reads=True),
        ],
        {
            "write_note": write_note,
            "read_notes": read_notes,
            "write_file": write_file,
            "read_file": read_file,
            "list_files": list_files,
            "file_age": file_age,
            "process": process,
            "sleep": sleep,
            "crash": crash,
            "hang": hang,
            "fail": fail,
        },
    )
