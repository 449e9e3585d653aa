"""The contract of an optimizer, and what all of them have in common.

An optimizer takes a program and tasks and returns a copy of the program with other prompts of the roles that are
tuned. Everything else is frozen: the predictors of other roles are invisible to it. It runs in the calling thread and
may call the program from many; sessions themselves run on the background loop.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

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
from toolgrad_dspy.tuning.evaluations import Evaluations, Phase, StopTuning, TuningUsage
from toolgrad_dspy.tuning.evaluator import Evaluator, TaskEvaluation
from toolgrad_dspy.tuning.finalists import Final, final, fresh_tasks
from toolgrad_dspy.tuning.invocations import Invocation
from toolgrad_dspy.tuning.journal import Journal
from toolgrad_dspy.tuning.ledger import EarlyStop, Ledger, StopCause, TuningBudget
from toolgrad_dspy.tuning.prompt_model import prompt_model
from toolgrad_dspy.tuning.scoring import Scoring
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# With fewer tasks a mean score is that of one or two lucky sessions.
FEWEST_TASKS = 4


@dataclass(frozen=True, slots=True)
class TuningResult:
    """The tuned program, and what it took.

    ``scores`` are the mean scores of the base and of the tuned program on the validation tasks, None for one that was
    not scored on all of them. ``fresh_scores`` are the same on the ``fresh`` tasks, which only the finalists ran:
    those of the tuned program are less flattering, since many candidates were tried on the others. ``stopped`` says
    in words what ended the search early, ``stop_cause`` names it; both are empty if the search ended by itself.
    ``candidates`` counts the different prompts that were scored, ``details`` are the search's settings, as plain
    JSON.
    """

    program: ToolGrad
    usage: TuningUsage
    scores: tuple[float | None, float | None] = (None, None)
    fresh_scores: tuple[float | None, float | None] = (None, None)
    fresh: int = 0
    candidates: int = 0
    stopped: str = ""
    stop_cause: StopCause | Literal[""] = ""
    details: dict[str, object] = field(default_factory=dict)


class Optimizer(ABC):
    r"""One way to search for better prompts. A subclass gives a name and :meth:`search`; the rest is here.

    With the same seed and a deterministic model the result is the same program, whatever the number of threads.
    ``optimizers/conformance`` checks that and the other promises of an optimizer. This one tries a fixed sentence::

        class Careful(Optimizer):
            name = "careful"
            validates = False

            def search(self, student: Tunable, search: Search) -> dspy.Module:
                prompts = Prompts.of(student)
                said = {name: f"{text}\nBe careful." for name, text in prompts.instructions.items()}
                return Prompts(said, prompts.demos).applied_to(student)
    """

    name: ClassVar[str]
    # Whether the search itself scores the base and its result on all validation tasks. If not, sessions for that are
    # kept back from its share.
    validates: ClassVar[bool] = True

    @property
    def label(self) -> str:
        """The name, and whatever else tells apart two optimizers of that name. A journal is kept for a label."""
        return self.name

    @abstractmethod
    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        """Search for better prompts and return a module that has them.

        The module may be anything with the predictors of ``student``. None leaves the choice to :meth:`tune`, which
        then takes the best of all candidates that were scored on the validation tasks. StopTuning must pass through.
        """

    def visible_invocations(self, evaluation: TaskEvaluation, evaluator: Evaluator) -> tuple[Invocation, ...]:
        """Which invocations of an evaluated session the search sees in traces, and in which order."""
        return evaluation.invocations

    def settings(self, search: Search) -> dict[str, object]:
        """The settings that the search uses, as plain JSON, for the program's description."""
        return {}

    def usable_sessions(self, search: Search) -> int:
        """How many sessions the search can use; the rest of its share is better given to another."""
        return search.sessions

    def tune(
        self,
        program: ToolGrad,
        tasks: Tasks,
        evaluator: Evaluator,
        models: Models,
        *,
        budget: TuningBudget,
        seed: int,
        progress: Callable[[TuningUsage], None] = lambda usage: None,
        journal: Journal | None = None,
        ledger: Ledger | None = None,
    ) -> TuningResult:
        """Tune a copy of ``program`` on ``tasks.train`` and ``tasks.validation``; the test tasks are never run.

        The result scores at least as well as ``program`` on the validation tasks, as far as the budget allows to find
        out. The best few candidates, the base among them, are scored again on tasks of their own before one is
        chosen. ``progress`` is called after every scored session. What ``journal`` holds of an earlier start is not
        run or asked again. ``ledger`` is the account of a compile that this tuning is a stage of. Raises UsageError
        for fewer than :data:`FEWEST_TASKS` training or validation tasks, RunError if every session failed, and
        whatever ToolGradError broke the run::

            models, tasks = Models.from_environment(), draw(seed=0, train=12, validation=12, test=0)
            result = optimizer("gepa").tune(
                ToolGrad(library, models), tasks, LiveEvaluator(Metric()), models, budget=TuningBudget(100), seed=0
            )
        """
        _check(tasks, evaluator, program)
        ledger = ledger or Ledger(budget, models, earlier=journal.use() if journal else None)
        evaluations = Evaluations(ledger, budget.metric_calls, progress, journal, whole=evaluator.whole)
        fresh = fresh_tasks(tasks, budget, evaluator)
        # For the base and the result, so that they can be compared; of a tiny budget the search keeps half.
        reserved = 0 if self.validates else min(2 * len(tasks.validation), budget.metric_calls // 2)
        reserved += fresh.sessions
        searching, *later = (evaluations.phase(kept) for kept in (reserved, fresh.sessions, 0))
        search = Search(
            train=tasks.train,
            validation=tasks.validation,
            evaluator=evaluator,
            scoring=Scoring(evaluator, searching),
            prompt_model=prompt_model(models, searching),
            models=models,
            sessions=budget.metric_calls - reserved,
            threads=budget.threads,
            seed=seed,
            roles=program.tuned,
            phase=searching,
        )
        decision, early = self._decided(program, search, evaluations, later, fresh.tasks)
        return TuningResult(
            program=decision.best.prompts.applied_to(program),
            usage=evaluations.usage,
            scores=(decision.base.mean(tasks.validation), decision.best.mean(tasks.validation)),
            fresh_scores=decision.fresh_scores,
            fresh=decision.tasks,
            candidates=len(evaluations.candidates),
            stopped=early.reason if early else "",
            stop_cause=early.cause if early else "",
            details=self.settings(search),
        )

    def _decided(
        self,
        program: ToolGrad,
        search: Search,
        evaluations: Evaluations,
        later: list[Phase],
        fresh: Sequence[dspy.Example],
    ) -> tuple[Final, EarlyStop | None]:
        """Search, then compare and decide in the two ``later`` phases: the outcome, and what kept the search from
        one.

        Raises what broke the tuning.
        """

        def student(phase: Phase) -> Tunable:
            return Tunable(program.deepcopy(), search.models, search.evaluator, phase, self.visible_invocations)

        comparing, deciding = later
        with evaluations.ledger.enforced(), quiet(), whole_sessions_once(), _settings(search):
            with search.phase:
                searched, useless = self._searched(student(search.phase), search)
            with comparing:
                self._validate(searched, student(comparing), search, evaluations)
            with deciding:
                decision = final(student(deciding), search, evaluations, fresh)
        _raise_if_broken(evaluations)
        return decision, useless or evaluations.stopped

    def _searched(self, student: Tunable, search: Search) -> tuple[Prompts | None, EarlyStop | None]:
        """The search's own result, if it has one, and the reason if the reflection model kept it from having one.

        Failures of the sessions' models are not raised here: they are scores, or ``evaluations`` has them.
        """
        try:
            module = self.search(student.deepcopy(), search)
            return (Prompts.of(module) if module is not None else None), None
        except StopTuning:
            return None, None
        except FATAL as error:  # no later call can succeed: whoever started the tuning has to know at once
            reason = one_line(str(error).split("To fix:")[0])  # what follows is advice for users of DSPy
            raise ModelError(f"the reflection model refuses: {reason}", code="reflection_refused") from None
        except (AdapterParseError, LMError) as error:
            # DSPy wraps what it does not know. One of ours is on its way out: the server is gone, for instance.
            if isinstance(error.__cause__, ToolGradError):
                raise error.__cause__ from None
            if isinstance(error, LMUnexpectedError) and not isinstance(error.__cause__, LM15Error):
                raise  # an engine broke: a bug, not an answer
            # The sessions are paid for, so the best candidate among them is still worth having.
            reason = f"the reflection model gave no usable answer ({one_line(error, 120)})"
            return None, EarlyStop("reflection_model", reason)

    def _validate(self, searched: Prompts | None, student: Tunable, search: Search, evaluations: Evaluations) -> None:
        """Evaluate the base and the search's result on the validation tasks, if the search has not done so."""
        if evaluations.error is not None:
            raise evaluations.error
        try:
            # The base first: if the budget ends here, the result must not be a candidate worse than the base.
            search.evaluate(student, search.validation)
            if searched is not None:
                search.evaluate(searched.applied_to(student), search.validation)
        except StopTuning:
            pass
        _raise_if_broken(evaluations)


def _raise_if_broken(evaluations: Evaluations) -> None:
    if evaluations.error is not None:
        raise evaluations.error
    if evaluations.why_all_failed:
        raise RunError(
            f"all {evaluations.usage.metric_calls} sessions failed; the most frequent reason: "
            f"{evaluations.why_all_failed}",
            code="all_sessions_failed",
        )


def _check(tasks: Tasks, evaluator: Evaluator, program: ToolGrad) -> None:
    evaluator.check_roles(program.tuned)
    for name, given in (("training", tasks.train), ("validation", tasks.validation)):
        if len(given) < FEWEST_TASKS:
            raise UsageError(
                f"too few {name} tasks: {len(given)}; at least {FEWEST_TASKS} are needed", code="too_few_tasks"
            )
    if len({task.seed for task in (*tasks.train, *tasks.validation)}) > 1:  # scores are kept by the index alone
        raise UsageError("the tasks of a tuning have to be of one seed", code="mixed_seeds")


def _settings(search: Search) -> dspy.context:
    return dspy.context(
        adapter=ADAPTER,
        disable_history=True,
        max_errors=ANY_NUMBER,
        lm=search.prompt_model,
        num_threads=search.threads,
    )
