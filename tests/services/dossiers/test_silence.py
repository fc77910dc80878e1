"""When silence decides: L231-1, L231-4 and both algorithms of L114-5 CRPA, against dates worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dossiers.aggregate.silence import Request, Silence, alert, progress, silence_date
from tests.support.dossiers import RECEIVED, term


def asked(asked_on: date, due: date | None = None, complete_on: date | None = None, name: str = "d1") -> Request:
    missing = () if complete_on else ("piece",)
    return Request(discussion=name, asked_on=asked_on, due=due, missing=missing, complete_on=complete_on)


D1, D10, D20 = date(2026, 12, 1), date(2026, 12, 10), date(2026, 12, 20)


@pytest.mark.parametrize("silence", ["rejet", "acceptation"])
def test_two_months_of_silence_decide(silence: Silence) -> None:
    assert silence_date(term(silence)) == date(2027, 1, 24)


REJECTIONS = [
    ("pieces never came: nineteen days", [asked(D1, D20)], date(2027, 2, 12)),
    ("pieces came early: nine days", [asked(D1, D20, D10)], date(2027, 2, 2)),
    ("pieces came late: no longer than what was given", [asked(D1, D20, date(2026, 12, 28))], date(2027, 2, 12)),
    ("no day was set: nothing stands still", [asked(D1)], date(2027, 1, 24)),
    ("no day was set, pieces came", [asked(D1, None, D10)], date(2027, 1, 24)),
    ("asked and given the same day", [asked(D1, D20, D1)], date(2027, 1, 24)),
    ("twice, one after the other", [asked(D1, D10), asked(D20, date(2026, 12, 30), name="d2")], date(2027, 2, 12)),
    ("twice at once: days count once", [asked(D1, D20), asked(D10, D20, name="d2")], date(2027, 2, 12)),
    ("the second goes further", [asked(D1, D20), asked(D10, date(2026, 12, 25), name="d2")], date(2027, 2, 17)),
    ("asked on the last day", [asked(date(2027, 1, 24), date(2027, 2, 3))], date(2027, 2, 3)),
    ("asked too late", [asked(date(2027, 1, 25), date(2027, 2, 25))], date(2027, 1, 24)),
    (
        "in time because the first stopped the time",
        [asked(D1, D20), asked(date(2027, 2, 1), date(2027, 2, 11), name="d2")],
        date(2027, 2, 22),
    ),
]


@pytest.mark.parametrize(("requests", "decided"), [pytest.param(r, d, id=name) for name, r, d in REJECTIONS])
def test_the_time_to_reject_stands_still_while_pieces_are_awaited(requests: list[Request], decided: date) -> None:
    assert silence_date(term("rejet"), requests) == decided
    assert silence_date(term("rejet"), reversed(requests)) == decided


ACCEPTANCES = [
    ("a piece is missing: it does not run", [asked(D1, D20)], None),
    ("nor after the day that was set", [asked(D1, D1)], None),
    ("it runs again from the last piece", [asked(D1, D20, D10)], date(2027, 2, 10)),
    ("even when it came late", [asked(D1, D20, date(2026, 12, 28))], date(2027, 2, 28)),
    ("no day need be set", [asked(D1, None, D10)], date(2027, 2, 10)),
    ("twice: from the last of all", [asked(D1, D10, D10), asked(D20, None, D20, "d2")], date(2027, 2, 20)),
    ("one of two is missing", [asked(D1, D10, D10), asked(D20, name="d2")], None),
    ("asked too late", [asked(date(2027, 1, 25))], date(2027, 1, 24)),
    ("the first gave time for the second", [asked(D1, None, D20), asked(date(2027, 2, 1), name="d2")], None),
]


@pytest.mark.parametrize(("requests", "decided"), [pytest.param(r, d, id=name) for name, r, d in ACCEPTANCES])
def test_the_time_to_accept_runs_from_a_complete_file(requests: list[Request], decided: date | None) -> None:
    assert silence_date(term("acceptation"), requests) == decided
    assert silence_date(term("acceptation"), reversed(requests)) == decided


def test_other_delays_are_data() -> None:
    assert silence_date(term("acceptation", months=1)) == date(2026, 12, 24)
    assert silence_date(term("rejet", months=4)) == date(2027, 3, 24)


def test_where_the_time_stands_is_told() -> None:
    refusing, accepting = term("rejet"), term("acceptation")
    open_request = [asked(D1, D20)]
    assert progress(refusing, [], D10) == "running"
    assert progress(refusing, open_request, D10) == "suspended"
    assert progress(refusing, open_request, D20) == "running"
    assert progress(refusing, [asked(D1)], D10) == "running"
    assert progress(accepting, open_request, D10) == "waiting"
    assert progress(accepting, [asked(D1, D20, D10)], date(2026, 12, 11)) == "running"


def test_the_service_is_warned_a_month_and_a_week_before() -> None:
    deadline = date(2027, 1, 24)
    told = {days: alert(deadline, deadline - timedelta(days=days)) for days in (31, 30, 8, 7, 0, -1)}
    assert told == {31: "none", 30: "soon", 8: "soon", 7: "urgent", 0: "urgent", -1: "late"}
    assert alert(None, deadline) == "none"


days = st.dates(RECEIVED, RECEIVED + timedelta(days=400))


@st.composite
def requests(draw: st.DrawFn) -> list[Request]:
    made = []
    for number in range(draw(st.integers(0, 5))):
        start = draw(days)
        due = draw(st.none() | st.dates(start, start + timedelta(days=90)))
        complete_on = draw(st.none() | st.dates(start, start + timedelta(days=200)))
        made.append(asked(start, due, complete_on, f"d{number}"))
    return made


@given(requests())
def test_asking_for_pieces_never_brings_a_decision_nearer(made: list[Request]) -> None:
    for silence in ("rejet", "acceptation"):
        decided = silence_date(term(silence), made)
        assert decided is None or decided >= date(2027, 1, 24)


@given(requests())
def test_the_time_to_reject_stands_still_no_longer_than_pieces_were_awaited(made: list[Request]) -> None:
    decided = silence_date(term("rejet"), made)
    given_days = sum((one.stands_still_until - one.asked_on).days for one in made)
    assert decided is not None
    assert (decided - date(2027, 1, 24)).days <= given_days


@given(requests(), st.randoms())
def test_the_order_in_which_requests_are_known_does_not_matter(made: list[Request], random: object) -> None:
    mixed = list(made)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    days_only = {(one.asked_on, one.due, one.complete_on) for one in made}
    if len({one.asked_on for one in made}) == len(days_only):
        for silence in ("rejet", "acceptation"):
            assert silence_date(term(silence), mixed) == silence_date(term(silence), made)
