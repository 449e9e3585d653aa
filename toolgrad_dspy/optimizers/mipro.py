"""MIPROv2: instructions and demonstrations are proposed, then combined by Bayesian search (arXiv 2406.11695)."""

import inspect
from typing import Any, ClassVar

import dspy
from dspy.propose import GroundedProposer

from toolgrad_dspy.optimizers.base import Optimizer
from toolgrad_dspy.tuning.demonstrations import TEACHING, UNLABELLED, Sampling, taught
from toolgrad_dspy.tuning.prompt_model import TEMPERATURE
from toolgrad_dspy.tuning.search import Search
from toolgrad_dspy.tuning.tunable import Tunable

# Demonstrations in a set at most. Each repeats a step's whole input, in every prompt from then on.
DEMONSTRATIONS = 2
# Instructions and sets of demonstrations for each predictor, by the trials that they take at least to be compared.
CANDIDATES = ((12, 6), (5, 4), (3, 3), (0, 2))


class Mipro(Optimizer):
    """Has instructions written from demonstrations, the program and tips, and searches for the best combination.

    Each trial plays all validation tasks with an instruction and a set of demonstrations for each predictor; a
    tree-structured Parzen estimator chooses the next. The present instructions and no demonstrations are among the
    choices. Its sessions: the teacher's, and the validation tasks for each trial and for the base.
    """

    name: ClassVar[str] = "mipro"

    def search(self, student: Tunable, search: Search) -> dspy.Module | None:
        sampling, candidates, trials = self._plan(search)
        teacher, tasks = taught(student, search, sampling)
        if not tasks:
            return None
        found: dspy.Module = _Proposing(
            metric=search.scoring.value,
            prompt_model=search.prompt_model,
            task_model=search.prompt_model,  # wants to be given; our roles have their own
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
            minibatch=False,
        )
        return found

    def settings(self, search: Search) -> dict[str, object]:
        sampling, candidates, trials = self._plan(search)
        return {
            "candidates": candidates,
            "trials": trials,
            "demonstrations": DEMONSTRATIONS,
            **sampling.settings(),
        }

    def _plan(self, search: Search) -> tuple[Sampling, int, int]:
        """The sampling, the candidates, and how many trials fit in beside it."""
        sampling = Sampling.within(search.sessions // TEACHING, search)
        trials = (search.sessions - sampling.sessions) // len(search.validation) - 1
        candidates = next((number for least, number in CANDIDATES if trials >= least), CANDIDATES[-1][1])
        return sampling, candidates, max(1, trials)


class _Proposing(dspy.MIPROv2):
    """MIPROv2 whose instructions are proposed from a description of the program in place of all its sources.

    Those have 25,000 characters and are about much else. There is no summary of the data either: the tasks are seeds.
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
        proposer.program_aware, proposer.program_code_string = True, inspect.getdoc(Tunable)
        proposed: dict[int, list[str]] = proposer.propose_instructions_for_program(
            trainset=trainset,
            program=program,
            demo_candidates=demo_candidates,
            trial_logs={},
            N=settings["num_instruct_candidates"],
        )
        for number, predictor in enumerate(program.predictors()):
            proposed[number][0] = predictor.signature.instructions
        return proposed
