"""``toolgrad-dspy programs``."""

__all__: list[str] = []
