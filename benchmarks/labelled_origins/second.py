"""The labelled conversations that the rules were measured on before their last changes."""

from benchmarks.labelled_origins.calls import Call, Conversation, given

CONVERSATIONS = (
    Conversation(
        "an airline: a change",
        "airline",
        (
            Call(
                "get_user_details",
                {"user_id": "sofia_kim_7287"},
                {"/user_id": "user"},
                {
                    "name": {"first_name": "Sofia", "last_name": "Kim"},
                    "dob": "1988-09-17",
                    "saved_passengers": [{"first_name": "Leo", "last_name": "Kim", "dob": "2015-02-03"}],
                    "payment_methods": {
                        "certificate_7504069": {"amount": 250},
                        "credit_card_4421486": {"brand": "visa"},
                    },
                    "reservations": ["4WQ150", "VAAOXJ"],
                    "membership": "silver",
                },
            ),
            Call(
                "get_reservation_details",
                {"reservation_id": "VAAOXJ"},
                {"/reservation_id": "s1 /reservations/1"},
                {
                    "reservation_id": "VAAOXJ",
                    "user_id": "sofia_kim_7287",
                    "cabin": "economy",
                    "flights": [
                        {"flight_number": "HAT170", "date": "2026-05-22", "price": 113},
                        {"flight_number": "HAT022", "date": "2026-05-27", "price": 149},
                    ],
                    "passengers": [{"first_name": "Sofia", "last_name": "Kim", "dob": "1988-09-17"}],
                    "total_baggages": 2,
                },
            ),
            Call(
                "search_onestop_flight",
                {"origin": "JFK", "destination": "SEA", "date": "2026-05-22"},
                {"/origin": "user", "/destination": "user", "/date": "s2 /flights/0/date"},
                [
                    [
                        {"flight_number": "HAT069", "scheduled": "2026-05-22T06:00:00"},
                        {"flight_number": "HAT083", "scheduled": "2026-05-22T13:40:00"},
                    ]
                ],
            ),
            Call(
                "update_reservation_flights",
                {
                    "reservation_id": "VAAOXJ",
                    "cabin": "business",
                    "payment_id": "credit_card_4421486",
                    "flights": [
                        {"flight_number": "HAT069", "date": "2026-05-22"},
                        {"flight_number": "HAT083", "date": "2026-05-22"},
                    ],
                },
                {
                    "/reservation_id": "s1 /reservations/1",
                    "/cabin": "schema",
                    "/payment_id": "s1 /payment_methods/credit_card_4421486 key",
                    "/flights/0/flight_number": "s3 /0/0/flight_number",
                    "/flights/0/date": "s2 /flights/0/date",
                    "/flights/1/flight_number": "s3 /0/1/flight_number",
                    "/flights/1/date": "s2 /flights/0/date",
                },
                {"ok": True},
                {"cabin": {"enum": ["basic_economy", "economy", "business"]}},
            ),
            Call(
                "update_reservation_baggages",
                {"reservation_id": "VAAOXJ", "total_baggages": 2, "nonfree_baggages": 1},
                {
                    "/reservation_id": "s1 /reservations/1",
                    "/total_baggages": "s2 /total_baggages",
                    "/nonfree_baggages": "user",
                },
                {"ok": True},
            ),
            Call(
                "notify",
                {"name": "Sofia Kim", "time": "13:40", "amount": 262, "born": "17 September 1988"},
                {
                    "/name": "s1 /name/first_name + s1 /name/last_name joined"
                    " | s2 /passengers/0/first_name + s2 /passengers/0/last_name joined",
                    "/time": "s3 /0/1/scheduled time_of",
                    "/amount": "user | s2 /flights/0/price + s2 /flights/1/price sum",
                    "/born": "s1 /dob date_of | s2 /passengers/0/dob date_of",
                },
                {"ok": True},
            ),
        ),
    ),
    Conversation(
        "a bank",
        "banking",
        (
            Call(
                "list_accounts",
                {},
                {},
                {
                    "accounts": [
                        {"account_no": 70012291, "kind": "checking", "balance": 2410.77, "limit": 2000},
                        {"account_no": 70088213, "kind": "savings", "balance": 15340.02, "limit": 10000},
                    ]
                },
            ),
            Call(
                "list_payments",
                {"account_no": "70012291", "limit": 10},
                {"/account_no": "s1 /accounts/0/account_no text_of", "/limit": "user"},
                {
                    "payments": [
                        {"id": 901, "to": "Stadtwerke Ulm", "amount": 88.4, "date": "2026-03-01"},
                        {"id": 902, "to": "Mieterbund", "amount": 45.9, "date": "2026-03-04"},
                        {"id": 903, "to": "Stadtwerke Ulm", "amount": 91.15, "date": "2026-04-01"},
                    ]
                },
            ),
            Call(
                "get_payment",
                {"payment_id": 903},
                {"/payment_id": "s2 /payments/2/id"},
                {"id": 903, "memo": "Invoice SWU-2026-0417, due 15 April", "fee": "EUR 1.25"},
            ),
            Call(
                "get_card",
                {"id": 902},
                {"/id": "user"},
                {"id": 902, "holder": "JORIS ENGEL", "expires": "2027-11-30"},
            ),
            Call(
                "dispute",
                {"reference": "SWU-2026-0417", "fee": 1.25, "total": 225.45},
                {
                    "/reference": "s3 /memo",
                    "/fee": "s3 /fee number_in",
                    "/total": "s2 /payments/0/amount + s2 /payments/1/amount + s2 /payments/2/amount sum",
                },
                {"case": "DSP/5518/A"},
            ),
            Call(
                "transfer",
                {
                    "from_account": 70012291,
                    "to_account": 70088213,
                    "amount": 2000,
                    "holder": "Joris Engel",
                    "case": "DSP/5518/A",
                },
                {
                    "/from_account": "s1 /accounts/0/account_no",
                    "/to_account": "s1 /accounts/1/account_no",
                    "/amount": "user",
                    "/holder": "s4 /holder case",
                    "/case": "s5 /case",
                },
                {"new_balance": 410.77},
            ),
            Call(
                "set_limit",
                {"account_no": 70088213, "limit": 10000, "until": "30 November 2027"},
                {
                    "/account_no": "s1 /accounts/1/account_no",
                    "/limit": "s1 /accounts/1/limit",
                    "/until": "s4 /expires date_of",
                },
                {"ok": 1},
            ),
            Call(
                "set_alert",
                {"balance": 410.77, "count": 10, "year": 2026},
                {"/balance": "s6 /new_balance", "/count": "user", "/year": "user"},
                {"ok": 1},
            ),
        ),
    ),
    Conversation(
        "restaurants",
        "food",
        (
            Call(
                "search_restaurants",
                {"city": "Porto", "cuisine": "seafood", "outdoor": True},
                {"/city": "user", "/cuisine": "schema", "/outdoor": "schema"},
                {
                    "restaurants": [
                        {
                            "id": 14,
                            "name": "Casa do Mar",
                            "city": "Porto",
                            "cuisine": "seafood",
                            "rating": 4.6,
                            "seats": 40,
                            "opens": "18:30",
                        },
                        {
                            "id": 22,
                            "name": "Cais Velho",
                            "city": "Porto",
                            "cuisine": "seafood",
                            "rating": 4.1,
                            "seats": 6,
                            "opens": "12:00",
                        },
                    ]
                },
                {"cuisine": {"enum": ["seafood", "vegan", "grill"]}, "outdoor": {"type": "boolean"}},
            ),
            Call(
                "get_restaurant",
                {"id": 22},
                {"/id": "s1 /restaurants/1/id"},
                {
                    "id": 22,
                    "name": "Cais Velho",
                    "phone": "351 22 998 1204",
                    "address": "Rua da Alfandega 108, Porto",
                    "tags": ["riverside", "small"],
                },
            ),
            Call(
                "get_menu",
                {"restaurant_id": 14, "kind": "seafood"},
                {"/restaurant_id": "s1 /restaurants/0/id", "/kind": "user | schema < s1 /restaurants/0/cuisine"},
                {
                    "dishes": [
                        {"id": 5, "name": "Arroz de marisco", "price": 24.5},
                        {"id": 6, "name": "Polvo", "price": 19.8},
                    ]
                },
            ),
            Call(
                "book_table",
                {"restaurant_id": 22, "guests": 6, "date": "2026-07-11", "time": "12:00", "name": "Dana"},
                {
                    "/restaurant_id": "s1 /restaurants/1/id",
                    "/guests": "user",
                    "/date": "user",
                    "/time": "user",
                    "/name": "user",
                },
                {"booking": {"code": "CV-7-11-0612", "guests": 6, "name": "Dana", "at": "2026-07-11T12:00"}},
            ),
            Call(
                "order_dish",
                {"dish_id": 6, "quantity": 2, "booking_code": "CV-7-11-0612"},
                {"/dish_id": "s3 /dishes/1/id", "/quantity": "user", "/booking_code": "s4 /booking/code"},
                {"lines": [{"dish": "Polvo", "unit_price": 19.8, "quantity": 2}], "table": 22},
            ),
            Call(
                "tip",
                {
                    "bill": 39.6,
                    "guests": given("s4", "/booking/guests"),
                    "table": 22,
                    "name": given("s4", "/booking/name"),
                },
                {
                    "/bill": "s5 /lines/0/unit_price + s5 /lines/0/quantity product",
                    "/guests": "user < s4 /booking/guests",
                    "/table": "s5 /table",
                    "/name": "user < s4 /booking/name",
                },
                {},
            ),
            Call(
                "find_taxi",
                {"to": "Rua da Alfandega 108, Porto", "seats": 6, "city": "Porto", "when": "2026-07-11T12:00"},
                {
                    "/to": "s2 /address",
                    "/seats": "user | s1 /restaurants/1/seats",
                    "/city": "user",
                    "/when": "s4 /booking/at | user",
                },
                [],
            ),
            Call(
                "write_review",
                {"restaurant": "Cais Velho", "rating": 4, "text": "Small and friendly", "tag": "riverside"},
                {
                    "/restaurant": "s1 /restaurants/1/name | s2 /name",
                    "/rating": "user",
                    "/text": "user",
                    "/tag": "s2 /tags/0",
                },
                {},
            ),
        ),
    ),
    Conversation(
        "a tracker",
        "issues",
        (
            Call(
                "list_repositories",
                {"owner": "mosslab"},
                {"/owner": "user"},
                [
                    {
                        "full_name": "mosslab/fern",
                        "default_branch": "trunk",
                        "stars": 1999,
                        "url": "https://git.example/mosslab/fern",
                    },
                    {
                        "full_name": "mosslab/lichen",
                        "default_branch": "main",
                        "stars": 2024,
                        "url": "https://git.example/mosslab/lichen",
                    },
                ],
            ),
            Call(
                "list_issues",
                {"owner": "mosslab", "repo": "lichen", "state": "open"},
                {
                    "/owner": "user",
                    "/repo": "s1 /1/url segment | s1 /1/full_name segment | s1 /1/full_name",
                    "/state": "schema",
                },
                {
                    "issues": [
                        {
                            "number": 17,
                            "title": "Crash on empty input",
                            "user": {"login": "ptarmigan"},
                            "labels": ["bug", "parser"],
                            "comments": 4,
                            "html_url": "https://git.example/mosslab/lichen/issues/17",
                            "created_at": "2026-02-11T08:14:52Z",
                        },
                        {
                            "number": 21,
                            "title": "Docs: typo",
                            "user": {"login": "wren"},
                            "labels": ["docs"],
                            "comments": 0,
                            "html_url": "https://git.example/mosslab/lichen/issues/21",
                            "created_at": "2026-02-19T17:02:10Z",
                        },
                    ]
                },
                {"state": {"enum": ["open", "closed"]}},
            ),
            Call(
                "get_issue",
                {"owner": "mosslab", "issue_number": 17},
                {"/owner": "user", "/issue_number": "s2 /issues/0/number"},
                {
                    "body": "Since commit 9f3c2ab77d the parser fails on an empty file. Ask ptarmigan.",
                    "milestone": {"id": 2, "title": "v0.9"},
                },
            ),
            Call(
                "get_commit",
                {"sha": "9f3c2ab77d", "depth": 17},
                {"/sha": "s3 /body", "/depth": "user"},
                {"files": {"src/parse.c": {"added": 11}, "src/lex.c": {"added": 2}}},
            ),
            Call(
                "read_file",
                {"path": "src/lex.c", "branch": "main", "line": 11},
                {"/path": "s4 /files/src~1lex.c key", "/branch": "s1 /1/default_branch", "/line": "user"},
                "int lex;",
            ),
            Call(
                "list_commits",
                {"since": "2026-02-11", "author": "ptarmigan", "year": 2024},
                {"/since": "s2 /issues/0/created_at date_of", "/author": "s2 /issues/0/user/login", "/year": "user"},
                [],
            ),
            Call(
                "add_comment",
                {"issue_number": 17, "body": "Fixed in trunk, see 9f3c2ab77d", "label": "parser"},
                {"/issue_number": "s2 /issues/0/number", "/body": "user", "/label": "s2 /issues/0/labels/1"},
                {},
            ),
            Call(
                "set_milestone",
                {"milestone_id": 2, "title": "v0.9", "stars": 2024},
                {"/milestone_id": "s3 /milestone/id", "/title": "s3 /milestone/title", "/stars": "s1 /1/stars"},
                {},
            ),
        ),
    ),
    Conversation(
        "a clinic",
        "clinic",
        (
            Call(
                "find_patient",
                {"surname": "Okafor", "born": "1979-12-02"},
                {"/surname": "user", "/born": "user"},
                {
                    "patient": {
                        "id": 8,
                        "name": "Chidi Okafor",
                        "born": "1979-12-02",
                        "doctor": {"id": 3, "name": "Dr. Vera Lind"},
                        "insurance": "AOK-55-1093",
                    }
                },
            ),
            Call(
                "get_doctor",
                {"id": 3},
                {"/id": "s1 /patient/doctor/id"},
                {"speciality": "cardiology", "rooms": [8, 11], "hours": "08:00-14:00", "fee": 120},
            ),
            Call(
                "get_room",
                {"id": 8},
                {"/id": "s2 /rooms/0"},
                {"floor": 2, "free": ["2026-08-03T09:20", "2026-08-03T11:45"]},
            ),
            Call(
                "book",
                {"patient_id": 8, "doctor_id": 3, "at": "2026-08-03T11:45", "minutes": 20, "fee": 120},
                {
                    "/patient_id": "s1 /patient/id",
                    "/doctor_id": "s1 /patient/doctor/id",
                    "/at": "s3 /free/1",
                    "/minutes": "user",
                    "/fee": "s2 /fee",
                },
                {"appointment": 5517, "message": "Booked: Chidi Okafor, 3 August, room 8"},
            ),
            Call(
                "send_reminder",
                {"appointment_id": 5517, "first_name": "Chidi", "date": "2026-08-03", "time": "11:45"},
                {
                    "/appointment_id": "s4 /appointment",
                    "/first_name": "s1 /patient/name part_of_name",
                    "/date": "s3 /free/1 date_of | s3 /free/0 date_of",
                    "/time": "s3 /free/1 time_of",
                },
                "sent",
            ),
            Call(
                "list_claims",
                {"insurance": "AOK-55-1093", "surname": given("s1", "/patient/name")},
                {"/insurance": "s1 /patient/insurance", "/surname": "s1 /patient/name"},
                [],
            ),
            Call("get_invoice", {"id": 3, "floor": 2}, {"/id": "user", "/floor": "s3 /floor"}, {}),
        ),
    ),
    Conversation(
        "a shell",
        "shell",
        (
            Call("pwd", {}, {}, {"current_working_directory": "/home/ada/papers"}),
            Call(
                "ls",
                {"path": "/home/ada/papers"},
                {"/path": "s1 /current_working_directory"},
                {"files": ["report_v3.docx", "budget.xlsx", "img"]},
            ),
            Call("mkdir", {"dir_name": "archive"}, {"/dir_name": "user"}, {"created": "archive"}),
            Call(
                "mv",
                {"source": "report_v3.docx", "destination": "archive"},
                {"/source": "s2 /files/0", "/destination": "user < s3 /created"},
                {"result": "report_v3.docx moved to archive"},
            ),
            Call(
                "cd",
                {"folder": given("s3", "/created")},
                {"/folder": "user < s3 /created"},
                {"current_working_directory": "/home/ada/papers/archive"},
            ),
            Call(
                "wc",
                {"file_name": "/home/ada/papers/archive/report_v3.docx", "mode": "l"},
                {"/file_name": "s2 /files/0 path | s4 /result path", "/mode": "schema"},
                {"count": 212},
                {"mode": {"enum": ["l", "w", "c"]}},
            ),
            Call(
                "tail",
                {"file_name": "budget.xlsx", "lines": 20},
                {"/file_name": "s2 /files/1", "/lines": "schema"},
                {"last_lines": "total 212"},
                {"lines": {"type": "integer", "default": 20}},
            ),
            Call(
                "echo",
                {"content": "done", "file_name": "log.txt", "size": 212},
                {"/content": "user", "/file_name": "user", "/size": "user"},
                {},
            ),
        ),
    ),
    Conversation(
        "a long table",
        "sales",
        (
            Call(
                "query",
                {"table": "leads"},
                {"/table": "user"},
                {
                    "rows": [
                        {
                            "lead": f"L-{n * 7919 % 10007:05}",
                            "company": f"Company of the town {n}",
                            "value": 1000 + n * 311,
                        }
                        for n in range(120)
                    ]
                },
            ),
            Call(
                "get_lead",
                {"lead": "L-07919"},
                {"/lead": "s1 /rows/1/lead"},
                {"lead": "L-07919", "owner": {"email": "tove@sales.example"}, "notes": []},
            ),
            Call(
                "get_company",
                {"company": "Company of the town 101", "value": 32411},
                {"/company": "user", "/value": "user"},
                {},
            ),
            Call(
                "get_company",
                {"company": "Company of the town 2"},
                {"/company": "s1 /rows/2/company"},
                {"company": "Company of the town 2", "website": "https://two.example/en/about"},
            ),
            Call(
                "assign",
                {"lead": given("s1", "/rows/90/lead"), "owner": "tove@sales.example", "value": 1311},
                {"/lead": "s1 /rows/90/lead", "/owner": "s2 /owner/email", "/value": "s1 /rows/1/value"},
                {"done": True},
            ),
            Call(
                "visit",
                {"domain": "two.example", "page": "about", "table": given("s2", "/lead")},
                {
                    "/domain": "s4 /website | s4 /website segment",
                    "/page": "user | s4 /website segment",
                    "/table": "s1 /rows/1/lead | s2 /lead",
                },
                {},
            ),
        ),
    ),
)
