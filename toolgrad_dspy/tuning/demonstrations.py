"""Demonstrations: the best invocations of the program's own sessions, shown to it as examples.

At temperature 0 a program would be shown what it does anyway. So a teacher, the same program at a higher temperature,
runs the training tasks, several times where the budget allows, and only what came out well is worth showing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import dspy

from toolgrad_dspy.tuning.invocation_ranking import InvocationRanking
from toolgrad_dspy.tuning.invocations import Invocation
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# DSPy's bootstrapping optimizers use this temperature from the second round on.
TEMPERATURE = 1.0
# How often the teacher runs each training task at most.
DRAWS = 4
# Where a search tries several choices of demonstrations, one session in this many is the teacher's.
TEACHER_SHARE = 5
# Demonstrations per predictor at most: DSPy's default.
DEMONSTRATIONS = 4
# For all of DSPy's bootstrapping optimizers: its labelled demonstrations would be bare tasks, which say nothing.
UNLABELLED = {"max_labeled_demos": 0}


@dataclass(frozen=True, slots=True)
class Lesson:
    """The teacher's best session for a task: its score, and the best invocation of each predictor."""

    score: float
    invocations: tuple[Invocation, ...]


class Teacher(dspy.Module):
    """Answers a task with its lesson: DSPy's optimizers ask it for demonstrations, in place of a running program."""

    def __init__(self, student: Tunable, lessons: Mapping[int, Lesson]) -> None:
        super().__init__()
        for role in student.program.tuned:
            setattr(self, role, getattr(student, role))
        self._lessons = lessons

    def forward(self, seed: int, index: int) -> dspy.Prediction:
        """The ``score`` of the lesson on the task ``index``. Its invocations are added to DSPy's trace."""
        lesson = self._lessons[index]
        if dspy.settings.trace is not None:
            predictors = dict(self.named_predictors())
            dspy.settings.trace.extend(
                invocation.entry(predictors[invocation.predictor]) for invocation in lesson.invocations
            )
        return dspy.Prediction(score=lesson.score)


@dataclass(frozen=True, slots=True)
class TeacherPlan:
    """How many of the training ``tasks`` the teacher runs, and how often each."""

    draws: int
    tasks: int

    @classmethod
    def within(cls, sessions: int, search: Search) -> "TeacherPlan":
        """All training tasks as often as ``sessions`` allow, or some of them once."""
        tasks = max(1, min(len(search.train), sessions))
        return cls(max(1, min(DRAWS, sessions // tasks)), tasks)

    @property
    def sessions(self) -> int:
        """How many sessions the plan takes."""
        return self.draws * self.tasks

    def settings(self) -> dict[str, object]:
        """The plan as part of the program's description."""
        return {"teacher_temperature": TEMPERATURE, "teacher_draws": self.draws, "teacher_tasks": self.tasks}


def teach(student: Tunable, search: Search, plan: TeacherPlan) -> tuple[Teacher, list[dspy.Example]]:
    """A teacher, and the tasks whose lessons are worth showing, the best first. The list may be empty.

    Worth showing is the better half of the lessons, without those that score 0 or lack an invocation of a predictor
    that every session asks. Raises StopTuning.
    """
    tasks = search.train[: plan.tasks]
    draws = [search.evaluate(student.sampled(TEMPERATURE, number), tasks) for number in range(1, plan.draws + 1)]
    ranking = InvocationRanking(search.evaluator, (evaluation for draw in draws for evaluation in draw))
    lessons = {}
    for task, *sessions in zip(tasks, *draws, strict=True):
        best = max(sessions, key=lambda evaluation: evaluation.score)
        lessons[task.index] = Lesson(best.score, ranking.best_invocations(best))
    threshold = median(lesson.score for lesson in lessons.values())
    # An executor is asked only where a call failed.
    always = {name for name, _ in student.named_predictors() if not name.startswith("executor")}
    worth_showing = [
        task
        for task in tasks
        if 0 < lessons[task.index].score >= threshold
        and {invocation.predictor for invocation in lessons[task.index].invocations} >= always
    ]
    # DSPy takes the first ones it is given, up to its number of demonstrations.
    return Teacher(student, lessons), sorted(worth_showing, key=lambda task: -lessons[task.index].score)
