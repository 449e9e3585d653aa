"""What every optimizer promises, as checks that run against any optimizer.

    case = Case(
        make=MyOptimizer,
        program=lambda models: ToolGrad(library, models, ProgramConfig(iterations=3)),
        tasks=draw(seed=0, train=4, validation=4, test=2),
        evaluator=lambda: LiveEvaluator(Metric()),
    )
    for broken in check_optimizer(case):
        print(broken.check, broken.problem)

With pytest, parametrise over :data:`CHECKS` and call ``check(case)``: a check raises AssertionError with a sentence
that says which promise is broken. The first tuning is kept in the case, so share one case among the checks. The
library has to be open on the background loop (``run_on_loop_thread(library.open())``).
"""

from toolgrad_dspy.conformance import BrokenPromise
from toolgrad_dspy.optimizers.conformance.case import Case, WatchedEvaluator, rehearsal_models
from toolgrad_dspy.optimizers.conformance.checks import CHECKS, Check, check_optimizer

__all__ = [
    "CHECKS",
    "BrokenPromise",
    "Case",
    "Check",
    "WatchedEvaluator",
    "check_optimizer",
    "rehearsal_models",
]
