"""Values that follow from results by a rule, and what no rule may make of them."""

from typing import Any

import pytest

from toolgrad_dspy.provenance.origins import EarlierResult, rederived, trace_origins
from toolgrad_dspy.provenance.origins.moments import clock_of, day_of
from toolgrad_dspy.records import Observation, Origin, Tool, ToolCall
from toolgrad_dspy.rendering import UsefulKeys, shown_forms


def origins(arguments: dict[str, Any], *results: Any, tool: str = "act") -> list[Origin]:
    named = Tool(name=tool, source_name=tool, description="", parameters={}, source="s", category="")
    listed = [
        EarlierResult(f"s{number}", Observation(text=result) if isinstance(result, str) else observed(result))
        for number, result in enumerate(results, 1)
    ]
    return list(trace_origins(named, arguments, {}, listed))


def observed(value: Any) -> Observation:
    return Observation(content=value, text="")


PERSON = {"first_name": "Ann", "last_name": "Lee", "city": "Ulm"}
EVENT = {"title": "Board", "start": "2026-05-13T19:30:00+02:00", "day": "2026-05-13"}


@pytest.mark.parametrize(
    ("arguments", "result", "rule", "paths"),
    [
        ({"day": "13 May"}, EVENT, "date_of", ["/start"]),
        ({"day": "May 13th, 2026"}, {"at": "2026-05-13"}, "date_of", ["/at"]),
        ({"day": "2026-05-13"}, {"created_at": 1778666400}, "date_of", ["/created_at"]),
        ({"time": "19:30"}, EVENT, "time_of", ["/start"]),
        ({"pickup_time": "7:30 pm"}, EVENT, "time_of", ["/start"]),
        ({"release_year": 1999}, {"release_date": "1999-03-31"}, "year_of", ["/release_date"]),
        ({"when": "2026-05-13 19:30"}, EVENT, "moment_of", ["/start"]),
        ({"account": "482101"}, {"account": 482101}, "text_of", ["/account"]),
        ({"account": 482101}, {"account": "482101"}, "number_in", ["/account"]),
        ({"amount": 342.81}, {"price": "$342.81"}, "number_in", ["/price"]),
        ({"amount": 1299.5}, {"price": "EUR 1,299.50"}, "number_in", ["/price"]),
        ({"lat": 52.517}, {"lat": 52.5170365}, "rounded", ["/lat"]),
        ({"driver": "ada lovelace"}, {"name": "Ada Lovelace"}, "case", ["/name"]),
        ({"slug": "old-mill-road"}, {"street": "Old Mill Road"}, "case", ["/street"]),
        ({"first_name": "Ann"}, {"guest": "Ann Lee"}, "part_of_name", ["/guest"]),
        ({"name": "Ann Lee"}, PERSON, "joined", ["/first_name", "/last_name"]),
        ({"at": "52.5,13.4"}, {"lat": 52.5, "lon": 13.4}, "joined", ["/lat", "/lon"]),
        ({"to": "a@x.org, b@x.org"}, ["a@x.org", "b@x.org"], "joined", ["/0", "/1"]),
        ({"order": "ORD-77"}, {"link": "https://x.org/orders/ORD-77/items"}, "segment", ["/link"]),
        ({"issue_number": 17}, {"url": "https://x.org/moss/issues/17"}, "segment", ["/url"]),
        ({"payment": "card_99021"}, {"payments": {"card_99021": {"brand": "visa"}}}, "key", ["/payments/card_99021"]),
        ({"contact_id": 31}, {"contacts": {"31": {"name": "Pia"}}}, "key", ["/contacts/31"]),
        ({"place": "home"}, {"places": {"home": {"zip": 1}, "work": {"zip": 2}}}, "key", ["/places/home"]),
        (
            {"amount": 251.8},
            {"legs": [{"fare": 120.55}, {"fare": 131.25}]},
            "sum",
            ["/legs/0/fare", "/legs/1/fare"],
        ),
        ({"total": 30}, {"parts": [10, 20]}, "sum", ["/parts/0", "/parts/1"]),
        ({"bill": 39.6}, {"unit_price": 19.8, "quantity": 2}, "product", ["/unit_price", "/quantity"]),
        ({"rest": 2041.25}, {"limit": 2500.5, "spent": 459.25}, "difference", ["/limit", "/spent"]),
        ({"attendee_count": 3}, {"attendees": ["a", "b", "c"]}, "count", ["/attendees"]),
    ],
)
def test_a_derived_value_has_its_rule_and_all_its_sources_and_computes_again(
    arguments: Any, result: Any, rule: str, paths: list[str]
) -> None:
    (origin,) = origins(arguments, result)
    assert (origin.kind, origin.match, origin.rule) == ("result", "derived", rule)
    assert [(source.step, source.path) for source in origin.sources] == [("s1", path) for path in paths]
    (value,) = arguments.values()
    assert rederived(origin, value, {"s1": result})
    assert not rederived(origin, "12 June" if isinstance(value, str) else 87.125, {"s1": result})
    assert not rederived(origin, value, {"s1": {}})
    assert not rederived(origin, value, {})


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        ({"guests": 3}, {"rooms": ["a", "b", "c"]}),  # a count of something else
        ({"guests": 30}, {"parts": [10, 20]}),
        (
            {"amount": 251.8},
            {"legs": [{"fare": 120.55, "way": 131.25}, {"fare": 7.5, "way": 2.5}]},
        ),  # of any two
        ({"seats": 2}, {"limit": 5, "spent": 3}),
        ({"day": "13 May"}, {"day": "2026-05-14"}),
        ({"time": "19:30"}, {"opens": "19:30"}),
        ({"closing_time": "12:00"}, {"slots": [f"2026-05-13T{hour}:00" for hour in range(10, 20)]}),
        ({"year": 2026}, {"days": ["2025-01-02", "2026-01-02", "2027-01-02"]}),
        ({"stars": 1999}, {"release_date": "1999-03-31"}),
        ({"sort_by": "price"}, {"items": {"price": 4, "name": "Lamp"}}),  # a key that is a name
        ({"title": "Ann"}, {"guest": "ann lee"}),
        ({"name": "Ann Ulmer"}, PERSON),
        ({"count": 342}, {"price": "$342"}),
        ({"rating": 4}, {"lat": 4.26}),
        ({"page": 17}, {"url": "https://x.org/moss/issues/17"}),
    ],
)
def test_what_chance_makes_of_a_result_is_the_users(arguments: Any, result: Any) -> None:
    assert [origin.kind for origin in origins(arguments, result)] == ["user"]


