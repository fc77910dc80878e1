"""Days before the law, against dates worked out by hand."""

from datetime import UTC, date, datetime

import pytest

from services.dossiers.aggregate.calendar import months_after, paris_day, receipt_due, spoken, working_days_after


@pytest.mark.parametrize(
    ("received", "registered", "receipt"),
    [
        (date(2026, 11, 24), date(2026, 11, 25), date(2026, 12, 8)),
        (date(2026, 12, 18), date(2026, 12, 21), date(2027, 1, 5)),
        (date(2026, 12, 24), date(2026, 12, 28), date(2027, 1, 11)),
        (date(2026, 4, 30), date(2026, 5, 4), date(2026, 5, 19)),  # 1, 8 and 14 May are off
    ],
)
def test_receipts_are_due_after_working_days(received: date, registered: date, receipt: date) -> None:
    """R112-11-2 CRPA: the day after for a registration, ten working days for a receipt."""
    assert working_days_after(received, 1) == registered
    assert receipt_due(received) == receipt


def test_alsace_and_moselle_have_two_more_holidays() -> None:
    good_friday, saint_stephen = date(2026, 4, 3), date(2028, 12, 26)
    for region in ("57", "6AE"):
        assert working_days_after(date(2026, 4, 2), 1, region) == date(2026, 4, 7)
        assert working_days_after(date(2028, 12, 25), 1, region) == date(2028, 12, 27)
    assert working_days_after(date(2026, 4, 2), 1) == good_friday
    assert working_days_after(date(2028, 12, 25), 1) == saint_stephen


def test_no_working_day_later_is_the_same_day() -> None:
    assert working_days_after(date(2026, 12, 25), 0) == date(2026, 12, 25)


@pytest.mark.parametrize(
    ("day", "months", "after"),
    [
        (date(2026, 11, 24), 2, date(2027, 1, 24)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2026, 1, 15), 12, date(2027, 1, 15)),
        (date(2026, 2, 28), 60, date(2031, 2, 28)),
    ],
)
def test_months_run_from_day_to_day(day: date, months: int, after: date) -> None:
    assert months_after(day, months) == after


def test_a_day_is_a_day_in_paris() -> None:
    assert paris_day(datetime(2026, 11, 24, 23, 30, tzinfo=UTC)) == date(2026, 11, 25)
    assert paris_day(datetime(2026, 7, 13, 21, 59, tzinfo=UTC)) == date(2026, 7, 13)
    assert paris_day(datetime(2026, 7, 13, 22, 0, tzinfo=UTC)) == date(2026, 7, 14)


def test_a_day_is_said_in_french() -> None:
    assert spoken(date(2026, 12, 1)) == "1er\u00a0décembre 2026"
    assert spoken(date(2027, 1, 24)) == "24\u00a0janvier 2027"
