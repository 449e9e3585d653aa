"""Modules that are commands (``python -m toolgrad_dspy.generate``) beside functions of the same name.

Importing a submodule makes it an attribute of its package, where it would hide the function that the package exports.
So such a module can be called, and does what the function does.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class CommandModule(ModuleType):
    """A module that can be called: ``home`` is where the function of its name is."""

    home: str

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        function = getattr(import_module(self.home), self.__name__.rpartition(".")[2])
        return function(*arguments, **options)


def callable_as(module: str, home: str) -> None:
    """Let ``module`` be called as the function of its name in ``home``."""
    called = sys.modules[module]
    called.__class__ = CommandModule
    called.home = home  # type: ignore[attr-defined]  # of the class it has just got
