"""The reflection part: writing a new instruction from feedback on examples."""

import json
import random
import re
from typing import Any

from toolgrad_dspy.lm.rehearsal.habits import HABITS, asked_for
from toolgrad_dspy.lm.rehearsal.prompt import Prompt

# The most new sentences that one reflection adds.
AT_ONCE = 2


def reflect(prompt: Prompt, rng: random.Random) -> dict[str, Any]:
    """The current instruction, with sentences for the most frequent complaints.

    Complaints that the instruction already answers are skipped. Chance may prefer a rarer complaint to a more
    frequent one, as reflection on a few examples would.
    """
    current = prompt.inputs.get("current_instruction", "")
    feedback = _feedback(prompt.inputs.get("examples_with_feedback", ""))
    answered = asked_for(current)
    heard = [(len(re.findall(habit.cue, feedback)), habit) for habit in HABITS]
    unanswered = [(count * rng.uniform(0.5, 1.5), habit) for count, habit in heard if count]
    unanswered = [(weight, habit) for weight, habit in unanswered if habit.name not in answered]
    unanswered.sort(key=lambda pair: pair[0], reverse=True)
    chosen = [habit.sentence for _, habit in unanswered[: rng.randint(1, AT_ONCE)]]
    return {"new_instruction": "\n".join([current, *chosen])}


def _feedback(examples: str) -> str:
    """The feedback on all examples, as one text."""
    try:
        parsed = json.loads(examples)
    except ValueError:
        return examples
    return "\n".join(str(example.get("Feedback", "")) for example in parsed if isinstance(example, dict))