def test_a_time_goes_with_the_date_of_its_time_stamp() -> None:
    slots = {"slots": [f"2026-05-{day}T{hour}:00" for day, hour in ((12, 10), (13, 11), (14, 12), (15, 13))]}
    alone, other = origins({"pickup": "11:00"}, slots), origins({"pickup": "11:00", "day": "2026-05-13"}, slots)
    assert [origin.kind for origin in alone] == ["user"]
    assert [(origin.rule, origin.path) for origin in other] == [("time_of", "/slots/1"), ("date_of", "/slots/1")]


def test_the_sum_of_what_two_results_have_under_one_name() -> None:
    (origin,) = origins({"amount": 200.75}, {"price": 120.5}, {"price": 80.25, "seat": 4})
    assert (origin.rule, [(s.step, s.path) for s in origin.sources]) == ("sum", [("s1", "/price"), ("s2", "/price")])


def test_a_path_is_put_together_from_the_folder_that_a_call_was_given_and_a_name_that_it_listed() -> None:
    listing = EarlierResult(
        "s1",
        Observation(text="[FILE] sales.csv\n[DIR] old"),
        ToolCall(tool="list_directory", arguments={"path": "docs/q2"}),
        (Origin(pointer="/path", kind="user"),),
    )
    read = Tool(name="read", source_name="read", description="", parameters={}, source="s", category="")
    (origin,) = trace_origins(read, {"path": "docs/q2/sales.csv"}, {}, [listing])
    assert (origin.match, origin.rule, origin.step, origin.path) == ("derived", "path", "s1", "")
    assert rederived(origin, "docs/q2/sales.csv", {"s1": listing.value})
    (other,) = trace_origins(read, {"path": "docs/q3/sales.csv"}, {}, [listing])
    (new,) = trace_origins(read, {"path": "docs/q2/new.csv"}, {}, [listing])
    assert (other.kind, new.kind) == ("user", "user")


@pytest.mark.parametrize(("tags", "kind"), [("park, quiet", "result"), ("parking", "user")])
def test_a_plain_word_is_a_part_of_a_text_of_its_kind(tags: str, kind: str) -> None:
    assert origins({"tag": "park"}, {"tags": tags})[0].kind == kind
    assert origins({"target": "park"}, {"tags": tags})[0].kind == "user"


