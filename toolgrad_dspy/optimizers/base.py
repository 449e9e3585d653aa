"""The contract of an optimizer, and what all of them have in common.

An optimizer takes a program and tasks and returns a program whose proposer and selector prompts it has tuned.
Everything else is frozen: the executor's and the updater's predictors are invisible to it. It runs in the calling
thread and may call the program from many; sessions themselves run on the background loop.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import dspy
from dspy.lm15 import LM15Error
from dspy.utils.exceptions import AdapterParseError, LMError, LMUnexpectedError

from toolgrad_dspy.errors import ModelError, RunError, ToolGradError, UsageError, one_line
from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.adapter import ADAPTER
from toolgrad_dspy.lm.ask import FATAL
from toolgrad_dspy.program import Tasks, ToolGrad
from toolgrad_dspy.tuning.candidate import Prompts
from toolgrad_dspy.tuning.dspy_patches import ANY_NUMBER, quiet, whole_sessions_once
from toolgrad_dspy.tuning.evaluations import Candidate, Evaluations, StopTuning, TuningBudget, TuningUsage
from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.invocations import Invocation
from toolgrad_dspy.tuning.journal import Journal
from toolgrad_dspy.tuning.prompt_model import prompt_model
from toolgrad_dspy.tuning.scoring import Scoring
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable, all_invocations

# Below this there is nothing to choose between.
FEWEST_TASKS = 4


@dataclass(frozen=True, slots=True)
class Tuning:
    """The outcome: the tuned program, and what it took.

    ``scores`` are the mean scores of the base and of the tuned program on the validation tasks, None for one that was
    not scored on all of them. ``stopped`` says what ended the search before its time, empty if nothing did.
    ``candidates`` counts the different prompts that were scored.
    """

    program: ToolGrad
    usage: TuningUsage
    scores: tuple[float | None, float | None] = (None, None)
    candidates: int = 0
    stopped: str = ""
    details: dict[str, object] = field(default_factory=dict)


class Optimizer(ABC):
    """One way to tune. Same seed and a deterministic model: the same program, with any number of threads."""

    name: ClassVar[str]
    # Whether the search itself scores its result on all validation tasks.
    validates: ClassVar[bool] = True

    @property
    def label(self) -> str:
        """The name, with whatever else tells one search from another of that name."""
        return self.name

    @abstractmethod
    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        """Search for better prompts and return a module that has them, or None to leave the choice to the ledger.

        The module may be anything with the predictors of ``student``. StopTuning passes through.
        """

    def shown(self, played: TaskEvaluation, arena: Evaluator) -> tuple[Invocation, ...]:
        """Which steps of a played session the search sees in traces."""
        return all_invocations(played)

    def settings(self, search: Search) -> dict[str, object]:
        """The settings that the search uses, for the program's description."""
        return {}

    def most(self, search: Search) -> int:
        """How many sessions the search can make use of; the rest of its share is better given to another."""
        return search.sessions

    def tune(
        self,
        program: ToolGrad,
        tasks: Tasks,
        arena: Evaluator,
        models: Models,
        *,
        budget: TuningBudget,
        seed: int,
        progress: Callable[[TuningUsage], None] = lambda usage: None,
        journal: Journal | None = None,
    ) -> Tuning:
        """Tune a copy of ``program`` on ``tasks.train`` and ``tasks.validation``; the test tasks are never run.

        The result scores at least as well as ``program`` on the validation tasks, as far as the budget allows to find
        out. ``progress`` is called after every scored session. What ``journal`` holds of an earlier start is not
        played or asked again. Raises UsageError for fewer than :data:`FEWEST_TASKS` tasks, and RunError when no
        session came to anything.
        """
        for name, found in (("training", tasks.train), ("validation", tasks.validation)):
            if len(found) < FEWEST_TASKS:
                raise UsageError(f"there are {len(found)} {name} tasks; an optimizer needs {FEWEST_TASKS} at least")
        ledger = Evaluations(budget, models, progress, journal)
        student = Tunable(program.deepcopy(), models, arena, ledger, self.shown)
        reserved = 0 if self.validates else min(2 * len(tasks.validation), budget.metric_calls // 2)
        ledger.reserve(reserved)
        search = Search(
            train=tasks.train,
            validation=tasks.validation,
            arena=arena,
            scoring=Scoring(arena),
            prompt_model=prompt_model(models, ledger, journal),
            models=models,
            ledger=ledger,
            sessions=budget.metric_calls - reserved,
            threads=budget.threads,
            seed=seed,
        )
        with quiet(), whole_sessions_once(), _settings(search):
            result, ended = self._searched(student, search)
            ledger.reserve(0)
            best = self._best(result, student, search)
        return Tuning(
            program=best.prompts.given_to(program),
            usage=ledger.usage,
            scores=(Candidate.mean(_base(student, ledger), tasks.validation), best.mean(tasks.validation)),
            candidates=len(ledger.candidates),
            stopped=ended or ledger.stopped,
            details=self.settings(search),
        )

    def _searched(self, student: Tunable, search: Search) -> tuple[Prompts | None, str]:
        """The search's own result, if it came to one, and why not, if that is the reflection model's doing.

        Failures of the sessions' own models never come out here: they are scores, or the ledger has them.
        """
        try:
            found = self.search(student.deepcopy(), search)
            return (Prompts.of(found) if found is not None else None), ""
        except StopTuning:
            return None, ""
        except FATAL as error:
            raise ModelError(f"the reflection model: {one_line(str(error).split('To fix:')[0])}") from None
        except (AdapterParseError, LMError) as error:
            if isinstance(error.__cause__, ToolGradError):
                raise error.__cause__ from None
            if isinstance(error, LMUnexpectedError) and not isinstance(error.__cause__, LM15Error):
                raise  # an engine broke: a bug, not an answer
            return None, f"the reflection model gave no usable answer ({one_line(error, 120)})"
        finally:
            search.ledger.wait()

    def _best(self, found: Prompts | None, student: Tunable, search: Search) -> Candidate:
        """The best candidate on the validation tasks, after the base and the result were tried there."""
        ledger = search.ledger
        if ledger.error is not None:
            raise ledger.error
        try:
            search.play(student, search.validation)
            if found is not None:
                search.play(found.given_to(student), search.validation)
        except StopTuning:
            pass
        finally:
            ledger.wait()
        if ledger.error is not None:
            raise ledger.error
        if ledger.all_failed:
            raise RunError(f"not one of {ledger.usage.metric_calls} sessions came to anything: {ledger.all_failed}")
        return ledger.best(search.validation) or _base(student, ledger)


def _base(student: Tunable, ledger: Evaluations) -> Candidate:
    """The prompts that tuning began with, with the scores they have."""
    prompts = Prompts.of(student)
    known = (candidate for candidate in ledger.candidates if candidate.prompts.digest == prompts.digest)
    return next(known, Candidate(prompts))


def _settings(search: Search) -> dspy.context:
    return dspy.context(
        adapter=ADAPTER,
        disable_history=True,
        max_errors=ANY_NUMBER,
        lm=search.prompt_model,
        num_threads=search.threads,
    )
