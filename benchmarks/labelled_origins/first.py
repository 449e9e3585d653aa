"""The labelled conversations that the rules were tuned on."""

from benchmarks.labelled_origins.calls import Call, Conversation, given

CONVERSATIONS = (
    Conversation(
        "a shop: a return",
        "retail",
        (
            Call(
                "find_user_id_by_name_zip",
                {"first_name": "Noor", "last_name": "Brandt", "zip": "20354"},
                {"/first_name": "user", "/last_name": "user", "/zip": "user"},
                "noor_brandt_6137",
            ),
            Call(
                "get_user_details",
                {"user_id": "noor_brandt_6137"},
                {"/user_id": "s1 "},
                {
                    "name": {"first_name": "Noor", "last_name": "Brandt"},
                    "address": {"address1": "Kaistrasse 8", "city": "Hamburg", "country": "Germany", "zip": "20354"},
                    "email": "noor.b@example.org",
                    "payment_methods": {
                        "gift_card_4471209": {"source": "gift_card", "balance": 63},
                        "credit_card_9902114": {"source": "credit_card", "brand": "visa", "last_four": "1881"},
                    },
                    "orders": ["#W5918442", "#W2203917", "#W7740051"],
                },
            ),
            Call(
                "get_order_details",
                {"order_id": "#W2203917"},
                {"/order_id": "s2 /orders/1"},
                {
                    "order_id": "#W2203917",
                    "user_id": "noor_brandt_6137",
                    "status": "delivered",
                    "items": [
                        {"name": "Kettle", "item_id": "8142779083", "price": 47.85, "options": {"colour": "teal"}},
                        {"name": "Lamp", "item_id": "3390127764", "price": 122.4, "options": {"colour": "black"}},
                        {"name": "Rug", "item_id": "5514208891", "price": 210.15, "options": {"colour": "sand"}},
                    ],
                    "payment_history": [
                        {"type": "payment", "amount": 380.4, "payment_method_id": "credit_card_9902114"}
                    ],
                },
            ),
            Call(
                "return_delivered_order_items",
                {
                    "order_id": "#W2203917",
                    "item_ids": ["8142779083", "5514208891"],
                    "payment_method_id": "gift_card_4471209",
                    "comment": "the rug is too large",
                },
                {
                    "/order_id": "s2 /orders/1",
                    "/item_ids/0": "s3 /items/0/item_id",
                    "/item_ids/1": "s3 /items/2/item_id",
                    "/payment_method_id": "s2 /payment_methods/gift_card_4471209 key",
                    "/comment": "user",
                },
                {"order_id": "#W2203917", "status": "return requested", "refund": 258.0},
            ),
            Call(
                "send_certificate",
                {"user_id": given("s3", "/user_id"), "amount": 380.4, "expiry_days": 30},
                {
                    "/user_id": "s1 | s3 /user_id",
                    "/amount": "s3 /payment_history/0/amount",
                    "/expiry_days": "schema",
                },
                {"ok": True},
                {"expiry_days": {"type": "integer", "default": 30}},
            ),
            Call(
                "modify_user_address",
                {"user_id": "noor_brandt_6137", "city": "Hamburg", "country": "USA", "zip": "20354"},
                {
                    "/user_id": "s1 | s3 /user_id",
                    "/city": "s2 /address/city",
                    "/country": "user",
                    "/zip": "user < s2 /address/zip",
                },
                {"ok": True},
                {"country": {"type": "string", "description": "The country, such as 'USA'."}},
            ),
        ),
    ),
    Conversation(
        "a shop: another customer's address",
        "retail",
        (
            Call(
                "get_user_details",
                {"user_id": "omar_diaz_2210"},
                {"/user_id": "user"},
                {
                    "user_id": "omar_diaz_2210",
                    "address": {"city": "Reno", "country": "USA", "zip": "89501"},
                    "tier": "gold",
                },
            ),
            Call(
                "estimate_shipping",
                {"country": "USA", "zip": "89501", "weight": 3, "tier": "gold"},
                {"/country": "user", "/zip": "s1 /address/zip", "/weight": "user", "/tier": "s1 /tier"},
                {"price": "$342.81", "days": 3, "weight": 3, "country": "USA"},
                {"country": {"type": "string", "description": "Country of the address, e.g. USA or Canada"}},
            ),
            Call(
                "pay_invoice",
                {"user_id": given("s1", "/user_id"), "amount": 342.81, "days": 3, "weight": 3},
                {
                    "/user_id": "user < s1 /user_id",
                    "/amount": "s2 /price number_in",
                    "/days": "s2 /days",
                    "/weight": "user < s2 /weight",
                },
                {"paid": True},
            ),
        ),
    ),
    Conversation(
        "ids of other entities",
        "hr",
        (
            Call(
                "list_orders",
                {"limit": 5},
                {"/limit": "user"},
                {
                    "orders": [
                        {"id": 3, "amount": 1500, "customer": {"id": 12}},
                        {"id": 7, "amount": 88, "customer": {"id": 3}},
                    ]
                },
            ),
            Call("get_employee", {"id": 3}, {"/id": "user"}, {"id": 3, "name": "Ilse Kron", "department_id": 7}),
            Call(
                "get_order",
                {"id": 7},
                {"/id": "s1 /orders/1/id"},
                {"id": 7, "lines": [{"product": {"id": 41}, "count": 2}]},
            ),
            Call(
                "get_customer",
                {"customer_id": 12},
                {"/customer_id": "s1 /orders/0/customer/id"},
                {"name": "Kade Ltd", "city_id": 41},
            ),
            Call("get_product", {"product_id": 41}, {"/product_id": "s3 /lines/0/product/id"}, {"price": 19.5}),
            Call("get_department", {"id": 7}, {"/id": "s2 /department_id"}, {"title": "Sales", "budget": 10000}),
            Call(
                "list_employees",
                {"department": 7, "page": 2},
                {"/department": "s2 /department_id | s6 /department_id", "/page": "user"},
                [],
            ),
            Call(
                "raise_salary",
                {"employee_id": 3, "amount": 1500},
                {"/employee_id": "user < s2 /id", "/amount": "user | s1 /orders/0/amount"},
                {"ok": 1},
            ),
        ),
    ),
    Conversation(
        "round numbers and years",
        "geo",
        (
            Call(
                "get_city",
                {"city": "Velm"},
                {"/city": "user"},
                {"city": "Velm", "population": 1500, "founded": 1908, "elevation": 412},
            ),
            Call(
                "transfer",
                {"amount": 1500, "currency": "EUR"},
                {"/amount": "user", "/currency": "schema"},
                {"ok": True},
                {"currency": {"enum": ["EUR", "USD"]}},
            ),
            Call(
                "list_events",
                {"year": 1908, "city": given("s1", "/city")},
                {"/year": "user", "/city": "user < s1 /city"},
                [],
            ),
            Call(
                "find_cities",
                {"population": 1500, "max_results": 10000},
                {"/population": "s1 /population", "/max_results": "user"},
                [],
            ),
            Call("plan_hike", {"start": "Velm", "metres": 412}, {"/start": "user < s1 /city", "/metres": "user"}, {}),
        ),
    ),
    Conversation(
        "a calendar",
        "calendar",
        (
            Call(
                "search_events",
                {"text": "board meeting"},
                {"/text": "user"},
                {
                    "events": [
                        {
                            "event_id": "ev_2207",
                            "title": "Board meeting",
                            "start": "2026-05-13T14:10:00+02:00",
                            "end": "2026-05-13T15:40:00+02:00",
                            "attendees": ["ann.lee@example.org", "raj@example.org", "mia@example.org"],
                            "organiser": {"first_name": "Ann", "last_name": "Lee"},
                        }
                    ]
                },
            ),
            Call(
                "find_rooms",
                {"date": "2026-05-13", "start_time": "14:10", "end_time": "15:40", "seats": 3},
                {
                    "/date": "s1 /events/0/start date_of",
                    "/start_time": "s1 /events/0/start time_of",
                    "/end_time": "s1 /events/0/end time_of",
                    "/seats": "user",
                },
                {"rooms": [{"room_id": "rm_31", "name": "Elbe", "seats": 8}]},
            ),
            Call(
                "book_room",
                {
                    "room_id": given("s2", "/rooms/0/room_id"),
                    "day": "13 May",
                    "for_name": "Ann Lee",
                    "attendee_count": 3,
                },
                {
                    "/room_id": "s2 /rooms/0/room_id",
                    "/day": "s1 /events/0/start date_of",
                    "/for_name": "s1 /events/0/organiser/first_name + s1 /events/0/organiser/last_name joined",
                    "/attendee_count": "s1 /events/0/attendees count",
                },
                {"booking": "BK-88172", "note": "Key at the desk, code 5530-X"},
            ),
            Call(
                "send_mail",
                {
                    "to": "ann.lee@example.org,raj@example.org,mia@example.org",
                    "subject": "Room Elbe",
                    "body": "Your booking is BK-88172",
                },
                {
                    "/to": "s1 /events/0/attendees/0 + s1 /events/0/attendees/1 + s1 /events/0/attendees/2 joined",
                    "/subject": "user",
                    "/body": "user",
                },
                "sent",
            ),
            Call(
                "open_door",
                {"code": "5530-X", "booking": "BK-88172"},
                {"/code": "s3 /note", "/booking": "s3 /booking"},
                "ok",
            ),
        ),
    ),
    Conversation(
        "files",
        "filesystem",
        (
            Call(
                "list_directory",
                {"path": "docs/q2"},
                {"/path": "user"},
                "[FILE] sales_april.csv\n[FILE] notes.md\n[DIR] old",
            ),
            Call(
                "read_text_file",
                {"path": "docs/q2/sales_april.csv"},
                {"/path": "s1  path"},
                "region,amount\nnorth,1211.4\nsouth,880.25\nsee archive/2025/april_final.csv",
            ),
            Call("list_directory", {"path": "docs/q2/old"}, {"/path": "s1  path"}, "[FILE] a.txt"),
            Call("create_directory", {"path": "docs/q2/summary"}, {"/path": "user"}, "created docs/q2/summary"),
            Call(
                "move_file",
                {"source": "docs/q2/notes.md", "destination": "docs/q2/summary/notes.md"},
                {"/source": "s1  path", "/destination": "s1  path"},
                "moved",
            ),
            Call(
                "read_text_file",
                {"path": "archive/2025/april_final.csv", "head": 20},
                {"/path": "s2 ", "/head": "user"},
                "north,5",
            ),
            Call("list_directory", {"path": "docs/q2/summary"}, {"/path": "user < s4 "}, "[FILE] notes.md"),
        ),
    ),
    Conversation(
        "what no prompt showed",
        "warehouse",
        (
            Call(
                "list_parcels",
                {"depot": "North"},
                {"/depot": "user"},
                {
                    "parcels": [
                        {
                            "parcel": f"P{4000 + n * 37}-K",
                            "weight": 2.25 + n * 1.37,
                            "label": f"shelf label number {n}",
                        }
                        for n in range(90)
                    ]
                },
            ),
            Call(
                "weigh",
                {"parcel": "P4037-K", "weight": 3.62},
                {"/parcel": "s1 /parcels/1/parcel", "/weight": "s1 /parcels/1/weight"},
                {"ok": 1},
            ),
            Call("weigh", {"parcel": "P6960-K"}, {"/parcel": "user"}, {"ok": 1}),
            Call(
                "weigh",
                {"parcel": given("s1", "/parcels/79/parcel")},
                {"/parcel": "s1 /parcels/79/parcel"},
                {"ok": 1},
            ),
            Call(
                "relabel",
                {"label": "shelf label number 77", "weight": 107.74},
                {"/label": "user", "/weight": "user"},
                {"ok": 1},
            ),
        ),
    ),
    Conversation(
        "a trip: time stamps, sums and coordinates",
        "airline",
        (
            Call(
                "search_direct_flight",
                {"origin": "HAM", "destination": "LIS", "date": "2026-06-04"},
                {"/origin": "user", "/destination": "user", "/date": "user"},
                [
                    {
                        "flight_number": "TG0417",
                        "origin": "HAM",
                        "destination": "LIS",
                        "departs_at": "2026-06-04T07:25:00Z",
                        "arrives_at": "2026-06-04T10:50:00Z",
                        "price": 187.35,
                    },
                    {
                        "flight_number": "TG0933",
                        "origin": "HAM",
                        "destination": "LIS",
                        "departs_at": "2026-06-04T18:05:00Z",
                        "arrives_at": "2026-06-04T21:35:00Z",
                        "price": 142.9,
                    },
                ],
            ),
            Call(
                "book_reservation",
                {
                    "flights": [{"flight_number": "TG0417", "date": "2026-06-04"}],
                    "cabin": "economy",
                    "amount": 374.7,
                    "passengers": [{"first_name": "Ida"}, {"first_name": "Jon"}],
                },
                {
                    "/flights/0/flight_number": "s1 /0/flight_number",
                    "/flights/0/date": "user",
                    "/cabin": "schema",
                    "/amount": "user",
                    "/passengers/0/first_name": "user",
                    "/passengers/1/first_name": "user",
                },
                {
                    "reservation_id": "ZK4WQ8",
                    "cabin": "economy",
                    "url": "https://fly.example/r/ZK4WQ8/seats?pax=2",
                    "segments": [{"fare": 120.55, "tax": 66.8}, {"fare": 131.25, "tax": 56.1}],
                },
                {"cabin": {"enum": ["basic", "economy", "business"]}},
            ),
            Call(
                "order_taxi",
                {"time": "10:50", "date": "4 June 2026", "place": "LIS", "class": "economy"},
                {
                    "/time": "s1 /0/arrives_at time_of",
                    "/date": "user",
                    "/place": "user",
                    "/class": "user | schema < s2 /cabin",
                },
                {"where": {"lat": 38.7742, "lon": -9.1342}, "driver": "MENDES, Rui", "car": "Blue Seat"},
            ),
            Call(
                "nearby",
                {"at": "38.7742,-9.1342", "driver": "mendes, rui", "reservation": "ZK4WQ8"},
                {
                    "/at": "s3 /where/lat + s3 /where/lon joined",
                    "/driver": "s3 /driver case",
                    "/reservation": "s2 /reservation_id",
                },
                [],
            ),
            Call(
                "claim_refund",
                {"amount": 251.8, "lat": 38.77},
                {"/amount": "s2 /segments/0/fare + s2 /segments/1/fare sum", "/lat": "s3 /where/lat rounded"},
                {"ok": True},
            ),
        ),
    ),
    Conversation(
        "numbers as texts, and keys",
        "crm",
        (
            Call(
                "find_account",
                {"name": "Halden Works"},
                {"/name": "user"},
                {
                    "account": 482101,
                    "contacts": {"31": {"name": "Pia Holm", "phone": "+47 555 0134"}, "58": {"name": "Lars Moe"}},
                    "owner": "Kim",
                    "status": "active",
                },
            ),
            Call(
                "get_account",
                {"account_id": "482101"},
                {"/account_id": "s1 /account text_of"},
                {
                    "number": "482101",
                    "since": "2019-03-02",
                    "invoices": ["77120", "77121"],
                    "tags": "wholesale, nordic",
                },
            ),
            Call(
                "get_contact",
                {"contact_id": 31},
                {"/contact_id": "s1 /contacts/31 key"},
                {"id": 31, "last_call": 1778666400},
            ),
            Call(
                "call_back",
                {"name": "Pia", "number": "+47 555 0134", "status": "active"},
                {
                    "/name": "s1 /contacts/31/name part_of_name | s1 /contacts/31/name",
                    "/number": "s1 /contacts/31/phone",
                    "/status": "s1 /status",
                },
                "rang",
            ),
            Call(
                "get_invoice",
                {"invoice": 77121, "tag": "nordic", "mood": "active"},
                {"/invoice": "s2 /invoices/1 number_in", "/tag": "s2 /tags", "/mood": "user"},
                {"total": 5000},
            ),
            Call(
                "remind",
                {"account": {"$from": "s2", "$path": "/number"}, "text": "pay the invoice please", "fee": 31},
                {"/account": "s1 /account text_of", "/text": "user", "/fee": "user"},
                {"sent": 1},
            ),
        ),
    ),
)
