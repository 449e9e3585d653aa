"""The parts of optimizers that write instructions: from earlier attempts, from demonstrations, from complaints.

Each reads nothing but its prompt. Where a prompt gives no reason for a choice, a part guesses.
"""

import random
import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

from toolgrad_dspy.lm.rehearsal.habits import HABITS, Habit, asked_for
from toolgrad_dspy.lm.rehearsal.prompt import Demonstration, Prompt

# The most new sentences that one answer adds.
AT_ONCE = 2
# The chance that an answer also adds something for which its prompt gives no reason.
GUESS = 0.5

_ATTEMPT = re.compile(r"Instruction #(\d+): (.*?)\s*»", re.DOTALL)
_SCORE = re.compile(r"Resulting Score #(\d+): ([\d.]+)")
_FIELD = re.compile(r"^(Tools|Workflow|Lacking|Progress|Reports|Reason|Proposals|Report|Chain): ", re.MULTILINE)
_MODULE = re.compile(r"^Module ([\w.]+)$", re.MULTILINE)
_OWN_INSTRUCTIONS = "Original Instructions:"


def reword(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """COPRO's attempts: the best instruction so far, with sentences whose attempts scored above those without them.

    Sometimes, and whenever there is nothing to compare, one or two sentences are guessed.
    """
    attempts = _attempts(prompt.inputs.get("attempted_instructions", ""))
    current = attempts[-1][1] if attempts else prompt.inputs.get("basic_instruction", "")
    unasked = _unasked(current)
    helped = [habit for habit in unasked if _gain(habit, attempts) > 0]
    helped.sort(key=lambda habit: _gain(habit, attempts), reverse=True)
    chosen = helped[: rng.randint(1, AT_ONCE)]
    if not chosen or rng.random() < GUESS:
        untried = [habit for habit in unasked if habit not in helped]
        chosen += rng.sample(untried, min(len(untried), rng.randint(1, AT_ONCE)))
    return {"proposed_instruction": _with(current, chosen), "proposed_prefix_for_output_field": "Answer:"}


def ground(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """MIPRO's candidates: the basic instruction, with sentences for what the demonstrations do.

    The tip to be concise means one sentence, to be descriptive all of them, to be creative one more by a guess.
    """
    current = prompt.inputs.get("basic_instruction", "")
    tip = prompt.inputs.get("tip", "")
    shown = list(_demonstrations(prompt.inputs.get("task_demos", "")))
    unasked = _unasked(current)
    seen = [habit for habit in unasked if any(habit.shows(demonstration) for demonstration in shown)]
    rng.shuffle(seen)
    most = 1 if "concise" in tip else len(HABITS) if "descriptive" in tip else AT_ONCE
    chosen = seen[:most]
    others = [habit for habit in unasked if habit not in seen]
    if "creative" in tip and others:
        chosen.append(rng.choice(others))
    return {"proposed_instruction": _with(current, chosen)}


def advise(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """SIMBA's advice: for each module the complaint that the worse run drew more often than the better one.

    Complaints that the module's instructions already answer are passed over.
    """
    worse, better = prompt.inputs.get("worse_reward_info", ""), prompt.inputs.get("better_reward_info", "")
    advice = {}
    for module, instructions in _modules(prompt.inputs.get("modules_defn", "")):
        role = module.partition(".")[0]
        answered = asked_for(instructions)
        heard = []
        for habit in HABITS:
            more = _heard(habit, worse) - _heard(habit, better) / 2
            if habit.role == role and habit.name not in answered and more > 0:
                heard.append((more * rng.uniform(0.5, 1.5), habit.sentence))
        if heard:
            advice[module] = max(heard)[1]
    said = "The worse run drew more complaints" if advice else "The two runs differ in nothing that has a remedy"
    return {"discussion": f"{said}: {', '.join(advice) or 'no module is to blame'}.", "module_advice": advice}


def offer_feedback(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """The advice of ``dspy.Refine`` about one call: none, since a reward tells no complaint."""
    return {"discussion": "No module is to blame.", "advice": {}}


def describe_program(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """The first sentence of the code's own description."""
    code = prompt.inputs.get("program_code", "")
    described = code.partition('"""')[2] or code
    said = re.match(r"\s*(.+?)(?:\.\s|\.?\n|$)", described)
    return {"program_description": f"{said[1]}." if said else "A program that calls language models."}


def describe_module(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """What goes in and what comes out."""
    given, _, answered = prompt.inputs.get("module", "").partition(" -> ")
    return {"module_description": f"Given {given.partition('(')[2].rstrip(')')} it answers with {answered}."}


def observe(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """The number of examples, which is all it can say about data that it does not understand."""
    count = prompt.inputs.get("examples", "").count("Example(")
    more = count and "prior_observations" not in prompt.inputs
    return {"observations": f"There are {count} examples." if more else "COMPLETE"}


def summarize(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """The first observation."""
    return {"summary": prompt.inputs.get("observations", "").partition("\n")[0] or "Nothing was observed."}


def _attempts(text: str) -> list[tuple[float, str]]:
    """The scores and instructions of earlier attempts, the best last."""
    plain = "\n".join(line.strip() for line in text.split("\n"))
    scores = {number: float(score) for number, score in _SCORE.findall(plain)}
    scored = [(scores[number], instruction) for number, instruction in _ATTEMPT.findall(plain) if number in scores]
    return sorted(scored, key=lambda attempt: attempt[0])


def _gain(habit: Habit, attempts: list[tuple[float, str]]) -> float:
    """How far attempts that ask for ``habit`` scored above the others, on average; 0 if either kind is missing."""
    asking = [score for score, instruction in attempts if habit.name in asked_for(instruction)]
    others = [score for score, instruction in attempts if habit.name not in asked_for(instruction)]
    return sum(asking) / len(asking) - sum(others) / len(others) if asking and others else 0.0


def _unasked(instruction: str) -> list[Habit]:
    """The habits that ``instruction`` does not ask for yet, of the role that it is about."""
    selecting = len(re.findall(r"\breports?\b", instruction, re.IGNORECASE))
    proposing = len(re.findall(r"\bpropos\w+|\barguments?\b", instruction, re.IGNORECASE))
    role = "selector" if selecting > proposing else "proposer"
    answered = asked_for(instruction)
    return [habit for habit in HABITS if habit.role == role and habit.name not in answered]


def _with(instruction: str, habits: Iterable[Habit]) -> str:
    return "\n".join([instruction, *(habit.sentence for habit in habits)])


def _demonstrations(text: str) -> Iterator[Demonstration]:
    """The demonstrations in ``Field: value`` lines. A field that occurs again begins the next one."""
    fields: dict[str, str] = {}
    for mark, value in _parts(_FIELD, text):
        name = mark.lower()
        if name in fields:
            yield _demonstration(fields)
            fields = {}
        fields[name] = value.strip()
    if fields:
        yield _demonstration(fields)


def _demonstration(fields: dict[str, str]) -> Demonstration:
    # The prompt prints lists as Python does, and habits look for JSON.
    answer = {**fields, "proposals": fields.get("proposals", "").replace("'", '"')}
    return Demonstration(fields, answer)


def _heard(habit: Habit, feedback: str) -> int:
    return len(re.findall(habit.cue, feedback))


def _modules(text: str) -> Iterator[tuple[str, str]]:
    """The name and the instructions of each module that is defined in ``text``."""
    for name, definition in _parts(_MODULE, text):
        yield name, definition.partition(_OWN_INSTRUCTIONS)[2]


def _parts(heading: re.Pattern[str], text: str) -> Iterator[tuple[str, str]]:
    """Each heading's first group, and the text from there to the next heading."""
    marks = list(heading.finditer(text))
    for mark, following in zip_longest(marks, marks[1:]):
        yield mark[1], text[mark.end() : following.start() if following else len(text)]
