"""The user's library loans."""

from typing import Annotated, Any, Literal

from pydantic import Field

from toolgrad_dspy.world.clock import TODAY, day, shift
from toolgrad_dspy.world.database import ME, World
from toolgrad_dspy.world.errors import Conflict, NotPermitted
from toolgrad_dspy.world.parameters import Result
from toolgrad_dspy.world.registry import Toolbox

loans = Toolbox("library")

MAX_RENEWALS = 2
LOAN_DAYS = 21
FINE_PER_DAY = 0.25

LoanId = Annotated[str, Field(description="Id of the loan, as returned by list_loans.")]


class Loan(Result):
    loan_id: str
    copy_id: str
    book_id: str
    title: str
    due_date: str
    renewals: int
    overdue: bool


class Loans(Result):
    loans: list[Loan]


class ReturnedLoan(Result):
    loan_id: str
    title: str
    returned_on: str
    fine: float


@loans.reads
def list_loans(
    world: World,
    due: Annotated[
        Literal["all", "overdue", "within_a_week"], Field(description="Which loans to list, by when they are due.")
    ] = "all",
) -> Loans:
    """List the books you have on loan, with due dates and renewals."""
    first, last = {
        "all": ("0000-00-00", "9999-99-99"),
        "overdue": ("0000-00-00", day(-1)),
        "within_a_week": (TODAY, day(7)),
    }[due]
    listed = _loans(world, "AND contact_id = ? AND NOT returned AND due_date BETWEEN ? AND ?", ME, first, last)
    return Loans(loans=listed)


@loans.writes()
def renew_loan(world: World, loan_id: LoanId) -> Loan:
    """Renew one of your loans for three weeks; at most two times, and not when somebody waits for the copy."""
    loan = _my_loan(world, loan_id)
    if world.row("SELECT 1 FROM reservation WHERE copy_id = ? AND status = 'waiting'", loan["copy_id"]):
        raise NotPermitted(f"copy {loan['copy_id']} is reserved by another reader, so it cannot be renewed.")
    if loan["renewals"] >= MAX_RENEWALS:
        raise NotPermitted(f"loan {loan_id} has been renewed {MAX_RENEWALS} times already, which is the limit.")
    due_date = shift(max(loan["due_date"], TODAY), LOAN_DAYS)
    world.run("UPDATE loan SET due_date = ?, renewals = renewals + 1 WHERE loan_id = ?", due_date, loan_id)
    return _loans(world, "AND loan_id = ?", loan_id)[0]


@loans.writes(destructive=True, idempotent=True)
def return_loan(world: World, loan_id: LoanId) -> ReturnedLoan:
    """Return a borrowed book, and learn the fine if it is overdue."""
    loan = _my_loan(world, loan_id)
    awaited = world.row("SELECT 1 FROM reservation WHERE copy_id = ? AND status = 'waiting'", loan["copy_id"])
    world.run("UPDATE loan SET returned = 1 WHERE loan_id = ?", loan_id)
    world.run("UPDATE copy SET status = ? WHERE copy_id = ?", "on_hold" if awaited else "available", loan["copy_id"])
    days_late = world.number("SELECT max(0, julianday(?) - julianday(?))", TODAY, loan["due_date"])
    title = _loans(world, "AND loan_id = ?", loan_id)[0].title
    return ReturnedLoan(loan_id=loan_id, title=title, returned_on=TODAY, fine=round(FINE_PER_DAY * days_late, 2))


def _my_loan(world: World, loan_id: str) -> dict[str, Any]:
    loan = world.get("loan", loan_id)
    if loan["contact_id"] != ME:
        raise NotPermitted(f"loan {loan_id} is somebody else's.")
    if loan["returned"]:
        raise Conflict(f"loan {loan_id} was returned already.")
    return loan


def _loans(world: World, condition: str, *values: str) -> list[Loan]:
    return world.read(
        Loan,
        "SELECT loan_id, copy_id, book_id, title, due_date, renewals, due_date < ? AS overdue "
        "FROM loan JOIN copy USING (copy_id) JOIN book USING (book_id) "
        f"WHERE true {condition} ORDER BY due_date, loan_id",
        TODAY,
        *values,
    )
