"""Every way in which a tool of the world refuses, and that it then changes nothing."""

import re
from typing import Any

import pytest

from tests.world.residents import Refusal, Resident
from toolgrad_dspy.world.errors import Conflict, InvalidArgument, NotFound, NotPermitted


def test_an_unknown_id_is_not_found(resident: Resident) -> None:
    for tool, argument in (
        ("get_place", "place_id"),
        ("find_nearest_stops", "place_id"),
        ("list_departures", "stop_id"),
        ("get_route", "route_id"),
        ("list_copies", "book_id"),
        ("reserve_copy", "copy_id"),
        ("renew_loan", "loan_id"),
        ("get_menu", "restaurant_id"),
        ("get_booking", "booking_id"),
        ("delete_entry", "entry_id"),
        ("get_contact", "contact_id"),
        ("get_event", "event_id"),
        ("return_tickets", "ticket_id"),
        ("track_parcel", "parcel_id"),
    ):
        refusal = resident.refused(tool, **{argument: "plc-none"})
        assert refusal.kind is NotFound, tool
        assert "'plc-none'" in refusal.text, tool


def test_a_table_cannot_be_booked_twice(resident: Resident) -> None:
    restaurant = resident("search_restaurants", cuisine="seafood")["restaurants"][0]["restaurant_id"]
    free = resident("list_free_tables", restaurant_id=restaurant, date="2026-05-20", party_size=4)["tables"][0]
    wanted = {"table_id": free["table_id"], "date": "2026-05-20", "party_size": 4}
    resident("book_table", **wanted, time=free["time"])
    refusal = resident.refused("book_table", **wanted, time=free["time"])
    assert refusal.kind is Conflict
    assert free["table_id"] in refusal.text
    still_free = resident("list_free_tables", restaurant_id=restaurant, date="2026-05-20", party_size=4)["tables"]
    assert free["table_id"] not in [table["table_id"] for table in still_free if table["time"] == free["time"]]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"time": "15:00"}, "15:00"),
        ({"date": "2026-05-11"}, "2026-05-11"),
        ({"date": "2026-09-01"}, "2026-09-01"),
        ({"party_size": 12}, "12"),
    ],
)
def test_a_booking_has_to_make_sense(resident: Resident, change: dict[str, Any], named: str) -> None:
    restaurant = resident("search_restaurants")["restaurants"][0]["restaurant_id"]
    free = resident("list_free_tables", restaurant_id=restaurant, date="2026-05-20", party_size=2)["tables"][0]
    wanted = {"table_id": free["table_id"], "date": "2026-05-20", "time": free["time"], "party_size": 2}
    refusal = resident.refused("book_table", **{**wanted, **change})
    assert refusal.kind is InvalidArgument
    assert named in refusal.text


def test_a_booking_of_a_friend_can_be_seen_but_not_cancelled(resident: Resident) -> None:
    texts = [m["text"] for m in resident("list_messages", unread_only=True, limit=50)["messages"]]
    number = next(match[0] for text in texts if (match := re.search(r"bk-\d{4}", text)))
    booking = resident("get_booking", booking_id=number)
    refusal = resident.refused("cancel_booking", booking_id=number)
    assert refusal.kind is NotPermitted
    assert number in refusal.text
    assert booking["booked_by"] in refusal.text
    assert resident("get_booking", booking_id=number) == booking


def test_a_cancelled_booking_stays_cancelled(resident: Resident) -> None:
    booking = resident("list_bookings")["bookings"][0]["booking_id"]
    resident("cancel_booking", booking_id=booking)
    assert resident.refused("cancel_booking", booking_id=booking).kind is Conflict
    assert resident.refused("change_booking", booking_id=booking, changes={"party_size": 1}).kind is Conflict
    assert booking not in [b["booking_id"] for b in resident("list_bookings", status="confirmed")["bookings"]]


def test_renewing_has_its_limits(resident: Resident) -> None:
    loans = resident("list_loans")["loans"]
    outcomes = {loan["loan_id"]: resident.observe("renew_loan", loan_id=loan["loan_id"]) for loan in loans}
    refusals = {loan_id: Refusal.read(outcome.text) for loan_id, outcome in outcomes.items() if outcome.error}
    assert {refusal.kind for refusal in refusals.values()} == {NotPermitted}
    # One is spent for good; the other two have a copy that somebody waits for, which is what their text names.
    spent = {loan["loan_id"] for loan in loans if loan["renewals"] == 2}
    copies = {loan["loan_id"]: loan["copy_id"] for loan in loans}
    assert {loan_id for loan_id, refusal in refusals.items() if loan_id in refusal.text} == spent
    assert sum(copies[loan_id] in refusal.text for loan_id, refusal in refusals.items()) == 2
    assert 0 < len(refusals) < len(loans)


