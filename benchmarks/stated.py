"""How often the rules are wrong about what a text states, in both directions.

    python benchmarks/stated.py [--part first | second | fresh | unseen | last | hard | all] [--show]

Reads ``benchmarks/wordings``: texts as people write them, each with the value of one argument, its name and schema,
and whether a careful reader would say that the text states the value. A date or moment without its year counts as
stated by its day and month; one that only an unknown today would fix ("next Friday") does not.

The two halves were written before the rules were tuned, and hold as many rows of each kind, language and direction,
none in common. Rules were tuned on the first alone, and the second was looked at once: 5.2 % false refusals and 5.4 %
false acceptances, above both goals. What it showed has been mended since, so that it is not unseen any more.

The part ``fresh``, 200 rows of the same sort, was written after that by an author who knew the first half alone, to
see what the rules are worth on what they have not seen: 19.8 % false refusals and 6.0 % false acceptances at the
first look. After these were mended, two more authors who knew the rules as little wrote ``unseen`` (220 rows) and
``last`` (200): 6.1 % and 23.8 % for the one, and, when that was mended, 10.5 % and 25.3 % for the other, always at
the first look. Most of what was accepted there says the value of another thing of the kind ("starts at 5:45, remind
me at 5"), which the rows of the halves seldom do. What each showed has been mended since, so that no part is unseen.
On wordings that were not seen the rules alone do not reach the goals; a model decides what they leave open.

The part ``hard`` was written afterwards to mislead, by authors who did not know the rules: values that only knowledge
of the world gives ("the language of Goethe"), and the words of a value in another sense ("I paid 80 for these", for
the price to ask). It shows where rules end and a model has to read, and has no goals. The first 420 of its rows were
looked at while the rules were mended; the other 281 gave 44.9 % and 39.2 % after that, before they were looked at.

Prints per kind, per language and in all the false refusals (stated, but no rule finds it), the false acceptances (not
stated, but a rule finds it) and the share that no rule finds, which is what a model is asked about. ``--show`` lists
the rows that are wrong. Enumerated and boolean arguments are asked of ``conveys``, all others of ``mentions``.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from toolgrad_dspy.provenance.statements import About, conveys, mentions

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.checks import Checks

WORDINGS = Path(__file__).parent / "wordings"
HALVES = ("first", "second")
PARTS = (*HALVES, "fresh", "unseen", "last", "hard")
FALSE_REFUSALS = 0.05
FALSE_ACCEPTANCES = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A row of the table. ``note`` tells why it is or is not stated, where that is not obvious."""

    text: str
    value: JsonValue
    name: str
    schema: dict[str, Any]
    stated: bool
    language: str
    kind: str
    note: str = ""

    @property
    def chosen(self) -> bool:
        """Whether the value is one of a few that the schema lists, or a yes or no."""
        return "enum" in self.schema or self.schema.get("type") == "boolean"

    def found(self) -> bool:
        """Whether the rules find the value in the text."""
        about = About(name=self.name, schema=self.schema)
        if self.chosen:
            return conveys(self.text, self.value, about) is not None
        return bool(mentions(self.text, self.value, about))


def wordings(part: str) -> list[Wording]:
    """The rows of one part, in the order of the file."""
    lines = (WORDINGS / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Wording(**json.loads(line)) for line in lines]


@dataclass(frozen=True, slots=True)
class Rates:
    """Some rows, each with whether the rules find its value."""

    judged: list[tuple[Wording, bool]]

    def by(self, key: Callable[[Wording], str]) -> dict[str, "Rates"]:
        """The same rows in groups, in the order in which the groups first occur."""
        groups: dict[str, list[tuple[Wording, bool]]] = {}
        for row, found in self.judged:
            groups.setdefault(key(row), []).append((row, found))
        return {name: Rates(judged) for name, judged in groups.items()}

    @property
    def refused(self) -> list[Wording]:
        return [row for row, found in self.judged if row.stated and not found]

    @property
    def accepted(self) -> list[Wording]:
        return [row for row, found in self.judged if found and not row.stated]

    @property
    def stated(self) -> int:
        return sum(row.stated for row, _ in self.judged)

    @property
    def refusals(self) -> float:
        """False refusals, as a share of the rows that are stated."""
        return len(self.refused) / (self.stated or 1)

    @property
    def acceptances(self) -> float:
        """False acceptances, as a share of the rows that are not stated."""
        return len(self.accepted) / ((len(self.judged) - self.stated) or 1)

    @property
    def left(self) -> float:
        """The share of all rows that no rule finds."""
        return sum(not found for _, found in self.judged) / (len(self.judged) or 1)

    def line(self, title: str) -> str:
        rest = len(self.judged) - self.stated
        refused = f"{len(self.refused):3} of {self.stated:3} {self.refusals:6.1%}"
        accepted = f"{len(self.accepted):3} of {rest:3} {self.acceptances:6.1%}"
        return f"{title:12} {len(self.judged):4}   {refused}   {accepted}   {self.left:6.1%}"


def titled(part: str) -> str:
    return f"{part} half" if part in HALVES else part


def told(part: str, rates: Rates) -> None:
    """Print the rates of each kind and language, and of all."""
    print(f"\n{titled(part):12} rows   false refusals      false acceptances   to a model")
    for groups in (rates.by(lambda row: row.kind), rates.by(lambda row: row.language), {"all": rates}):
        for name, group in groups.items():
            print(group.line(name))
        print()


def shown(rates: Rates) -> None:
    """Print the rows that are wrong."""
    for title, rows in (("refused", rates.refused), ("accepted", rates.accepted)):
        for row in rows:
            value = json.dumps(row.value, ensure_ascii=False)
            print(f"  {title:8} {row.language} {row.kind}: {row.name}={value}  {row.text}  {row.note}".rstrip())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=(*PARTS, "all"), default="all")
    parser.add_argument("--show", action="store_true", help="list the rows that are wrong")
    options = parser.parse_args()
    check = Checks()
    for part in PARTS if options.part == "all" else (options.part,):
        rates = Rates([(row, row.found()) for row in wordings(part)])
        told(part, rates)
        if options.show:
            shown(rates)
        if part in HALVES:
            check(f"{titled(part)}: false refusals", rates.refusals, "<=", FALSE_REFUSALS)
            check(f"{titled(part)}: false acceptances", rates.acceptances, "<=", FALSE_ACCEPTANCES)
    check.end()


if __name__ == "__main__":
    main()
