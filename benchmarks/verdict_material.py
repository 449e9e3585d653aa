"""What ``verdict.py`` reads from the recordings beside the repository: observations, and texts about tools."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolgrad_dspy.records import Observation, ToolError

DATA = Path(__file__).parent.parent.parent / "shared" / "data"

_WRITTEN = {
    "description",
    "api_description",
    "api_name",
    "summary",
    "title",
    "query",
    "content",
    "analysis",
    "reason",
}


@dataclass(frozen=True, slots=True)
class Material:
    """One recorded observation. ``key`` is the digest of (file, position, text) that its label is kept under."""

    source: str
    file: str
    position: str
    observation: Observation
    returns: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        text = "\x1f".join((self.file, self.position, self.observation.text))
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def material(data: Path = DATA) -> list[Material]:
    """Every distinct recorded observation below ``data``, in a fixed order."""
    distinct: dict[tuple[str, str, bool], Material] = {}
    for read in (mcp, toolbench, toolgrad, templates, documents):
        for item in read(data):
            distinct.setdefault((item.source, item.observation.text, item.observation.error is not None), item)
    return list(distinct.values())


def mcp(data: Path) -> Iterator[Material]:
    """Calls of real MCP servers; those flagged as errors a second time without the flag, for the text rules."""
    for path in sorted((data / "mcp_recorded").glob("*.json")):
        recording = json.loads(path.read_text())
        returns = {tool["name"]: tool.get("outputSchema") for tool in recording["tools_list"]["tools"]}
        for number, call in enumerate(recording["calls"]):
            result = call.get("result")
            if result is None:
                continue
            text = "\n".join(block["text"] for block in result["content"] if block["type"] == "text")
            plain = Observation(text=text, content=result.get("structuredContent"))
            schema = returns.get(call["tool"])
            if result.get("isError"):
                flagged = plain.model_copy(update={"error": ToolError(kind="tool", message=text)})
                yield Material("mcp flagged", f"mcp_recorded/{path.name}", str(number), flagged, schema)
            yield Material("mcp", f"mcp_recorded/{path.name}", str(number), plain, schema)


def toolbench(data: Path) -> Iterator[Material]:
    """Observations in the answer trees of ToolBench; the search's own replies to ``Finish`` are left out."""
    for path in sorted((data / "toolbench" / "answer").glob("*/*.json")):
        for number, (_, node) in enumerate(_nodes(json.loads(path.read_text())["tree"], "observation")):
            if node["observation"].startswith('{"error": '):
                observation = Observation(text=node["observation"])
                yield Material("toolbench", f"toolbench/{path.parent.name}/{path.name}", str(number), observation)


def toolgrad(data: Path) -> Iterator[Material]:
    """Results in ToolGrad's example outputs, and the error texts in its trace."""
    folder = data / "toolgrad_examples"
    for path in sorted(folder.glob("example_outputs_*/*.json")):
        for number, (_, chain) in enumerate(_nodes(json.loads(path.read_text()), "intermediate_steps")):
            for step, (_, result) in enumerate(chain["intermediate_steps"]):
                observation = Observation(text=result if isinstance(result, str) else json.dumps(result))
                yield Material("toolgrad", f"toolgrad_examples/{path.name}", f"{number}.{step}", observation)
    for path in sorted(folder.glob("example_outputs_*/trace_example/*.json")):
        executions = _nodes(json.loads(path.read_text()), "error_message")
        for number, (_, execution) in enumerate(executions):
            if not execution["error_message"].endswith("'TOOLGRAD_DIR_PATH"):  # cut off
                observation = Observation(text=execution["error_message"])
                yield Material("toolgrad", f"toolgrad_examples/{path.name}", str(number), observation)


