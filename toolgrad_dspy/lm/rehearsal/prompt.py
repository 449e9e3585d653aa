"""Reading a request as a model has to: from its text alone."""

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise, zip_longest
from typing import Any

from dspy.lm15 import Request

_FIELD = re.compile(r"^\[\[ ## (\w+) ## \]\]$", re.MULTILINE)
_OUTPUTS = re.compile(r"Your output fields are:\n(.*?)\n(?:All interactions|Answer in this form)", re.DOTALL)
_NAME = re.compile(r"^\d+\. `(\w+)` \(([^)]*)\)", re.MULTILINE)
_REMINDER = "\n\nRespond with "
_OBJECTIVE = "your objective is:"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """An example in the prompt: the fields of its input, and those of its answer."""

    inputs: dict[str, str]
    answer: dict[str, str]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request in DSPy's chat or JSON format. ``outputs`` are the fields to answer with, and their types as the
    prompt has them; a request in any other format has none.

    ``as_json`` says which of the two formats the answer has to be in. ``temperature`` is 0 when the request has none;
    ``seed`` tells samples of one prompt apart.
    """

    text: str
    instructions: str
    outputs: Mapping[str, str]
    inputs: dict[str, str]
    as_json: bool = False
    demonstrations: tuple[Demonstration, ...] = field(default=())
    temperature: float = 0.0
    seed: int = 0

    def generator(self, purpose: str = "") -> random.Random:
        """A random generator seeded with the text and the seed: the same request always draws the same numbers."""
        text = self.text + (f"#{self.seed}" if self.seed else "") + purpose
        return random.Random(blake2b(text.encode(), digest_size=8).digest())


def read(request: Request) -> Prompt:
    """The prompt in ``request``."""
    system = request.system if isinstance(request.system, str) else "".join(p.text for p in request.system or ())
    turns = [(message.role, message.text or "") for message in request.messages]
    # After the task there may be its first answer, and a turn that asks for it again.
    task = next(
        (at for at in reversed(range(len(turns))) if _FIELD.search(turns[at][1]) and turns[at][0] == "user"), -1
    )
    last = turns[task][1]
    outputs, instructions = _contract(system)
    demonstrations = tuple(
        Demonstration(sections(asked), _answer_fields(answered))
        for (role, asked), (next_role, answered) in pairwise(turns[:task])
        if role == "user" and next_role == "assistant"
    )
    return Prompt(
        text="\n\n".join([system, *(text for _, text in turns)]),
        instructions=instructions,
        outputs=outputs,
        inputs=sections(last),
        as_json=request.config.response_format is not None or _reminder(last).startswith("a JSON object"),
        demonstrations=demonstrations,
        temperature=request.config.temperature or 0.0,
        seed=request.config.seed or 0,
    )


@lru_cache(maxsize=1024)
def _contract(system: str) -> tuple[Mapping[str, str], str]:
    listed = _OUTPUTS.search(system)
    names = dict(_NAME.findall(listed.group(1))) if listed else {}
    start = system.rfind(_OBJECTIVE)
    lines = system[start + len(_OBJECTIVE) :].splitlines() if start >= 0 else []
    return names, "\n".join(text.strip() for text in lines).strip()


def sections(text: str) -> dict[str, str]:
    """The ``[[ ## name ## ]]`` sections of a turn, without the format reminder after the last one."""
    marks = list(_FIELD.finditer(text))
    bodies = {}
    for mark, following in zip_longest(marks, marks[1:]):
        body = text[mark.end() : following.start() if following else len(text)]
        bodies[mark.group(1)] = (body if following else body.rpartition(_REMINDER)[0] or body).strip()
    return bodies


def _reminder(turn: str) -> str:
    """The format reminder at the end of a turn. The fields before it may hold any text, even the same words."""
    return turn.rpartition(_REMINDER)[2]


def _answer_fields(text: str) -> dict[str, str]:
    if text.lstrip().startswith("{"):
        try:
            data = json.loads(text)
        except ValueError:
            return {}
        return (
            {k: v if isinstance(v, str) else json.dumps(v) for k, v in data.items()} if isinstance(data, dict) else {}
        )
    return sections(text)


def objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects of a section that has one per line. Other lines are skipped."""
    for line in text.split("\n"):  # not splitlines: JSON strings may contain U+2028 and its like
        data = _object(line)
        if data is not None:
            yield data


@lru_cache(maxsize=1024)
def _object(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        data = json.loads(line)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None
