"""The wire formats, by name."""

from tests.support.model_servers.formats.anthropic import Anthropic
from tests.support.model_servers.formats.base import BadRequestError, WireAnswer, WireFormat
from tests.support.model_servers.formats.gemini import Gemini
from tests.support.model_servers.formats.ollama import Ollama
from tests.support.model_servers.formats.openai import OpenAI
from tests.support.model_servers.formats.vllm import VLLM

FORMATS: dict[str, WireFormat] = {wire.name: wire for wire in (OpenAI(), VLLM(), Anthropic(), Gemini(), Ollama())}

__all__ = ["FORMATS", "BadRequestError", "WireAnswer", "WireFormat"]
