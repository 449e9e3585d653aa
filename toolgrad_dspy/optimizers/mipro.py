"""MIPROv2: instructions and demonstrations are proposed, then combined by Bayesian search (arXiv 2406.11695)."""

import inspect
from typing import Any, ClassVar

import dspy
from dspy.propose import GroundedProposer

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.demonstrations import TEACHER_SHARE, UNLABELLED, TeacherPlan, teach
from toolgrad_dspy.tuning.prompt_model import TEMPERATURE
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# Demonstrations in a set at most. Each repeats the whole input of an invocation, in every prompt from then on.
DEMONSTRATIONS = 2
# From this many trials on: this many instructions, and sets of demonstrations, for each predictor.
CANDIDATES = ((12, 6), (5, 4), (3, 3), (0, 2))


class Mipro(Optimizer):
    """Has instructions written from demonstrations, the program and tips, and searches for the best combination.

    Each trial runs all validation tasks with an instruction and a set of demonstrations for each predictor; a
    tree-structured Parzen estimator chooses the next. The present instructions and no demonstrations are among the
    choices. Its sessions: the teacher's, and the validation tasks for each trial and for the base.
    """

    name: ClassVar[str] = "mipro"

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        plan, candidates, trials = self._plan(search)
        teacher, tasks = teach(student, search, plan)
        if not tasks:  # no session is worth showing: the base is the result
            return None
        result: dspy.Module = _Proposing(
            metric=search.scoring.value,
            prompt_model=search.prompt_model,
            task_model=search.prompt_model,  # DSPy insists on one; our roles use their own
            auto=None,
            num_candidates=candidates,
            max_bootstrapped_demos=DEMONSTRATIONS,
            num_threads=search.threads,
            seed=search.seed,
            init_temperature=TEMPERATURE,
            track_stats=False,
            **UNLABELLED,
        ).compile(
            student,
            teacher=teacher,
            trainset=tasks,
            valset=search.validation,
            num_trials=trials,
            minibatch=False,  # so that every trial's candidate is comparable with the base
        )
        return result

    def settings(self, search: Search) -> dict[str, object]:
        plan, candidates, trials = self._plan(search)
        return {"candidates": candidates, "trials": trials, "demonstrations": DEMONSTRATIONS, **plan.settings()}

    def _plan(self, search: Search) -> tuple[TeacherPlan, int, int]:
        """The teacher's plan, the candidates, and how many trials fit in beside it and the base."""
        plan = TeacherPlan.within(search.sessions // TEACHER_SHARE, search)
        trials = (search.sessions - plan.sessions) // len(search.validation) - 1
        candidates = next((number for least, number in CANDIDATES if trials >= least), CANDIDATES[-1][1])
        return plan, candidates, max(1, trials)


class _Proposing(dspy.MIPROv2):
    """MIPROv2 whose instructions are proposed from a description of the program instead of all its source code.

    The source has 25,000 characters and is about much else. Nor is there a summary of the data: the tasks are seeds.
    """

    def _propose_instructions(
        self, program: dspy.Module, trainset: list[dspy.Example], demo_candidates: Any, *_: Any, **settings: Any
    ) -> dict[int, list[str]]:
        proposer = GroundedProposer(
            prompt_model=self.prompt_model,
            program=program,
            trainset=trainset,
            use_dataset_summary=False,
            program_aware=False,
            use_instruct_history=False,
            set_history_randomly=False,
            rng=self.rng,
            init_temperature=self.init_temperature,
        )
        # Set after construction, which would otherwise read the source code itself.
        proposer.program_aware, proposer.program_code_string = True, inspect.getdoc(Tunable)
        proposed: dict[int, list[str]] = proposer.propose_instructions_for_program(
            trainset=trainset,
            program=program,
            demo_candidates=demo_candidates,
            trial_logs={},
            N=settings["num_instruct_candidates"],
        )
        for number, predictor in enumerate(program.predictors()):
            # DSPy does the same: the present instruction stays among the choices.
            proposed[number][0] = predictor.signature.instructions
        return proposed
