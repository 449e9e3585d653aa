"""Labelled conversations that came after the rules: no rule was changed by what they showed."""

from benchmarks.labelled_origins.calls import Call, Conversation, given

CONVERSATIONS = (
    Conversation(
        "a phone company",
        "telecom",
        (
            Call(
                "get_customer_by_phone",
                {"phone_number": "555-0142-908"},
                {"/phone_number": "user"},
                {
                    "customer_id": "C10277",
                    "full_name": "Hugo Sand",
                    "phone_number": "555-0142-908",
                    "lines": ["L2040", "L2051"],
                    "address": {"street": "Elm Row 4", "city": "Graz"},
                    "bills": [
                        {"bill_id": "B881", "due": 64.35, "issued": "2026-01-31"},
                        {"bill_id": "B902", "due": 71.1, "issued": "2026-02-28"},
                    ],
                },
            ),
            Call(
                "get_line",
                {"customer_id": "C10277", "line_id": "L2051"},
                {"/customer_id": "s1 /customer_id", "/line_id": "s1 /lines/1"},
                {
                    "line_id": "L2051",
                    "plan": {"id": 8, "name": "Roam 20", "data_gb": 20},
                    "used_gb": 17.25,
                    "roaming": False,
                },
            ),
            Call("get_plan", {"id": 8}, {"/id": "s2 /plan/id"}, {"id": 8, "price": "EUR 24.90", "data_gb": 20}),
            Call(
                "refuel",
                {"line_id": "L2051", "gb": 2},
                {"/line_id": "s1 /lines/1", "/gb": "user"},
                {"line_id": "L2051", "gb": 2, "cost": 4.4},
            ),
            Call(
                "pay",
                {
                    "customer_id": given("s1", "/customer_id"),
                    "amount": 135.45,
                    "city": "Graz",
                    "gb": given("s4", "/gb"),
                },
                {
                    "/customer_id": "s1 /customer_id",
                    "/amount": "s1 /bills/0/due + s1 /bills/1/due sum",
                    "/city": "s1 /address/city",
                    "/gb": "user < s4 /gb",
                },
                {"receipt": "R-2026-118"},
            ),
            Call(
                "quote",
                {"price": 24.9, "name": "Hugo Sand", "since": "31 January 2026", "id": 8},
                {
                    "/price": "s3 /price number_in",
                    "/name": "s1 /full_name",
                    "/since": "s1 /bills/0/issued date_of",
                    "/id": "user",
                },
                {},
            ),
        ),
    ),
    Conversation(
        "a hotel",
        "travel",
        (
            Call(
                "search_hotels",
                {"city": "Bergen", "stars": 4, "check_in": "2026-09-10", "nights": 3},
                {"/city": "user", "/stars": "user", "/check_in": "user", "/nights": "user"},
                {
                    "hotels": [
                        {
                            "hotel": {"id": 51, "name": "Fjordheim"},
                            "stars": 4,
                            "rate": 148.5,
                            "city": "Bergen",
                            "rooms_left": 3,
                        },
                        {
                            "hotel": {"id": 77, "name": "Bryggen Inn"},
                            "stars": 4,
                            "rate": 131.25,
                            "city": "Bergen",
                            "rooms_left": 9,
                        },
                    ]
                },
            ),
            Call(
                "get_hotel",
                {"hotel_id": 77},
                {"/hotel_id": "s1 /hotels/1/hotel/id"},
                {
                    "id": 77,
                    "checkin_from": "15:00",
                    "position": {"latitude": 60.3971, "longitude": 5.3245},
                    "contact": "BRYGGEN INN AS",
                    "pets": "yes",
                },
            ),
            Call(
                "book_hotel",
                {"hotel": 77, "check_in": "2026-09-10", "nights": 3, "rooms": 1, "guest": "Ivy Moss"},
                {
                    "/hotel": "s1 /hotels/1/hotel/id | s2 /id",
                    "/check_in": "user",
                    "/nights": "user",
                    "/rooms": "user",
                    "/guest": "user",
                },
                {
                    "confirmation": "BI-77-5502",
                    "nights": 3,
                    "guest": "Ivy Moss",
                    "arrival": "2026-09-10T15:00:00",
                    "departure": "2026-09-13T11:00:00",
                },
            ),
            Call(
                "nearby_sights",
                {"location": "60.3971, 5.3245", "city": given("s1", "/hotels/1/city")},
                {
                    "/location": "s2 /position/latitude + s2 /position/longitude joined",
                    "/city": "user < s1 /hotels/1/city",
                },
                {"sights": [{"id": 3, "name": "Floibanen"}]},
            ),
            Call(
                "book_transfer",
                {"pickup_date": "13 September", "pickup_time": "11:00", "people": 3, "to": "airport"},
                {
                    "/pickup_date": "s3 /departure date_of",
                    "/pickup_time": "s3 /departure time_of",
                    "/people": "user",
                    "/to": "user",
                },
                {"id": 3},
            ),
            Call("get_sight", {"id": 3}, {"/id": "s4 /sights/0/id"}, {"opens": "10:00"}),
            Call(
                "write_card",
                {"from": "Ivy", "to_hotel": "Bryggen Inn", "code": "BI-77-5502", "stay": given("s3", "/nights")},
                {
                    "/from": "user | s3 /guest part_of_name",
                    "/to_hotel": "s1 /hotels/1/hotel/name",
                    "/code": "s3 /confirmation",
                    "/stay": "user < s3 /nights",
                },
                {},
            ),
        ),
    ),
    Conversation(
        "a library and a disk",
        "library",
        (
            Call(
                "search_catalogue",
                {"author": "Lem"},
                {"/author": "user"},
                {
                    "books": [
                        {"isbn": "9780156027601", "title": "Solaris", "copies": 2, "shelf": "F-12", "year": 1961},
                        {
                            "isbn": "9780156904001",
                            "title": "The Cyberiad",
                            "copies": 1,
                            "shelf": "F-13",
                            "year": 1965,
                        },
                    ]
                },
            ),
            Call(
                "find_copies",
                {"isbn": "9780156027601"},
                {"/isbn": "s1 /books/0/isbn"},
                {"copies": {"cp_01": {"state": "in"}, "cp_02": {"state": "out"}}},
            ),
            Call(
                "reserve",
                {"copy_id": "cp_02", "weeks": 2},
                {"/copy_id": "s2 /copies/cp_02 key", "/weeks": "user"},
                {"reservation": 71844, "file": "/srv/slips/2026/slip_71844.pdf"},
            ),
            Call(
                "read_slip",
                {"path": "/srv/slips/2026/slip_71844.pdf"},
                {"/path": "s3 /file"},
                "Slip 71844, shelf F-12, pick up by 19 March",
            ),
            Call(
                "cancel",
                {"reservation_id": "71844", "year": 2026},
                {"/reservation_id": "s3 /reservation text_of | s4 ", "/year": "user"},
                {},
            ),
            Call(
                "find_shelf",
                {"shelf": "F-12", "floor": 2},
                {"/shelf": "s1 /books/0/shelf | s4 ", "/floor": "user"},
                {},
            ),
            Call(
                "list_books",
                {"year": 1965, "title": "the cyberiad"},
                {"/year": "s1 /books/1/year", "/title": "s1 /books/1/title case"},
                [],
            ),
            Call(
                "copy_file",
                {"name": "slip_71844.pdf", "folder": "backup"},
                {"/name": "s3 /file segment | s3 /file", "/folder": "user"},
                {},
            ),
        ),
    ),
)