@pytest.mark.parametrize(
    ("note", "kind"),
    [
        ("The password is swordfish, as before.", "result"),
        ("user: anna\nPassword: swordfish", "result"),
        ("wifi_password=swordfish", "result"),
        ("The password is not swordfish.", "user"),
        ("A swordfish for every password.", "user"),
        ("The password is swordfish-7.", "user"),
    ],
)
def test_a_plain_word_comes_from_a_text_that_calls_it_what_the_parameter_is_called(note: str, kind: str) -> None:
    (origin,) = origins({"password": "swordfish"}, {"note": note})
    assert origin.kind == kind
    assert origins({"target": "swordfish"}, {"note": note})[0].kind == "user"


ROWS: Any = {
    "rows": [{"code": f"R{n * 7919 % 10007:05}", "weight": 10.25 + n * 1.37, "note": "x" * 30} for n in range(90)]
}


@pytest.mark.parametrize(("row", "kind"), [(1, "result"), (80, "user")])
def test_only_what_prompts_have_shown_is_an_origin_unless_by_reference(row: int, kind: str) -> None:
    observation = observed(ROWS)
    result = EarlierResult("s1", observation, shown=shown_forms(ROWS, UsefulKeys([]), 1000))
    weigh = Tool(name="weigh", source_name="weigh", description="", parameters={}, source="s", category="")
    weight = ROWS["rows"][row]["weight"]
    (origin,) = trace_origins(weigh, {"weight": weight}, {}, [result])
    assert origin.kind == kind
    (referred,) = trace_origins(weigh, {"weight": weight}, {"/weight": ("s1", f"/rows/{row}/weight")}, [result])
    assert referred.kind == "result"


def test_the_shown_part_of_a_long_text_is_searched_and_the_rest_is_not() -> None:
    text = "\n".join(f"entry {n}: code QX-{n:04}" for n in range(400))
    result = EarlierResult("s1", Observation(text=text), shown=shown_forms(text, UsefulKeys([]), 1000))
    look = Tool(name="look", source_name="look", description="", parameters={}, source="s", category="")
    kinds = [trace_origins(look, {"code": f"QX-{n:04}"}, {}, [result])[0].kind for n in (1, 200, 399)]
    assert kinds == ["result", "user", "result"]


@pytest.mark.parametrize(
    ("value", "day", "clock"),
    [
        ("13.5.2026", (2026, 5, 13), None),
        ("5/13/2026", (2026, 5, 13), None),
        ("Wednesday, 13 May", (None, 5, 13), None),
        ("12:05 am", None, (0, 5)),
        ("20260513T1930", (2026, 5, 13), (19, 30)),
        ("2026-02-30", None, None),
        ("24:00", None, None),
        ("2026-05-13" * 400, None, None),
        (None, None, None),
    ],
)
def test_dates_and_times_are_read_in_their_usual_forms(value: Any, day: Any, clock: Any) -> None:
    assert (day_of(value), clock_of(value)) == (day, clock)


GARBAGE: list[Any] = [
    {"": {"": [None, True, {}, [], ""]}},
    {"created_at": 10**30, "n": -(10**400), "f": 1e308, "t": "9" * 5000},
    "/" * 3000,
    "a b " * 5000,
    {"k" * 3000: "v" * 3000},
    {"e": "😀🏳️‍🌈", "r": "שלום עולם", "c": "１２３", "x": "\u2028"},
    [[[[["x"] * 9] * 9] * 9] * 9],
    "https://" + "/".join("ab" for _ in range(180)),
]


@pytest.mark.parametrize("result", GARBAGE)
def test_no_value_and_no_result_breaks_the_search(result: Any) -> None:
    values = [
        "/" * 300,
        "a, b" * 60,
        "😀",
        "שלום",
        10**400,
        1e308,
        -0.0,
        "13 May" * 9,
        "/a/b",
        "x" * 3000,
        "1" * 5000,
    ]
    arguments = {f"p_{number}_time": value for number, value in enumerate(values)}
    assert len(origins(arguments, result, result)) == len(values)


def test_large_results_are_shown_indexed_and_searched_in_part() -> None:
    value: Any = {"rows": [{"id": f"row_{n}", "text": "lorem ipsum " * 20} for n in range(8000)]}
    result = EarlierResult("s1", observed(value), shown=shown_forms(value, UsefulKeys([]), 1000))
    assert result.size < 100
    look = Tool(name="look", source_name="look", description="", parameters={}, source="s", category="")
    assert [o.kind for o in trace_origins(look, {"a": "row_1", "b": "row_7000"}, {}, [result])] == ["result", "user"]
