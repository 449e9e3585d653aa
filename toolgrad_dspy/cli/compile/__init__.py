"""``toolgrad-dspy compile``."""

__all__: list[str] = []
