"""The chains that the tools are there for, each step fed by the one before."""

from typing import Any

from tests.world.residents import Resident


def test_from_a_place_to_a_journey(resident: Resident) -> None:
    museum = resident("search_places", category="museum", district="Harbour")["places"][0]
    cafe = resident("find_nearby_places", place_id=museum["place_id"], categories=["cafe"], radius_m=1500)["places"][
        0
    ]
    assert resident("get_place", place_id=cafe["place_id"])["address"] == cafe["address"]
    hotel = resident("search_places", category="hotel", district="Hillcrest")["places"][0]
    start = resident("find_nearest_stops", place_id=museum["place_id"])["stops"][0]
    goal = resident("find_nearest_stops", place_id=hotel["place_id"], limit=1)["stops"][0]
    trip = resident(
        "plan_trip",
        from_stop_id=start["stop_id"],
        to_stop_id=goal["stop_id"],
        date="2026-05-25",
        when={"arrive_by": "19:00"},
    )
    assert trip["arrives"] <= "19:00"
    assert trip["legs"][0]["from_stop_id"] == start["stop_id"]
    assert trip["legs"][-1]["to_stop_id"] == goal["stop_id"]
    assert all(a["to_stop_id"] == b["from_stop_id"] for a, b in zip(trip["legs"], trip["legs"][1:], strict=False))
    route = resident("get_route", route_id=trip["legs"][0]["route_id"])
    assert start["stop_id"] in [stop["stop_id"] for stop in route["stops"]]
    departures = resident("list_departures", stop_id=start["stop_id"], date="2026-05-25", after="18:00")
    assert departures["departures"]


def test_any_two_stops_are_connected_with_two_changes_at_most(resident: Resident) -> None:
    stops = [stop["stop_id"] for stop in resident("search_stops")["stops"]]
    for start in stops[::3]:
        for goal in stops:
            if start != goal:
                trip = resident("plan_trip", from_stop_id=start, to_stop_id=goal, date="2026-05-25")
                assert trip["changes"] <= 2
                assert trip["departs"] < trip["arrives"]


def test_a_journey_names_the_disruptions_of_its_lines(resident: Resident) -> None:
    for disruption in resident("list_disruptions")["disruptions"]:
        stops = resident("get_route", route_id=disruption["route_id"])["stops"]
        ends = {"from_stop_id": stops[0]["stop_id"], "to_stop_id": stops[1]["stop_id"]}
        during = resident("plan_trip", **ends, date=disruption["first_day"])
        assert disruption["disruption_id"] in during["disruption_ids"]
        assert resident("plan_trip", **ends, date="2026-05-25")["disruption_ids"] == []
        assert disruption in resident("list_disruptions", date=disruption["last_day"])["disruptions"]


def test_an_earlier_arrival_is_never_missed_by_arriving_by_it(resident: Resident) -> None:
    stops = [stop["stop_id"] for stop in resident("search_stops")["stops"]]
    for start, goal in zip(stops[::2], stops[1::2], strict=True):
        route = {"from_stop_id": start, "to_stop_id": goal, "date": "2026-05-25"}
        first = resident("plan_trip", **route, when={"depart_after": "12:00"})
        again = resident("plan_trip", **route, when={"arrive_by": first["arrives"]})
        assert again["arrives"] <= first["arrives"]
        assert again["departs"] >= first["departs"]


def test_from_a_restaurant_to_a_calendar_entry_and_back(resident: Resident) -> None:
    restaurant = resident("search_restaurants", cuisine="italian", district="Riverside", diets=["vegetarian"])
    restaurant = restaurant["restaurants"][0]
    assert resident("get_menu", restaurant_id=restaurant["restaurant_id"], diet="vegetarian")["dishes"]
    table = resident(
        "list_free_tables",
        restaurant_id=restaurant["restaurant_id"],
        date="2026-05-15",
        party_size=2,
        when={"earliest": "18:00", "latest": "20:00"},
    )["tables"][0]
    booking = resident("book_table", table_id=table["table_id"], date=table["date"], time=table["time"], party_size=2)
    assert resident("get_booking", booking_id=booking["booking_id"]) == booking
    assert booking in resident("list_bookings")["bookings"]
    guest = resident("find_contacts", name="Greta")["contacts"][0]
    entry = resident(
        "create_entry",
        title="Dinner",
        date="2026-05-24",
        start="19:00",
        place_id=booking["place_id"],
        attendee_ids=[guest["contact_id"]],
        reminder={"minutes_before": 45, "channel": "email"},
    )
    assert entry["place"] == restaurant["name"]
    assert entry["attendees"] == [{"contact_id": guest["contact_id"], "name": guest["name"]}]
    moved = resident("move_entry", entry_id=entry["entry_id"], date="2026-05-24", start="20:00")
    assert (moved["start"], moved["end"]) == ("20:00", "21:00")
    day = {"first": "2026-05-24", "last": "2026-05-24"}
    assert moved in resident("list_calendar", date_range=day)["entries"]
    assert resident("delete_entry", entry_id=entry["entry_id"])["deleted"]
    assert moved not in resident("list_calendar", date_range=day)["entries"]
    changed = resident("change_booking", booking_id=booking["booking_id"], changes={"party_size": 1})
    assert (changed["party_size"], changed["time"]) == (1, booking["time"])
    assert resident("cancel_booking", booking_id=booking["booking_id"])["status"] == "cancelled"
    free = resident("list_free_tables", restaurant_id=restaurant["restaurant_id"], date="2026-05-15", party_size=2)
    assert free["tables"]


