"""Searching for settings with Optuna: quality up, cost down."""

__all__: list[str] = []
