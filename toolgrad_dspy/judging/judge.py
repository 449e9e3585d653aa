"""The judge: a language model that judges samples and responses (see ``docs/judging.md``).

One call per group of criteria and vote. An answer that cannot be used, after one re-ask, decides nothing: a sample
neither passes nor fails by it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import dspy
from pydantic import TypeAdapter

from toolgrad_dspy.concurrency import gather_or_cancel
from toolgrad_dspy.errors import UsageError
from toolgrad_dspy.judging import voting
from toolgrad_dspy.judging.examples import EXAMPLES, examples_of
from toolgrad_dspy.judging.prompts import CRITERIA, GROUPS, SHOWN_CHARS, SIGNATURES, Questions, quality_inputs
from toolgrad_dspy.lm import Models, metered
from toolgrad_dspy.lm.adapter import lean
from toolgrad_dspy.lm.ask import AnswerError, ask
from toolgrad_dspy.records import (
    CriterionJudgement,
    JudgeCall,
    JudgeGroup,
    Judgement,
    Quality,
    Sample,
    Tool,
    Workflow,
)

# A model's answer for one vote, None if it is not usable, and the record of the call.
Answer = tuple[dspy.Prediction | None, JudgeCall]


class Judge(dspy.Module):
    """Judges with the model of the role ``judge``; any number of judgements at once. Optimizers do not tune it.

    >>> import asyncio
    >>> judge = Judge(Models.from_environment(), votes=3)  # TOOLGRAD_JUDGE_MODEL; here the rehearsal model
    >>> judgement = asyncio.run(
    ...     judge.judge_response("Is the table booked?", reference="It is booked.", response="Yes, it is booked.")
    ... )
    >>> judgement.quality.score
    100.0

    ``votes``, odd, is how often each question is asked. ``temperature``, 0 to 2, overrides the role's own setting.
    Each vote is a completion of its own, never a cached one; but at temperature 0 most models repeat themselves.
    ``shown_chars`` is how much of each result the prompts show, in characters: as much as those who wrote the texts
    saw. Before each question stand two worked examples (``examples.py``).
    Raises UsageError for an even number of votes (``even_votes``) or a temperature out of range
    (``temperature_out_of_range``).

    What a judgement used is in its ``calls``, in the models' meter, and in a :func:`metered` around it.
    """

    def __init__(
        self,
        models: Models,
        votes: int = 1,
        temperature: float | None = None,
        shown_chars: int = SHOWN_CHARS,
    ) -> None:
        if votes < 1 or votes % 2 == 0:
            raise UsageError(
                f"the number of votes has to be odd, so that a majority can decide; got {votes}", code="even_votes"
            )
        if temperature is not None and not 0 <= temperature <= 2:
            raise UsageError(
                f"the temperature of the judge has to be from 0 to 2; got {temperature:g}",
                code="temperature_out_of_range",
            )
        super().__init__()
        self.votes = votes
        self.temperature = temperature
        self.shown_chars = shown_chars
        self._models = models
        self._predictors = [
            {group: self._predictor(group, number) for group in GROUPS} for number in range(1, votes + 1)
        ]
        self._compiled = True  # DSPy's optimizers leave alone what is compiled

    def _predictor(self, group: JudgeGroup, vote: int) -> dspy.Predict:
        predictor = dspy.Predict(SIGNATURES[group], **self._config(vote))
        predictor.demos = list(EXAMPLES[group])
        return predictor

    def _config(self, vote: int) -> dict[str, Any]:
        """The settings of one vote: the temperature, and an id that keeps a cache from taking two votes for one."""
        own = self._models.settings["judge"].temperature
        effective = own if self.temperature is None else self.temperature
        given = {} if self.temperature is None else {"temperature": self.temperature}
        # At a temperature of 0 DSPy ignores the id, and warns.
        return given if effective == 0 else {**given, "rollout_id": vote}

    async def judge(self, sample: Sample, tools: Iterable[Tool], groups: Sequence[JudgeGroup] = GROUPS) -> Judgement:
        """Judge ``sample`` on what ``groups`` decide. ``tools`` has at least those that it calls.

        Its response is scored by the results of its own calls. Raises UsageError for a tool that is not given
        (``unknown_tool``), ModelError when no call can succeed, and BudgetSpentError.
        """
        questions = Questions(sample, tools, self.shown_chars)
        wanted = [group for group in GROUPS if group in groups and (group != "quality" or sample.response.strip())]
        answers = await self._answers({group: questions.inputs(group) for group in wanted})
        criteria: list[CriterionJudgement] = []
        for group, given in answers.items():
            votes = [
                dict.fromkeys(CRITERIA[group], voting.no_vote(call.problem))
                if prediction is None
                else questions.votes(group, prediction)
                for prediction, call in given
            ]
            criteria += [voting.decide(name, [vote[name] for vote in votes]) for name in CRITERIA[group]]
        # An empty response needs no model to score it.
        no_response = "quality" in groups and "quality" not in wanted
        return self._judgement(answers, tuple(criteria), self._worthless() if no_response else None)

    async def judge_response(self, query: str, reference: Workflow | str, response: str | None) -> Judgement:
        """Judge the quality of a response to ``query``. ``reference`` is calls with their results, or a text.

        ``response`` is None for a prediction that ended in an error. Its quality is 0, like that of an empty one, and
        no model is asked. Raises like :meth:`judge`.
        """
        if response is None or not response.strip():
            return self._judgement({}, (), self._worthless())
        inputs = quality_inputs(query, reference, response, self.shown_chars)
        return self._judgement(await self._answers({"quality": inputs}), ())

    def _worthless(self) -> Quality:
        return Quality(score=0.0, reason="there is no response", votes=self.votes)

    def _judgement(
        self,
        answers: Mapping[JudgeGroup, Sequence[Answer]],
        criteria: tuple[CriterionJudgement, ...],
        quality: Quality | None = None,
    ) -> Judgement:
        if "quality" in answers:
            scored = [prediction.requests for prediction, _ in answers["quality"] if prediction is not None]
            problems = dict.fromkeys(call.problem for _, call in answers["quality"] if call.problem)
            quality = voting.quality(scored, "; ".join(problems))
        return Judgement(
            quality=quality,
            criteria=criteria,
            calls=tuple(call for given in answers.values() for _, call in given),
            votes=self.votes,
            temperature=self.temperature,
            shown_chars=self.shown_chars,
        )

    async def _answers(self, inputs: Mapping[JudgeGroup, Mapping[str, str]]) -> dict[JudgeGroup, list[Answer]]:
        with lean():
            # Through ``acall``, as any module: an optimizer's callbacks then see the error that ends a run.
            answers: dict[JudgeGroup, list[Answer]] = await self.acall(inputs=inputs)
        return answers

    async def aforward(self, inputs: Mapping[JudgeGroup, Mapping[str, str]]) -> dict[JudgeGroup, list[Answer]]:
        """All votes on all groups at once. ``inputs`` has the inputs of each group's signature."""
        numbers = range(1, self.votes + 1)
        answers = iter(
            await gather_or_cancel(
                self._vote(group, vote, given) for group, given in inputs.items() for vote in numbers
            )
        )
        return {group: [next(answers) for _ in numbers] for group in inputs}

    async def _vote(self, group: JudgeGroup, vote: int, inputs: Mapping[str, str]) -> Answer:
        predictor = self._predictors[vote - 1][group]
        prediction, problem = None, ""
        with metered() as meter:
            try:
                prediction = await ask(predictor, self._models, "judge", **inputs)
            except AnswerError as error:
                problem = str(error)
        used = meter.models()
        call = JudgeCall(
            group=group,
            vote=vote,
            # More than one if a re-ask went to another model.
            model=", ".join(model for _, model in used) or self._models.settings["judge"].model,
            prompt=prompt_digest(group),
            calls=sum(usage.calls for usage in used.values()),
            input_tokens=sum(usage.input_tokens for usage in used.values()),
            output_tokens=sum(usage.output_tokens for usage in used.values()),
            problem=problem,
        )
        return prediction, call


@cache
def prompt_digest(group: JudgeGroup) -> str:
    """A digest of the instructions, fields and worked examples of the group: the prompt, whatever the format."""
    signature = SIGNATURES[group]
    fields = [
        (name, (field.json_schema_extra or {}).get("desc"), TypeAdapter(field.annotation).json_schema())
        for name, field in signature.fields.items()
    ]
    text = json.dumps([signature.instructions, fields, examples_of(group)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