def test_copies_are_reserved_by_one_reader_at_a_time_and_only_if_they_leave_the_house(resident: Resident) -> None:
    statuses: dict[str, str] = {}
    for book in resident("search_books", limit=50)["books"]:
        for copy in resident("list_copies", book_id=book["book_id"])["copies"]:
            statuses.setdefault(copy["status"], copy["copy_id"])
    assert resident.refused("reserve_copy", copy_id=statuses["reference"]).kind is NotPermitted
    resident("reserve_copy", copy_id=statuses["available"])
    assert resident.refused("reserve_copy", copy_id=statuses["available"]).kind is Conflict


def test_there_is_a_limit_to_reservations(resident: Resident) -> None:
    refusal = None
    for book in resident("search_books", limit=50)["books"]:
        for copy in resident("list_copies", book_id=book["book_id"], status="available")["copies"]:
            observation = resident.observe("reserve_copy", copy_id=copy["copy_id"])
            refusal = refusal or observation.error
    assert refusal is not None
    assert Refusal.read(refusal.message).kind is NotPermitted
    assert len(resident("list_reservations")["reservations"]) == 5


def test_a_reservation_is_collected_at_a_library(resident: Resident) -> None:
    cafe = resident("search_places", category="cafe")["places"][0]
    copies = [
        copy["copy_id"]
        for book in resident("search_books")["books"]
        for copy in resident("list_copies", book_id=book["book_id"], status="available")["copies"]
    ]
    refusal = resident.refused("reserve_copy", copy_id=copies[0], pickup_place_id=cafe["place_id"])
    assert refusal.kind is InvalidArgument
    assert cafe["name"] in refusal.text


def test_entries_do_not_overlap(resident: Resident) -> None:
    entry = next(
        e for e in resident("list_calendar")["entries"] if e["date"] > "2026-05-12" and e["organiser"] == "Robin Vale"
    )
    refusal = resident.refused("create_entry", title="Clash", date=entry["date"], start=entry["start"])
    assert refusal.kind is Conflict
    assert all(entry[key] in refusal.text for key in ("date", "start", "end"))
    resident("move_entry", entry_id=entry["entry_id"], date=entry["date"], start=entry["start"])


def test_only_the_organiser_moves_an_entry(resident: Resident) -> None:
    span = {"first": "2026-05-12", "last": "2026-05-25"}
    foreign = next(e for e in resident("list_calendar", date_range=span)["entries"] if e["organiser"] != "Robin Vale")
    for tool, more in (("delete_entry", {}), ("move_entry", {"date": "2026-05-30", "start": "10:00"})):
        refusal = resident.refused(tool, entry_id=foreign["entry_id"], **more)
        assert refusal.kind is NotPermitted
        assert foreign["organiser"] in refusal.text


def test_a_failed_write_leaves_nothing_behind(resident: Resident) -> None:
    span = {"first": "2026-05-30", "last": "2026-05-30"}
    half = {"title": "Half", "date": "2026-05-30", "start": "10:00", "attendee_ids": ["con-none"]}
    assert resident.refused("create_entry", **half).kind is NotFound
    assert resident("list_calendar", date_range=span)["entries"] == []


def test_some_people_have_blocked_the_user(resident: Resident) -> None:
    contacts = [c for page in (1, 2) for c in resident("find_contacts", limit=50, page=page)["contacts"]]
    refusals = [
        (Refusal.read(observation.error.message), contact["name"])
        for contact in contacts
        if (observation := resident.observe("send_message", contact_id=contact["contact_id"], text="hi")).error
    ]
    assert len(refusals) == 6
    assert all(refusal.kind is NotPermitted and name in refusal.text for refusal, name in refusals)


def test_an_answer_goes_to_the_one_who_wrote(resident: Resident) -> None:
    newest, *older = resident("list_messages", limit=50)["messages"]
    foreign = next(message for message in older if message["contact_id"] != newest["contact_id"])
    arguments = {"contact_id": newest["contact_id"], "text": "ok", "reply_to_message_id": foreign["message_id"]}
    assert resident.observe("send_message", **arguments).error is not None


def test_an_address_is_in_the_book_only_once(resident: Resident) -> None:
    person = resident("get_contact", contact_id=resident("find_contacts")["contacts"][0]["contact_id"])
    address = {"street": "Castle Street 3", "district": "Old Town"}
    refusal = resident.refused("add_contact", name="Twin", email=person["email"].upper(), address=address)
    assert refusal.kind is Conflict
    assert person["name"] in refusal.text


