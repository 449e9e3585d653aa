"""Models that give the answers of a test's script, and those of the rehearsal model where the script has none."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Literal

import dspy
from dspy.lm15 import Message, Request, Response, TextPart, Usage

from toolgrad_dspy.lm import REHEARSAL, ROLES, Models, ModelSettings, Role
from toolgrad_dspy.lm.calls import AsyncGate, Availability, Backend, Gate, Limits, Sender
from toolgrad_dspy.lm.rehearsal.engine import answer as rehearse
from toolgrad_dspy.lm.rehearsal.prompt import Prompt, objects, read
from toolgrad_dspy.signatures import MISSING

# The fields of an answer, its raw text, or an error to raise; None: as the rehearsal model answers.
Answer = dict[str, Any] | str | Exception | None
# The answers of one role in the order they are asked for (then None), or what to answer to a prompt.
Script = list[Answer] | Callable[[Prompt], Answer]


class ScriptedModels(Models):
    """Models whose roles follow scripts. ``asked`` has every prompt with the role it was for, in order; ``requests``
    has the same as they came in. Without a script of its own the judge finds nothing wrong with texts.
    """

    def __init__(self, *, adapter: Literal["chat", "json"] = "chat", **scripts: Script) -> None:
        super().__init__({role: ModelSettings(model=REHEARSAL, adapter=adapter) for role in ROLES})
        self._next: dict[str, Callable[[Prompt], Answer]] = {
            role: script if callable(script) else _in_order(script)
            for role, script in {"judge": content_reader, **scripts}.items()
        }
        self.asked: list[tuple[str, Prompt]] = []
        self.requests: list[tuple[str, Request]] = []
        self._built: dict[str, dspy.LM] = {}

    def lm(self, role: Role) -> dspy.LM:
        if role not in self._built:
            # Nobody waits in a test.
            backend = Backend(
                "toolgrad/scripted", _Engine(self, role), account=Availability("the script", patience=0)
            )
            gate = AsyncGate([Sender(role, backend, Limits(retries=0), self.meter, self.budget)])
            self._built[role] = dspy.LM(
                backend.model,
                engine=Gate(gate),
                async_engine=gate,
                cache=False,
                num_retries=0,
            )
        return self._built[role]

    def prompts(self, role: str) -> list[Prompt]:
        """The prompts that ``role`` was asked with."""
        return [prompt for asked_role, prompt in self.asked if asked_role == role]

    def respond(self, role: str, request: Request) -> Response:
        prompt = read(request)
        self.asked.append((role, prompt))
        self.requests.append((role, request))
        answer = self._next[role](prompt) if role in self._next else None
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            return rehearse(request)
        text = answer if isinstance(answer, str) else chat(**answer)
        return Response(
            id="scripted",
            model=request.model,
            message=Message.assistant([TextPart(text)]),
            finish_reason="stop",
            usage=Usage(input_tokens=10, output_tokens=5, total_tokens=15),
        )


class _Engine:
    def __init__(self, models: ScriptedModels, role: str) -> None:
        self._models, self._role = models, role

    async def complete(self, request: Request) -> Response:
        return self._models.respond(self._role, request)


def _in_order(answers: list[Answer]) -> Callable[[Prompt], Answer]:
    remaining: Iterator[Answer] = iter(answers)
    return lambda prompt: next(remaining, None)


def chat(**fields: Any) -> str:
    """An answer in DSPy's chat format."""
    shown = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    return "".join(f"[[ ## {name} ## ]]\n{text}\n\n" for name, text in shown.items()) + "[[ ## completed ## ]]"


def content_reader(prompt: Prompt) -> Answer:
    """A reader for whom every call is asked for and answered, and every claim is true. It reads no values."""
    if "extracted" in prompt.outputs:
        blanks = [{"blank": b["blank"], "words": "", "value": MISSING} for b in objects(prompt.inputs["blanks"])]
        calls = [{"request": "-", "call": c["call"]} for c in objects(prompt.inputs["calls"])]
        return {"extracted": blanks, "requests": calls}
    if "claims_checked" in prompt.outputs:
        claims = [{"claim": c["claim"], "reason": "-", "supported": True} for c in objects(prompt.inputs["claims"])]
        calls = [{"call": c["call"], "reason": "-", "answered": True} for c in objects(prompt.inputs["calls"])]
        return {"claims_checked": claims, "answers_checked": calls}
    return None


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    """A proposed call."""
    return {"tool": tool, "arguments": arguments}


def propose(*proposals: list[dict[str, Any]]) -> dict[str, Any]:
    """The proposer's answer: each proposal is a list of calls."""
    shown = [
        {"instruction": f"Do {calls[0]['tool'] if calls else 'nothing'}.", "calls": calls} for calls in proposals
    ]
    return {"reason": "it helps", "proposals": shown}


def select(report: str, chain: str = "new", lacking: str = "more") -> dict[str, Any]:
    """The selector's answer."""
    return {"reason": "it fits", "report": report, "chain": chain, "lacking": lacking}


def repair(*calls: dict[str, Any]) -> dict[str, Any]:
    """The executor's answer in a repair turn."""
    return {"calls": list(calls)}


def write(query: str, response: str = "It is done: all about tea, all about rum, and the note.") -> dict[str, Any]:
    """The updater's answer. The response tells what came of the tools of ``toys.notebook``."""
    return {"query": query, "response": response}


def reference(step: str, path: str = "") -> dict[str, str]:
    """An argument that refers to an earlier result."""
    return {"$from": step, "$path": path}
