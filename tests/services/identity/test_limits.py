"""Counters that slow a guesser down and hardly ever a person: 10 a minute for an address, 100 for a network.

The delay that grows on top, outside the demonstration, is told in `test_delays`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kernel.clock import FrozenClock
from services.identity.adapters.networks import network
from services.identity.housekeeping import drop_expired
from tests.support.people import People, people_at

WRONG = "un autre mot de passe"


async def wrong_from(people: People, ip: str, email: str = "ada@example.org") -> int:
    """One failure to sign in from an IP address."""
    body = {"email": email, "password": WRONG}
    return (await people.post("/api/sessions", body, people.from_ip(ip))).status_code


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
async def test_ten_failures_in_a_minute_close_an_address_known_or_not(
    tmp_path: Path, clock: FrozenClock, email: str
) -> None:
    async with people_at(tmp_path, clock=clock, demo=True) as people:
        await people.joins("ada@example.org")
        for number in range(10):
            typed = email.upper() if number % 2 else f" {email} "
            assert (await people.sign_in(typed, WRONG)).status_code == 401
            clock.advance(seconds=5)
        refused = await people.sign_in(email, WRONG)
        assert (refused.status_code, refused.json()["slug"]) == (429, "rate-limited")
        assert refused.headers["retry-after"] == "10"
        assert "10 secondes" in refused.json()["detail"]
        assert (await people.sign_in("other@example.org", WRONG)).status_code == 401
        clock.advance(seconds=10)
        assert (await people.sign_in(email, WRONG)).status_code == 401


async def test_signing_in_well_is_never_held_against_anybody(tmp_path: Path) -> None:
    async with people_at(tmp_path, demo=True) as people:
        await people.joins()
        assert [(await people.sign_in(password=WRONG)).status_code for _ in range(3)] == [401] * 3
        assert [(await people.sign_in()).status_code for _ in range(15)] == [201] * 15
        assert [(await people.sign_in(password=WRONG)).status_code for _ in range(8)] == [401] * 7 + [429]


async def test_a_crowd_that_signs_in_well_at_once_does_not_close_the_address(tmp_path: Path) -> None:
    async with people_at(tmp_path, demo=True) as people:
        await people.joins()
        answers = await asyncio.gather(*(people.sign_in() for _ in range(40)))
        assert {answer.status_code for answer in answers} <= {201, 429}
        assert (await people.sign_in()).status_code == 201


async def test_a_crowd_of_guesses_at_once_gets_ten(tmp_path: Path) -> None:
    async with people_at(tmp_path, demo=True) as people:
        await people.joins()
        answers = await asyncio.gather(*(people.sign_in(password=WRONG) for _ in range(40)))
        assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 30


async def test_a_network_gets_a_hundred_failures_and_cannot_shut_an_address(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        for number in range(100):
            assert await wrong_from(people, "192.0.2.7", f"p{number}@example.org") == 401
        assert [await wrong_from(people, "192.0.2.7") for _ in range(30)] == [429] * 30
        assert await wrong_from(people, "192.0.2.8") == 401
        clock.advance(seconds=60)
        assert await wrong_from(people, "192.0.2.7") == 401


async def test_a_restart_forgets_no_failure(tmp_path: Path) -> None:
    async with people_at(tmp_path) as people:
        for _ in range(10):
            await people.sign_in(password=WRONG)
    async with people_at(tmp_path) as people:
        assert (await people.sign_in(password=WRONG)).status_code == 429


async def test_counters_hold_no_address_and_do_not_pile_up(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await wrong_from(people, "192.0.2.7")
        rows = await people.desk.run.state.read("SELECT * FROM attempt")
        assert len(rows) == 2
        assert "example.org" not in str(rows)
        assert "192.0.2.7" not in str(rows)
        clock.advance(minutes=3)
        await drop_expired(people.desk.run)
        assert await people.desk.run.state.read("SELECT * FROM attempt") == []


async def test_sign_ups_and_mails_of_one_address_are_limited_too(people: People) -> None:
    assert [(await people.sign_up()).status_code for _ in range(11)] == [202] * 10 + [429]
    again = {"email": "ada@example.org"}
    answers = [await people.post("/api/accounts/activation/resend", again) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [202] * 10 + [429]
    assert (await people.sign_up("bob@example.org")).status_code == 202


@pytest.mark.parametrize(
    ("ip", "held"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unix", "unix"),
    ],
)
def test_a_subscriber_is_an_ipv4_address_or_an_ipv6_network(ip: str, held: str) -> None:
    assert network(ip) == held
