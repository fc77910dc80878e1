"""When the mail server is left alone, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.notifier.reactions.circuit import DELAYS_IN_A_ROW, LONGEST_PAUSE, Circuit, pause

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
SCHEDULE = (10.0, 30.0, 3600.0)


def rest(circuit: Circuit) -> float:
    assert circuit.until is not None
    return (circuit.until - NOW).total_seconds()


def test_a_pause_grows_with_the_failures_then_stays() -> None:
    for failures, seconds in ((1, 10), (2, 30), (3, 3600), (50, 3600)):
        for _ in range(50):
            assert timedelta(seconds=seconds * 0.8) <= pause(SCHEDULE, failures) <= timedelta(seconds=seconds * 1.2)
    assert len({pause(SCHEDULE, 1) for _ in range(20)}) > 1


def test_all_mails_wait_while_the_server_is_away_and_a_probe_comes_every_minute_at_least() -> None:
    circuit = Circuit(SCHEDULE)
    assert circuit.until is None
    circuit.failed(NOW)
    assert 8 <= rest(circuit) <= 12
    circuit.failed(NOW)
    assert 24 <= rest(circuit) <= 36
    for _ in range(5):
        circuit.failed(NOW)
    assert rest(circuit) <= LONGEST_PAUSE * 1.2


def test_a_server_that_answers_and_fails_again_is_left_alone_for_longer() -> None:
    circuit = Circuit(SCHEDULE)
    circuit.failed(NOW)
    circuit.answered()
    assert circuit.until is None
    circuit.failed(NOW)
    assert rest(circuit) > 20
    circuit.passed()
    circuit.failed(NOW)
    assert rest(circuit) <= 12


def test_a_server_that_puts_everything_off_is_left_alone() -> None:
    circuit = Circuit(SCHEDULE)
    for _ in range(DELAYS_IN_A_ROW - 1):
        circuit.delayed(NOW)
    assert circuit.until is None
    circuit.passed()
    for _ in range(DELAYS_IN_A_ROW):
        circuit.delayed(NOW)
    assert circuit.until is not None
