"""Secrets: variables in a configuration, what of it may be shown and stored, and what is masked in what is said."""

from toolgrad_dspy.secrets.entries import masked_args, masked_command, masked_entry, named_secrets
from toolgrad_dspy.secrets.masked import MASK, Masked, Secret
from toolgrad_dspy.secrets.redactor import SHORTEST, Hidden, Redactor
from toolgrad_dspy.secrets.urls import masked_segments, masked_url
from toolgrad_dspy.secrets.values import masked_secret, masked_value, secrets_in
from toolgrad_dspy.secrets.variables import expand, variables
from toolgrad_dspy.secrets.words import names_secret

__all__ = [  # noqa: RUF022 - grouped by topic
    # variables
    "expand",
    "variables",
    # what is shown of a configuration
    "MASK",
    "Masked",
    "Secret",
    "masked_args",
    "masked_command",
    "masked_entry",
    "masked_secret",
    "masked_segments",
    "masked_url",
    "masked_value",
    "named_secrets",
    "names_secret",
    "secrets_in",
    # what is said by others
    "SHORTEST",
    "Hidden",
    "Redactor",
]
