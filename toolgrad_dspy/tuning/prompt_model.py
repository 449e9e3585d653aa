"""The model that writes instructions for the optimizers: the reflection role, adapted to what they do with it."""

import threading
from collections import Counter
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Self

import dspy
from dspy.lm15 import Message, Request, Response, TextPart, Usage

from toolgrad_dspy.errors import UnavailableError
from toolgrad_dspy.lm import BudgetSpentError, Models
from toolgrad_dspy.lm.engines.base import SyncEngine
from toolgrad_dspy.records.base import storable
from toolgrad_dspy.tuning.evaluations import Phase, StopTuning

# Optimizers that draw several instructions want them to differ. Above 1 not every provider takes it.
TEMPERATURE = 1.0


def prompt_model(models: Models, phase: Phase) -> dspy.LM:
    """The reflection role's model, asked within the budget of ``phase``; the journal there answers what it can.

    DSPy asks for n answers with n equal requests, which a deterministic model answers all alike. So equal requests
    are numbered here, in their seed.
    """
    model = models.lm("reflection")
    temperature = model.kwargs.get("temperature")
    return dspy.LM(
        model.model,
        temperature=TEMPERATURE if temperature is None else temperature,
        max_tokens=model.kwargs.get("max_tokens"),
        engine=_Numbering(model.engine, phase),
        cache=False,
        num_retries=0,
    )


class _Numbering:
    """A synchronous engine that numbers equal requests and keeps to the tuning's budget."""

    def __init__(self, inner: SyncEngine, phase: Phase) -> None:
        self._inner = inner
        self._phase = phase
        self._journal = phase.evaluations.journal
        self._asked: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # what else DSPy asks of an engine, the gate answers

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def complete(self, request: Request) -> Response:
        texts = (str(request.system), *(message.text or "" for message in request.messages))
        key = blake2b("\x1f".join(texts).encode(errors="surrogatepass"), digest_size=16).digest()
        with self._lock:
            number = self._asked[key]
            self._asked[key] += 1
        with self._phase.under_way():
            return self._answered(
                replace(request, config=replace(request.config, seed=number)), f"{key.hex()} {number}"
            )

    def _answered(self, request: Request, key: str) -> Response:
        text = self._journal.answer(key) if self._journal else None
        if text is not None:  # before the budget is checked: what was paid for is free
            return _answer(request.model, text)
        self._phase.check()
        try:
            response = self._inner.complete(request)
        # DSPy would wrap them, and some of its optimizers go on without advice.
        except BudgetSpentError as error:
            self._phase.evaluations.spent(error)
            raise StopTuning from None
        except UnavailableError as error:
            self._phase.evaluations.gone(error)
            raise StopTuning from None
        said = response.message.text or ""
        if storable(said) != said:  # a lone surrogate could not be written: into the journal, or into a program
            response = replace(response, message=Message.assistant([TextPart(storable(said))]))
        if self._journal is not None:
            self._journal.keep_answer(key, response.message.text or "")
        return response


def _answer(model: str, text: str) -> Response:
    """``text`` as a response that cost nothing."""
    message = Message.assistant([TextPart(text)])
    return Response(id=None, model=model, message=message, finish_reason="stop", usage=Usage(0, 0))
