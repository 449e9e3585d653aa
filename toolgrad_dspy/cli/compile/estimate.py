"""What ``compile --dry-run`` prints."""

from typing import TYPE_CHECKING

from toolgrad_dspy.cli.output import figure, say, say_json, table

if TYPE_CHECKING:
    from toolgrad_dspy.compiling import CompileEstimate

# Of an Estimate's figures, those that a compile is asked about.
FIGURES = ("LM calls", "tokens", "tool calls", "US dollars")


def say_estimate(guess: "CompileEstimate", json: bool) -> None:
    """The estimate as a table, or as JSON."""
    if json:
        say_json(guess.data())
        return
    stages = guess.stages
    rows: list[tuple[object, ...]] = [
        ("sessions", *(stage.sessions for stage in stages.values()), sum(s.sessions for s in stages.values()), None)
    ]
    for name in FIGURES:
        each = [stage.figures[name] for stage in stages.values()]
        rows.append((name, *map(figure, (*each, sum(each), guess.total.total(name)[1]))))
    minutes = [stage.minutes for stage in stages.values()]
    rows.append(("minutes", *map(figure, (*minutes, guess.minutes)), None))
    say(table(("figure", *stages, "total", "+-"), rows))
    say()
    say(f"from {guess.total.sessions} sessions, {guess.total.accepted} of them accepted; nothing is stored")
    say("the calls of the role reflection come on top: one for each instruction that an optimizer tries")
    if guess.total.unpriced:
        say(f"the dollars leave out {guess.total.unpriced} calls without a known price; see TOOLGRAD_PRICES")
