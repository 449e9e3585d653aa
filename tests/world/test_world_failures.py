"""Every way in which a tool of the world refuses, and that it then changes nothing."""

import re

import pytest


def test_an_unknown_id_is_not_found(resident):
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
        message = resident.refused(tool, **{argument: "plc-none"})
        assert re.fullmatch(r"Not found: no \w+ has the id 'plc-none'\.", message), (tool, message)


def test_a_table_cannot_be_booked_twice(resident):
    restaurant = resident("search_restaurants", cuisine="seafood")["restaurants"][0]["restaurant_id"]
    free = resident("list_free_tables", restaurant_id=restaurant, date="2026-05-20", party_size=4)["tables"][0]
    wanted = {"table_id": free["table_id"], "date": "2026-05-20", "party_size": 4}
    resident("book_table", **wanted, time=free["time"])
    message = resident.refused("book_table", **wanted, time=free["time"])
    assert (
        message == f"Conflict: table {free['table_id']} for {free['seats']} at {free['time']} on 2026-05-20 is taken."
    )
    still_free = resident("list_free_tables", restaurant_id=restaurant, date="2026-05-20", party_size=4)["tables"]
    assert free["table_id"] not in [table["table_id"] for table in still_free if table["time"] == free["time"]]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"time": "15:00"}, "tables are seated at"),
        ({"date": "2026-05-11"}, "in the past"),
        ({"date": "2026-09-01"}, "too far ahead"),
        ({"party_size": 12}, "seats"),
    ],
)
def test_a_booking_has_to_make_sense(resident, change, problem):
    restaurant = resident("search_restaurants")["restaurants"][0]["restaurant_id"]
    free = resident("list_free_tables", restaurant_id=restaurant, date="2026-05-20", party_size=2)["tables"][0]
    wanted = {"table_id": free["table_id"], "date": "2026-05-20", "time": free["time"], "party_size": 2}
    message = resident.refused("book_table", **{**wanted, **change})
    assert message.startswith("Invalid argument: ")
    assert problem in message


def test_a_booking_of_a_friend_can_be_seen_but_not_cancelled(resident):
    texts = [m["text"] for m in resident("list_messages", unread_only=True, limit=50)["messages"]]
    number = next(match[0] for text in texts if (match := re.search(r"bk-\d{4}", text)))
    booking = resident("get_booking", booking_id=number)
    message = resident.refused("cancel_booking", booking_id=number)
    assert (
        message
        == f"Not permitted: booking {number} is held by {booking['booked_by']}, who alone may change or cancel it."
    )
    assert resident("get_booking", booking_id=number) == booking


def test_a_cancelled_booking_stays_cancelled(resident):
    booking = resident("list_bookings")["bookings"][0]["booking_id"]
    resident("cancel_booking", booking_id=booking)
    assert resident.refused("cancel_booking", booking_id=booking).startswith("Conflict: ")
    assert resident.refused("change_booking", booking_id=booking, changes={"party_size": 1}).startswith("Conflict: ")
    assert booking not in [b["booking_id"] for b in resident("list_bookings", status="confirmed")["bookings"]]


def test_renewing_has_its_limits(resident):
    loans = resident("list_loans")["loans"]
    outcomes = {loan["loan_id"]: resident.observe("renew_loan", loan_id=loan["loan_id"]) for loan in loans}
    refusals = {loan_id: outcome.text for loan_id, outcome in outcomes.items() if outcome.error}
    spent = {loan["loan_id"] for loan in loans if loan["renewals"] == 2}
    assert {loan_id for loan_id, text in refusals.items() if text.endswith("which is the limit.")} == spent
    assert all(text.startswith("Not permitted: ") for text in refusals.values())
    assert sum("reserved by another reader" in text for text in refusals.values()) == 2
    assert 0 < len(refusals) < len(loans)


def test_copies_are_reserved_by_one_reader_at_a_time_and_only_if_they_leave_the_house(resident):
    statuses: dict[str, str] = {}
    for book in resident("search_books", limit=50)["books"]:
        for copy in resident("list_copies", book_id=book["book_id"])["copies"]:
            statuses.setdefault(copy["status"], copy["copy_id"])
    message = resident.refused("reserve_copy", copy_id=statuses["reference"])
    assert message == f"Not permitted: copy {statuses['reference']} is for reading in the library only."
    resident("reserve_copy", copy_id=statuses["available"])
    assert "already reserved" in resident.refused("reserve_copy", copy_id=statuses["available"])


def test_there_is_a_limit_to_reservations(resident):
    refusal = None
    for book in resident("search_books", limit=50)["books"]:
        for copy in resident("list_copies", book_id=book["book_id"], status="available")["copies"]:
            observation = resident.observe("reserve_copy", copy_id=copy["copy_id"])
            refusal = refusal or observation.error
    assert refusal is not None
    assert refusal.message == "Not permitted: you have 5 reservations already, which is the limit."
    assert len(resident("list_reservations")["reservations"]) == 5


def test_a_reservation_is_collected_at_a_library(resident):
    cafe = resident("search_places", category="cafe")["places"][0]
    copies = [
        copy["copy_id"]
        for book in resident("search_books")["books"]
        for copy in resident("list_copies", book_id=book["book_id"], status="available")["copies"]
    ]
    message = resident.refused("reserve_copy", copy_id=copies[0], pickup_place_id=cafe["place_id"])
    assert message == f"Invalid argument: {cafe['name']} is not a library branch."


