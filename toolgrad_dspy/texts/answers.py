"""Whether a response tells what came of each call that has to be told.

That is every call that no later one uses, or of whose result the query asks for something by name, and every call
that found nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from toolgrad_dspy.records import Step, Tool, in_words, last_key, leaves
from toolgrad_dspy.texts.asked import left_out
from toolgrad_dspy.texts.clauses import telling, vocabulary
from toolgrad_dspy.texts.evidence import Evidence
from toolgrad_dspy.texts.nothing_found import denies, empty_parts, is_empty
from toolgrad_dspy.texts.sentences import sentences

# Names in a result by which a response may speak of it.
MOST_KEYS = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What a response has to tell of ``step``: ``about`` what, and by which ``rule`` it does, None if by none.

    ``asked`` names what the query asks for and the response does not have; ``lacks`` completes "the response does
    not ...".
    """

    step: Step
    about: str
    lacks: str
    rule: str | None
    asked: tuple[str, ...] = ()


def answers(
    query: str, response: str, steps: Sequence[Step], tools: Mapping[str, Tool], evidence: Evidence
) -> Iterator[Answer]:
    """What ``response`` has to tell of ``steps``. ``evidence`` has their results as its writer was shown them."""
    used = {name for step in steps for name in step.uses}
    empty = {step.id for step in steps if is_empty(step, tools.get(step.call.tool))}
    told = evidence.steps_told(response)
    denials = [said for a, b in sentences(response) if denies(said := response[a:b])]
    for step in steps:
        came = f"what came of {step.id}"
        if step.id in empty:
            others = [other for other in steps if other.id in empty and other.id != step.id]
            rule = _said_empty(step, denials, others, tools)
            yield Answer(step, came, f"say that {step.id} ({step.call.tool}) found nothing", rule)
        elif asked := left_out(query, response, step, steps, tools):
            what = f"the {' and the '.join(asked)} of {step.id}"
            yield Answer(step, what, f"tell {what}", None, asked)
        elif step.id not in used:
            rule = "fact" if step.id in told else _without_facts(step, response, denials, tools, evidence)
            yield Answer(step, came, f"tell {came} ({step.call.tool})", rule)


def _said_empty(step: Step, denials: Sequence[str], others: Sequence[Step], tools: Mapping[str, Tool]) -> str | None:
    """The rule by which one of ``denials`` is about ``step``, and not rather about one of the empty ``others``."""
    for said in denials:
        own, *rest = (_shared(telling(said), one, tools) for one in (step, *others))
        if not others or (any(own) and own >= max(rest)):
            return "says_nothing"
    return None


def _shared(words: frozenset[str], step: Step, tools: Mapping[str, Tool]) -> tuple[int, int]:
    """How many of ``words`` the name of the step's tool has, and how many all that is known of what it does."""
    known = vocabulary(step, tools) | telling(" ".join(empty_parts(step)))
    return len(words & telling(in_words(step.call.tool))), len(words & known)


def _without_facts(
    step: Step, response: str, denials: Sequence[str], tools: Mapping[str, Tool], evidence: Evidence
) -> str | None:
    """The rule by which ``response`` speaks of a result without a fact of it.

    It says which part of it has nothing, or, of one that has no facts of its own, has a telling word of what the tool
    does or of the names of what it gives.
    """
    missing = telling(" ".join(empty_parts(step)))
    if any(telling(said) & missing for said in denials):
        return "says_nothing"
    if evidence.has_own(step.id):
        return None
    keys = " ".join(in_words(last_key(path)) for path, _ in islice(leaves(step.observation.value), MOST_KEYS))
    return "words" if telling(response) & (vocabulary(step, tools) | telling(keys)) else None
