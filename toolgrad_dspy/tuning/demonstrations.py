"""Demonstrations: the best steps of sessions that the program itself played, shown to it as examples.

At temperature 0 a program shows what it does anyway. So a teacher, the same program at a higher one, plays the
training tasks, a few times where the budget allows, and only what came out well is worth showing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import dspy

from toolgrad_dspy.tuning.invocations import Invocation
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.step_ranking import StepRanking
from toolgrad_dspy.tuning.tunable import Tunable

# As DSPy's optimizers draw their further rounds.
TEMPERATURE = 1.0
# How often the teacher plays each training task at most.
DRAWS = 4
# Of the sessions of a search that tries several choices of demonstrations, the part in which the teacher plays.
TEACHING = 5
# Demonstrations per predictor at most: DSPy's default.
DEMONSTRATIONS = 4
# What all of DSPy's bootstrapping optimizers are to leave out: its labelled demonstrations would be bare tasks, which
# say nothing.
UNLABELLED = {"max_labeled_demos": 0}


@dataclass(frozen=True, slots=True)
class Lesson:
    """The best session that the teacher played for a task: its score, and the best step of each predictor."""

    score: float
    steps: tuple[Invocation, ...]


class Teacher(dspy.Module):
    """Answers a task by its lesson: what DSPy's optimizers ask for demonstrations in place of a running program."""

    def __init__(self, student: Tunable, lessons: Mapping[int, Lesson]) -> None:
        super().__init__()
        self.proposer = student.proposer
        self.selector = student.selector
        self._lessons = lessons

    def forward(self, seed: int, index: int) -> dspy.Prediction:
        """The ``score`` of the lesson on the task ``index``. Its steps are added to DSPy's trace."""
        lesson = self._lessons[index]
        if dspy.settings.trace is not None:
            predictors = dict(self.named_predictors())
            dspy.settings.trace.extend(step.entry(predictors[step.predictor]) for step in lesson.steps)
        return dspy.Prediction(score=lesson.score)


@dataclass(frozen=True, slots=True)
class Sampling:
    """How often the teacher plays how many of the training tasks."""

    draws: int
    tasks: int

    @classmethod
    def within(cls, sessions: int, search: Search) -> "Sampling":
        """As many draws of all training tasks as ``sessions`` allow, or one of some of them."""
        tasks = max(1, min(len(search.train), sessions))
        return cls(max(1, min(DRAWS, sessions // tasks)), tasks)

    @property
    def sessions(self) -> int:
        """How many sessions are played."""
        return self.draws * self.tasks

    def settings(self) -> dict[str, object]:
        """For the program's description."""
        return {"teacher_temperature": TEMPERATURE, "teacher_draws": self.draws, "teacher_tasks": self.tasks}


def taught(student: Tunable, search: Search, sampling: Sampling) -> tuple[Teacher, list[dspy.Example]]:
    """A teacher, and the tasks on which its lessons are worth showing, the best first; none if none is.

    Worth showing is the better half of the lessons, without those that came to nothing or lack a predictor's step.
    Raises StopTuning.
    """
    tasks = search.train[: sampling.tasks]
    draws = [search.played(student.sampled(TEMPERATURE, number), tasks) for number in range(1, sampling.draws + 1)]
    merits = StepRanking(search.arena, (played for draw in draws for played in draw))
    lessons = {}
    for task, *sessions in zip(tasks, *draws, strict=True):
        best = max(sessions, key=lambda played: played.score)
        lessons[task.index] = Lesson(best.score, merits.best_steps(best))
    threshold = median(lesson.score for lesson in lessons.values())
    complete = {name for name, _ in student.named_predictors()}
    worth = [
        task
        for task in tasks
        if 0 < lessons[task.index].score >= threshold
        and {step.predictor for step in lessons[task.index].steps} == complete
    ]
    return Teacher(student, lessons), sorted(worth, key=lambda task: -lessons[task.index].score)