def test_tickets_run_out_and_do_not_always_go_back(resident: Resident) -> None:
    events = [
        resident("get_event", event_id=event["event_id"])
        for page in (1, 2)
        for event in resident("search_events", limit=50, page=page)["events"]
    ]
    sold_out = next(event for event in events if event["seats_left"] == 0)
    assert resident.refused("buy_tickets", event_id=sold_out["event_id"]).kind is Conflict
    scarce = next(event for event in events if event["seats_left"] == 1)
    assert resident.refused("buy_tickets", event_id=scarce["event_id"], seats=2).kind is Conflict
    resident("buy_tickets", event_id=scarce["event_id"], seats=1)
    held = resident("list_tickets")["tickets"]
    assert resident.refused("return_tickets", ticket_id=held[0]["ticket_id"]).kind is NotPermitted
    resident("return_tickets", ticket_id=held[-1]["ticket_id"])
    assert resident.refused("return_tickets", ticket_id=held[-1]["ticket_id"]).kind is Conflict


def test_a_parcel_that_has_arrived_is_not_redirected(resident: Resident) -> None:
    parcels = {parcel["status"]: parcel["parcel_id"] for parcel in resident("list_parcels")["parcels"]}
    office = resident("search_places", category="post_office")["places"][0]["place_id"]
    cafe = resident("search_places", category="cafe")["places"][0]["place_id"]
    assert resident.refused("redirect_parcel", parcel_id=parcels["delivered"], place_id=office).kind is Conflict
    to_a_cafe = resident.refused("redirect_parcel", parcel_id=parcels["in_transit"], place_id=cafe)
    assert to_a_cafe.kind is InvalidArgument
    late = {"parcel_id": parcels["in_transit"], "date": "2026-07-01"}
    assert resident.refused("schedule_delivery", **late).kind is InvalidArgument


def test_dates_that_make_no_sense_are_refused(resident: Resident) -> None:
    backwards = {"first": "2026-05-20", "last": "2026-05-14"}
    for tool in ("list_calendar", "search_events"):
        refusal = resident.refused(tool, date_range=backwards)
        assert refusal.kind is InvalidArgument
        assert "date_range" in refusal.text
    for date in ("2026-06-30", "9999-12-31", "0001-01-01"):
        refusal = resident.refused("get_forecast", district="Harbour", date=date, days=7)
        assert refusal.kind is NotFound
        assert date in refusal.text


def test_a_page_after_the_last_one_is_empty_however_far_it_is(resident: Resident) -> None:
    for tool in ("search_places", "search_events", "search_restaurants", "find_contacts"):
        near, far = (resident(tool, page=page) for page in (1000, 10**18))
        assert near == far
        assert far["next_page"] is None
        assert [value for value in far.values() if isinstance(value, list)] == [[]]


def test_no_day_is_warmer_than_any_number_and_every_day_is_warmer_than_none(resident: Resident) -> None:
    def days(**more: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = resident("find_fair_days", district="Harbour", max_rain_mm=100, **more)["days"]
        return found

    assert len(days()) == 14
    assert days(min_high_c=10**30) == []
    assert days(min_high_c=-(10**30)) == days()
    warm = [day for day in days() if day["high_c"] >= 15]
    assert days(min_high_c=15) == warm


def test_a_stale_cursor_is_refused(resident: Resident) -> None:
    for tool in ("search_books", "list_messages"):
        refusal = resident.refused(tool, cursor="pg-none")
        assert refusal.kind is InvalidArgument
        assert "'pg-none'" in refusal.text


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search_places", {"colour": "red"}),
        ("search_places", {"page": 0}),
        ("search_places", {"page": "1"}),
        ("search_places", {"district": "Atlantis"}),
        ("get_place", {}),
        ("get_forecast", {"district": "Harbour", "date": "tomorrow"}),
        ("get_forecast", {"district": "Harbour", "date": "2026-02-31"}),
        ("list_calendar", {"date_range": {"first": "2026-05-12"}}),
        ("plan_trip", {"from_stop_id": "a", "to_stop_id": "b", "when": {"around": "noon"}}),
    ],
)
def test_arguments_that_do_not_fit_the_schema_are_another_kind_of_error_than_refusals(
    resident: Resident, tool: str, arguments: dict[str, Any]
) -> None:
    error = resident.observe(tool, **arguments).error
    assert error is not None
    assert error.kind == "invalid_arguments"


def test_an_unknown_tool_is_another_kind_of_error_as_well(resident: Resident) -> None:
    error = resident.observe("fly").error
    assert error is not None
    assert error.kind == "unknown_tool"