def test_from_a_book_to_a_reservation(resident: Resident) -> None:
    books = resident("search_books", genre="science", limit=50)["books"]
    copies = [c for b in books for c in resident("list_copies", book_id=b["book_id"], status="available")["copies"]]
    reservation = resident("reserve_copy", copy_id=copies[0]["copy_id"])
    assert reservation["status"] == "ready"
    assert reservation in resident("list_reservations")["reservations"]
    assert resident("get_place", place_id=reservation["place_id"])["category"] == "library"
    resident("cancel_reservation", reservation_id=reservation["reservation_id"])
    assert reservation not in resident("list_reservations")["reservations"]
    branch = next(c["place_id"] for c in copies if c["place_id"] != copies[1]["place_id"])
    elsewhere = resident("reserve_copy", copy_id=copies[1]["copy_id"], pickup_place_id=branch)
    assert (elsewhere["status"], elsewhere["pickup_from"]) == ("waiting", "2026-05-14")


def test_loans_are_renewed_and_returned(resident: Resident) -> None:
    loans = resident("list_loans")["loans"]
    overdue = resident("list_loans", due="overdue")["loans"]
    assert overdue
    assert all(loan["overdue"] and loan in loans for loan in overdue)
    renewed = resident("renew_loan", loan_id=overdue[0]["loan_id"])
    assert (renewed["renewals"], renewed["due_date"], renewed["overdue"]) == (1, "2026-06-02", False)
    returned = resident("return_loan", loan_id=overdue[1]["loan_id"])
    assert returned["fine"] == 0.25
    assert overdue[1]["loan_id"] not in [loan["loan_id"] for loan in resident("list_loans")["loans"]]


def test_from_a_contact_to_a_message_and_its_answer(resident: Resident) -> None:
    received = resident("list_messages", unread_only=True, limit=50)["messages"]
    for message in received:
        sent = resident.observe(
            "send_message", contact_id=message["contact_id"], text="Yes.", reply_to_message_id=message["message_id"]
        )
        if sent.error is None:
            break
    answer: Any = sent.content
    assert answer["reply_to"] == message["message_id"]
    unread = resident("list_messages", unread_only=True, limit=50)["messages"]
    assert len(unread) == len(received) - 1
    newest = resident("list_messages", contact_id=message["contact_id"])["messages"][0]
    assert newest["message_id"] == answer["message_id"]


def test_a_new_contact_can_be_written_to(resident: Resident) -> None:
    address = {"street": "Willow Walk 12", "district": "Riverside"}
    person = resident("add_contact", name="Lena Hartmann", email="Lena.Hartmann@post.example", address=address)
    assert person["email"] == "lena.hartmann@post.example"
    assert resident("get_contact", contact_id=person["contact_id"]) == person
    assert resident("send_message", contact_id=person["contact_id"], text="Welcome!")["name"] == "Lena Hartmann"


def test_from_the_weather_to_an_event_to_tickets(resident: Resident) -> None:
    days = resident("find_fair_days", district="Hillcrest", max_rain_mm=50)["days"]
    span = {"first": days[0]["date"], "last": days[-1]["date"]}
    concerts = resident("search_events", kind="concert", date_range=span, limit=50)["events"]
    events = [resident("get_event", event_id=concert["event_id"]) for concert in concerts]
    event = next(event for event in events if event["seats_left"] >= 2 and event["date"] > "2026-05-14")
    ticket = resident("buy_tickets", event_id=event["event_id"], seats=2)
    assert ticket["total_price"] == 2 * event["price"]
    assert resident("get_event", event_id=event["event_id"])["seats_left"] == event["seats_left"] - 2
    assert ticket in resident("list_tickets")["tickets"]
    assert resident("return_tickets", ticket_id=ticket["ticket_id"])["status"] == "returned"
    assert resident("get_event", event_id=event["event_id"])["seats_left"] == event["seats_left"]