def templates(data: Path) -> Iterator[Material]:
    """StableToolBench's template responses: the shape of a real response with type names in place of values."""
    path = data / "stabletoolbench" / "derived_api_library.jsonl"
    for number, line in enumerate(path.read_text().splitlines() if path.exists() else ()):
        template = json.loads(line).get("template_response")
        if isinstance(template, dict | list):  # those stored as text are cut off
            text = json.dumps(_filled(template))
            yield Material("templates", "stabletoolbench", str(number), Observation(text=text))


def documents(data: Path) -> Iterator[Material]:
    """Files as a tool that reads files returns them: full of the word "error", and none is one."""
    patterns = (
        "openapi/**/*.json",
        "sandbox_files/*",
        "toolgrad_examples/filesystem/*.txt",
        "*/NOTES.md",
        "*/LICENSE",
    )
    for pattern in patterns:
        for path in sorted(data.glob(pattern)):
            if path.is_file() and path.stat().st_size < 200_000:
                text = path.read_text(errors="replace")
                name = str(path.relative_to(data))
                yield Material("documents", name, "file", Observation(text=text, content={"content": text}))


def sentences(data: Path = DATA) -> list[str]:
    """Texts that people wrote about tools: descriptions, titles and user queries. Taken as results, nearly all are
    fine; a few are themselves an error's name ("Unauthorized")."""
    texts: dict[str, None] = {}
    for pattern in ("mcp_tool_lists/**/*.json", "openapi/**/*.json", "stabletoolbench/queries/*.json", "bfcl/*.json"):
        for path in sorted(data.glob(pattern)):
            text = path.read_text()
            documents = text.splitlines() if pattern.startswith("bfcl") else [text]
            # Descriptions in OpenAPI documents are those of error responses, too.
            names = {"summary", "title"} if pattern.startswith("openapi") else _WRITTEN
            for document in documents:
                _strings(json.loads(document), names, texts)
    for path in [data / "stabletoolbench" / "derived_api_library.jsonl", *sorted(data.glob("seal_tools/*.jsonl"))]:
        for line in path.read_text().splitlines() if path.exists() else ():
            _strings(json.loads(line), _WRITTEN, texts)
    return list(texts)


def responses(data: Path = DATA) -> tuple[list[str], list[str]]:
    """What OpenAPI documents say of their responses with a status of 400 and above, and of those with 2xx."""
    errors: dict[str, None] = {}
    successes: dict[str, None] = {}
    for path in sorted(data.glob("openapi/**/*.json")):
        for _, operation in _nodes(json.loads(path.read_text()), "responses"):
            described = operation["responses"].items() if isinstance(operation["responses"], dict) else ()
            for status, response in described:
                text = response.get("description") if isinstance(response, dict) else None
                if isinstance(text, str) and text.strip() and str(status)[:1] in "245":
                    (successes if str(status)[:1] == "2" else errors)[text] = None
    return list(errors), list(successes)


def _strings(value: object, names: set[str], texts: dict[str, None]) -> None:
    """Add to ``texts`` every string that stands under one of ``names``."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name in names and isinstance(item, str) and item.strip():
                texts[item] = None
            else:
                _strings(item, names, texts)
    elif isinstance(value, list):
        for item in value:
            _strings(item, names, texts)


def _nodes(value: object, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object in ``value`` that holds something under ``name``."""
    if isinstance(value, dict):
        if value.get(name):
            yield name, value
        for item in value.values():
            yield from _nodes(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item, name)


def _filled(template: object) -> object:
    """A response of the template's shape: ``"str"`` stays, other type names become a value of the type."""
    if isinstance(template, dict):
        return {name: _filled(item) for name, item in template.items() if name != "_list_length"}
    if isinstance(template, list):
        return [_filled(item) for item in template]
    if isinstance(template, str) and template.startswith("list of "):
        return ["str"] * min(3, int(template.rsplit(" ", 1)[1]))
    fixed: dict[str, object] = {"NoneType": None, "empty list": [], "int": 1, "float": 1.5, "bool": True}
    return fixed.get(template, template) if isinstance(template, str) else template
