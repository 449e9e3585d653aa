"""An option that may stand without a value: ``--judge`` alone, or ``--judge minimality``."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from typer.core import TyperCommand


def optional_values(defaults: Mapping[str, str]) -> type[TyperCommand]:
    """A command class whose options in ``defaults`` get the value there when they stand without one.

    Typer has no such options. One stands alone when it is the last word, or another option follows.

        app.command("generate", cls=optional_values({"--judge": "all"}))(generate)
    """

    class OptionalValues(TyperCommand):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            given: list[str] = []
            for word, following in pairwise([*args, "-"]):
                given.append(word)
                if word in defaults and following.startswith("-"):
                    given.append(defaults[word])
            rest: list[str] = super().parse_args(ctx, given)
            return rest

    return OptionalValues
