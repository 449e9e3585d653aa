"""Holding answers to a schema: which one, for which model, in what dialect.

Whoever asks says what the fields of the answer are, as far as the signature leaves that open:

    with holding(lambda: {"proposals": proposals_schema(tools, 3, ("s1", "#1"))}):
        answer = await ask(predictor, signature, models, "proposer", ...)
"""

from toolgrad_dspy.lm.schemas.compose import answer_schema
from toolgrad_dspy.lm.schemas.holding import Held, held, holding
from toolgrad_dspy.lm.schemas.policy import FIXED, SchemaPolicy, dialect_of, is_local, schema_policy
from toolgrad_dspy.lm.schemas.unprobed import unprobed_notes

__all__ = [
    "FIXED",
    "Held",
    "SchemaPolicy",
    "answer_schema",
    "dialect_of",
    "held",
    "holding",
    "is_local",
    "schema_policy",
    "unprobed_notes",
]
