"""The model that writes instructions for the optimizers: the reflection role, fit for what they do with it."""

import threading
from collections import Counter
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Self

import dspy
from dspy.lm15 import Request, Response

from toolgrad_dspy.lm import Models
from toolgrad_dspy.lm.gate import SyncEngine
from toolgrad_dspy.optimizers.ledger import Ledger

# Optimizers that draw several instructions want them to differ. Above 1 not every provider takes it.
TEMPERATURE = 1.0


def prompt_model(models: Models, ledger: Ledger) -> dspy.LM:
    """The reflection role's model, asked within the budget of ``ledger``.

    DSPy asks for n answers by n equal requests, of which a deterministic model makes one; equal requests are numbered
    here, by their seed.
    """
    model = models.lm("reflection")
    return dspy.LM(
        model.model,
        temperature=model.kwargs.get("temperature") or TEMPERATURE,
        max_tokens=model.kwargs.get("max_tokens"),
        engine=_Numbering(model.engine, ledger),
        cache=False,
        num_retries=0,
    )


class _Numbering:
    """A synchronous engine that numbers equal requests and keeps to the ledger."""

    def __init__(self, inner: SyncEngine, ledger: Ledger) -> None:
        self._inner = inner
        self._ledger = ledger
        self._asked: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)  # what DSPy wants to know of an engine, the gate tells

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def complete(self, request: Request) -> Response:
        self._ledger.check()
        texts = (str(request.system), *(message.text or "" for message in request.messages))
        key = blake2b("\x1f".join(texts).encode(errors="surrogatepass"), digest_size=16).digest()
        with self._lock:
            number = self._asked[key]
            self._asked[key] += 1
        return self._inner.complete(replace(request, config=replace(request.config, seed=number)))