def test_a_parcel_is_redirected_to_a_post_office(resident: Resident) -> None:
    first, second = resident("list_parcels", status="in_transit")["parcels"][:2]
    office = resident("search_places", category="post_office", district="Millside")["places"][0]
    redirected = resident("redirect_parcel", parcel_id=first["parcel_id"], place_id=office["place_id"])
    assert redirected["place"] == office["name"]
    assert resident("track_parcel", parcel_id=first["parcel_id"]) == redirected
    later = resident("schedule_delivery", parcel_id=second["parcel_id"], date="2026-05-20", time_of_day="evening")
    assert later["expected_date"] == "2026-05-20"
    assert later["scans"][-1]["what"] == "delivery set to 2026-05-20, evening"


def test_free_time_shrinks_with_the_people_who_join(resident: Resident) -> None:
    people = [c["contact_id"] for c in resident("find_contacts", limit=50)["contacts"]]
    alone = resident("find_free_time", date="2026-05-13", duration_minutes=30)["slots"]
    together = resident("find_free_time", date="2026-05-13", duration_minutes=30, contact_ids=people)["slots"]

    def minutes(slots: list[dict[str, str]]) -> int:
        def of(time: str) -> int:
            return int(time[:2]) * 60 + int(time[3:])

        return sum(of(slot["end"]) - of(slot["start"]) for slot in slots)

    assert 0 <= minutes(together) < minutes(alone)
    slot = alone[0]
    resident("create_entry", title="Walk", date=slot["date"], start=slot["start"], duration_minutes=30)


def test_opening_hours_follow_the_weekday(resident: Resident) -> None:
    shop = next(
        place["place_id"]
        for place in resident("search_places", category="museum")["places"]
        if not resident("get_opening_hours", place_id=place["place_id"], date="2026-05-17")["open"]
        or not resident("get_opening_hours", place_id=place["place_id"], date="2026-05-18")["open"]
    )
    week = [resident("get_opening_hours", place_id=shop, date=f"2026-05-{day}") for day in range(12, 19)]
    assert sum(not hours["open"] for hours in week) == 1
    assert all((hours["opens"] is None) == (not hours["open"]) for hours in week)


def test_pages_cover_everything_once(resident: Resident) -> None:
    seen: list[str] = []
    page: int | None = 1
    while page is not None:
        result = resident("search_places", district="Harbour", limit=7, page=page)
        seen += [place["place_id"] for place in result["places"]]
        page = result["next_page"]
    assert len(seen) == len(set(seen)) == result["total"]


def test_cursors_cover_everything_once(resident: Resident) -> None:
    for tool, items, key, size in (
        ("search_books", "books", "book_id", 200),
        ("list_messages", "messages", "message_id", 49),
    ):
        seen: list[str] = []
        cursor = None
        while True:
            result = resident(tool, limit=13, cursor=cursor)
            seen += [item[key] for item in result[items]]
            cursor = result["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == size


def test_a_search_takes_words_in_any_order_and_no_wildcards(resident: Resident) -> None:
    books = resident("search_books", text="holt MAREN", limit=50)["books"]
    assert books
    assert {book["author"] for book in books} == {"Maren Holt"}
    both = resident("search_books", text=f"holt {books[0]['title']}")["books"]
    assert books[0] in both
    for tool, parameter, items in (
        ("search_places", "text", "places"),
        ("search_stops", "text", "stops"),
        ("find_contacts", "name", "contacts"),
    ):
        assert resident(tool, **{parameter: "%"})[items] == []


def test_some_searches_find_nothing_and_that_is_no_error(resident: Resident) -> None:
    assert resident("search_places", text="Volcano") == {"places": [], "total": 0, "next_page": None}
    assert resident("find_fair_days", district="Harbour", max_rain_mm=0, min_high_c=40)["days"] == []
    stop = resident("search_stops", text="Market Square")["stops"][0]
    assert resident("list_departures", stop_id=stop["stop_id"], after="23:59")["departures"] == []