def test_entries_do_not_overlap(resident):
    entry = next(
        e for e in resident("list_calendar")["entries"] if e["date"] > "2026-05-12" and e["organiser"] == "Robin Vale"
    )
    message = resident.refused("create_entry", title="Clash", date=entry["date"], start=entry["start"])
    assert message == (
        f"Conflict: you have another entry on {entry['date']} from {entry['start']} to {entry['end']}."
    )
    resident("move_entry", entry_id=entry["entry_id"], date=entry["date"], start=entry["start"])


def test_only_the_organiser_moves_an_entry(resident):
    span = {"first": "2026-05-12", "last": "2026-05-25"}
    foreign = next(e for e in resident("list_calendar", date_range=span)["entries"] if e["organiser"] != "Robin Vale")
    for tool, more in (("delete_entry", {}), ("move_entry", {"date": "2026-05-30", "start": "10:00"})):
        message = resident.refused(tool, entry_id=foreign["entry_id"], **more)
        assert message.startswith(f"Not permitted: only the organiser, {foreign['organiser']}, ")


def test_a_failed_write_leaves_nothing_behind(resident):
    span = {"first": "2026-05-30", "last": "2026-05-30"}
    message = resident.refused(
        "create_entry", title="Half", date="2026-05-30", start="10:00", attendee_ids=["con-none"]
    )
    assert message.startswith("Not found: ")
    assert resident("list_calendar", date_range=span)["entries"] == []


def test_some_people_have_blocked_the_user(resident):
    contacts = [c for page in (1, 2) for c in resident("find_contacts", limit=50, page=page)["contacts"]]
    refusals = [
        observation.error.message
        for contact in contacts
        if (observation := resident.observe("send_message", contact_id=contact["contact_id"], text="hi")).error
    ]
    assert len(refusals) == 6
    assert all(re.fullmatch(r"Not permitted: [\w ]+ has blocked messages from you\.", text) for text in refusals)


def test_an_answer_goes_to_the_one_who_wrote(resident):
    first, *others = resident("list_messages", limit=50)["messages"]
    other = next(m for m in others if m["contact_id"] != first["contact_id"])
    arguments = {"contact_id": first["contact_id"], "text": "ok", "reply_to_message_id": other["message_id"]}
    assert resident.observe("send_message", **arguments).error is not None


def test_an_address_is_in_the_book_only_once(resident):
    person = resident("get_contact", contact_id=resident("find_contacts")["contacts"][0]["contact_id"])
    address = {"street": "Castle Street 3", "district": "Old Town"}
    message = resident.refused("add_contact", name="Twin", email=person["email"].upper(), address=address)
    assert message == f"Conflict: {person['email'].upper()} already belongs to {person['name']}."


def test_tickets_run_out_and_do_not_always_go_back(resident):
    events = [
        resident("get_event", event_id=event["event_id"])
        for page in (1, 2)
        for event in resident("search_events", limit=50, page=page)["events"]
    ]
    sold_out = next(event for event in events if event["seats_left"] == 0)
    assert resident.refused("buy_tickets", event_id=sold_out["event_id"]).endswith("is sold out.")
    scarce = next(event for event in events if event["seats_left"] == 1)
    assert "only 1 seats are left" in resident.refused("buy_tickets", event_id=scarce["event_id"], seats=2)
    held = resident("list_tickets")["tickets"]
    assert "Not permitted" in resident.refused("return_tickets", ticket_id=held[0]["ticket_id"])
    resident("return_tickets", ticket_id=held[1]["ticket_id"])
    assert "Conflict" in resident.refused("return_tickets", ticket_id=held[1]["ticket_id"])


def test_a_parcel_that_has_arrived_is_not_redirected(resident):
    parcels = {parcel["status"]: parcel["parcel_id"] for parcel in resident("list_parcels")["parcels"]}
    office = resident("search_places", category="post_office")["places"][0]["place_id"]
    cafe = resident("search_places", category="cafe")["places"][0]["place_id"]
    assert "Conflict" in resident.refused("redirect_parcel", parcel_id=parcels["delivered"], place_id=office)
    assert "not a post office" in resident.refused("redirect_parcel", parcel_id=parcels["in_transit"], place_id=cafe)
    late = {"parcel_id": parcels["in_transit"], "date": "2026-07-01"}
    assert "Invalid argument" in resident.refused("schedule_delivery", **late)


def test_dates_that_make_no_sense_are_refused(resident):
    backwards = {"first": "2026-05-20", "last": "2026-05-14"}
    for tool in ("list_calendar", "search_events"):
        assert resident.refused(tool, date_range=backwards).startswith("Invalid argument: date_range ends")
    assert "no forecast" in resident.refused("get_forecast", district="Harbour", date="2026-06-30")


def test_a_stale_cursor_is_refused(resident):
    for tool in ("search_books", "list_messages"):
        assert resident.refused(tool, cursor="pg-none").startswith("Invalid argument: 'pg-none' is not a next_cursor")


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
def test_arguments_that_do_not_fit_the_schema_are_told_apart_from_refusals(resident, tool, arguments):
    error = resident.observe(tool, **arguments).error
    assert error is not None
    assert error.kind == "invalid_arguments"


def test_an_unknown_tool_is_told_apart_as_well(resident):
    error = resident.observe("fly").error
    assert error is not None
    assert error.kind == "unknown_tool"
