"""``toolgrad-dspy doctor``."""

__all__: list[str] = []
