"""What every component of the metric promises, as checks that run against any component.

    for broken in check_component(Case(of_sample(my_rule))):
        print(broken.check, broken.problem)

With pytest, parametrise over :data:`CHECKS` and run ``check(case)``: a check raises AssertionError with a sentence
that says which promise is broken.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from toolgrad_dspy.conformance import BrokenPromise, broken_promises, expect
from toolgrad_dspy.judging.prompts import CRITERIA
from toolgrad_dspy.metrics.components import Judged, SessionRule
from toolgrad_dspy.metrics.iteration_rules import IterationRule, iteration_outcome
from toolgrad_dspy.metrics.odd_sessions import odd_sessions
from toolgrad_dspy.records import CriterionJudgement, Judgement, Quality, Session


@dataclass(frozen=True, slots=True)
class Case:
    """A component to check, as it would be registered. ``sessions`` are checked beside :func:`odd_sessions`."""

    rule: SessionRule | Judged
    iteration_rule: IterationRule | None = None
    sessions: tuple[Session, ...] = ()


Check = Callable[[Case], None]


def check_component(case: Case) -> list[BrokenPromise]:
    """Run all checks. An empty list means that the component keeps the contract.

    >>> [broken.check for broken in check_component(Case(lambda session: 2.0))]
    ['stays_in_range']
    """
    return broken_promises(CHECKS, case)


def gives_a_value_for_every_session(case: Case) -> None:
    for answer in _answers(case):
        expect(answer.error is None, f"a component never raises, but did for {answer.of}: {answer.error!r}")
        value = answer.value
        if answer.of_iteration:
            is_amount = isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value))
            expect(is_amount, f"an iteration rule gives an amount and its total, not {value!r} for {answer.of}")
        else:
            expect(_is_number(value), f"a component gives a number for every session, not {value!r} for {answer.of}")


def stays_in_range(case: Case) -> None:
    for answer in _answers(case):
        # What is no number at all breaks the promise above. Both comparisons are false for nan.
        if isinstance(answer.value, tuple):
            amount, total = answer.value
            expect(0 <= amount <= total, f"an iteration adds from 0 to its total, not {answer.value} for {answer.of}")
        elif isinstance(answer.value, (int, float)):
            expect(
                0 <= answer.value <= 1, f"a component gives a number from 0 to 1, not {answer.value} for {answer.of}"
            )


def repeats_itself(case: Case) -> None:
    for first, second in zip(_answers(case), _answers(case), strict=True):
        # By their texts: nan is not equal to itself.
        same = repr((first.value, first.error)) == repr((second.value, second.error))
        expect(same, f"equal sessions get equal values, not {first.value} and {second.value}: {first.of}")


def changes_nothing(case: Case) -> None:
    if isinstance(case.rule, Judged):
        return  # sees no session
    for session in _sessions(case):
        # A record is frozen, but the arguments and results in it are plain dicts.
        before = session.model_dump_json()
        for answer in _answers_on(case.rule, case.iteration_rule, session):
            expect(session.model_dump_json() == before, f"a component changes nothing, but did in {answer.of}")


def knows_when_nothing_was_judged(case: Case) -> None:
    if isinstance(case.rule, Judged):
        for what, judgement in (("not asked for", Judgement()), ("not decided", _judgement(case.rule, None))):
            value = case.rule.value(judgement)
            expect(value is None, f"a criterion that was {what} has no value, not {value}")


CHECKS: tuple[Check, ...] = (
    gives_a_value_for_every_session,
    stays_in_range,
    repeats_itself,
    changes_nothing,
    knows_when_nothing_was_judged,
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a component gave, or raised, ``of`` what it was called on."""

    of: str
    value: object
    error: Exception | None = None
    of_iteration: bool = False


def _answers(case: Case) -> Iterator[_Answer]:
    """What the component gives for new sessions, or new judgements: none is known to it by identity."""
    if isinstance(case.rule, Judged):
        for share in (0.0, 0.25, 0.5, 1.0):
            yield _answer(f"a share of {share}", partial(case.rule.value, _judgement(case.rule, share)))
        return
    for session in _sessions(case):
        yield from _answers_on(case.rule, case.iteration_rule, session)


def _answers_on(rule: SessionRule, iteration_rule: IterationRule | None, session: Session) -> Iterator[_Answer]:
    where = f"session {session.index} ({session.reason})"
    yield _answer(where, partial(rule, session))
    if iteration_rule is not None:
        for iteration in session.trace.iterations:
            outcome = iteration_outcome(session, iteration)
            yield _answer(
                f"iteration {iteration.number} of {where}", partial(iteration_rule, outcome), of_iteration=True
            )


def _answer(of: str, call: Callable[[], object], of_iteration: bool = False) -> _Answer:
    try:
        return _Answer(of, call(), of_iteration=of_iteration)
    except Exception as error:  # noqa: BLE001 - boundary: the component is foreign code, and that it raises is told
        return _Answer(of, None, error, of_iteration)


def _sessions(case: Case) -> Iterator[Session]:
    yield from odd_sessions()
    yield from (session.model_copy(deep=True) for session in case.sessions)


def _judgement(judged: Judged, share: float | None) -> Judgement:
    """A judgement of the component's group in which every criterion has this share; None: it was not decided."""
    if judged.criterion == "qor":
        return Judgement(quality=Quality(score=None if share is None else 100 * share))
    holds = None if share is None else share == 1
    return Judgement(
        criteria=tuple(
            CriterionJudgement(criterion=name, holds=holds, score=share, reason="as judged")
            for name in CRITERIA[judged.group]
        )
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float))
