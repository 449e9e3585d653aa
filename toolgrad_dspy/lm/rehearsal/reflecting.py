"""The reflection role: wording a new instruction from feedback."""

import random
import re

from toolgrad_dspy.lm.rehearsal.habits import HABITS, asked_for

# How many new sentences one reflection adds at most.
AT_ONCE = 2


def reflect(text: str, rng: random.Random) -> str:
    """The instruction in the prompt's first fenced block, with a sentence for the complaints heard most.

    Complaints that the instruction already answers are passed over; one complaint out of several may be drawn in
    place of a more frequent one, as reflection of a few examples would.
    """
    current = _first_block(text)
    feedback = text.split(current, 1)[-1] if current else text
    answered = asked_for(current)
    heard = [(len(re.findall(habit.cue, feedback)), habit) for habit in HABITS]
    open_ = [(count, habit) for count, habit in heard if count and habit.name not in answered]
    if not open_:
        return f"```\n{current}\n```"
    rng.shuffle(open_)
    open_.sort(key=lambda pair: pair[0] * rng.uniform(0.5, 1.5), reverse=True)
    chosen = [habit.sentence for _, habit in open_[: rng.randint(1, AT_ONCE)]]
    return "```\n" + "\n".join([current, *chosen]) + "\n```"


def _first_block(text: str) -> str:
    found = re.search(r"```\n?(.*?)\n?```", text, re.DOTALL)
    return found.group(1).strip() if found else text.strip()
