"""The delay that grows with every failure: hard on a guesser, harmless to the owner."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from kernel.clock import FrozenClock
from services.identity.adapters.attempts import said
from services.identity.adapters.delays import after
from services.identity.housekeeping import drop_expired
from tests.support.people import PASSWORD, People, people_at

WRONG = "un autre mot de passe"
HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


async def tries(people: People, password: str = WRONG, *, ip: str = ELSEWHERE, email: str = "ada@example.org") -> int:
    """Try a password from an IP address; the status."""
    return (await attempt(people, password, ip=ip, email=email)).status_code


async def attempt(people: People, password: str, *, ip: str, email: str = "ada@example.org") -> httpx.Response:
    body = {"email": email, "password": password}
    return await people.post("/api/sessions", body, people.from_ip(ip))


def test_five_failures_are_free_then_the_wait_doubles_up_to_two_hours() -> None:
    assert [after(failures) for failures in range(13)] == [0] * 5 + [60, 120, 240, 480, 960, 1920, 3840, 7200]
    assert after(10_000) == 7200


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
async def test_an_address_known_or_not_is_tried_22_times_a_day(tmp_path: Path, clock: FrozenClock, email: str) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins("ada@example.org")
        started, tried = clock.at, 0
        while (clock.at - started).total_seconds() < 86_400:
            answer = await attempt(people, WRONG, ip=f"203.0.113.{tried}", email=email)
            if answer.status_code == 429:
                clock.advance(seconds=int(answer.headers["retry-after"]))
            else:
                tried += 1
        assert tried == 22


async def test_the_wait_is_said_and_survives_a_restart(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        assert [await tries(people) for _ in range(5)] == [401] * 5
        refused = await attempt(people, PASSWORD, ip=ELSEWHERE)
        assert (refused.json()["slug"], refused.headers["retry-after"]) == ("rate-limited", "60")
        assert "60 secondes" in refused.json()["detail"]
    async with people_at(tmp_path, clock=clock) as people:
        clock.advance(seconds=59)
        assert await tries(people) == 429
        clock.advance(seconds=1)
        assert await tries(people) == 401
        assert "2 minutes" in (await attempt(people, WRONG, ip=ELSEWHERE)).json()["detail"]


async def test_a_crowd_of_guesses_at_once_gets_no_further_than_five(people: People) -> None:
    await people.joins()
    answers = await asyncio.gather(*(tries(people, ip=f"203.0.113.{number}") for number in range(30)))
    assert sorted(answers) == [401] * 5 + [429] * 25


async def test_the_owner_gets_in_from_where_he_usually_does(people: People) -> None:
    await people.joins()
    assert await tries(people, PASSWORD, ip=HOME) == 201
    assert [await tries(people) for _ in range(6)] == [401] * 5 + [429]
    assert await tries(people, PASSWORD) == 429
    assert await tries(people, PASSWORD, ip=HOME) == 201
    assert [await tries(people, ip=HOME) for _ in range(6)] == [401] * 5 + [429]


async def test_a_network_is_familiar_for_thirty_days_and_to_one_address(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins("ada@example.org")
        await people.joins("bob@example.org")
        assert await tries(people, PASSWORD, ip=HOME) == 201
        assert [await tries(people, email="bob@example.org") for _ in range(5)] == [401] * 5
        assert await tries(people, PASSWORD, ip=HOME, email="bob@example.org") == 429
        clock.advance(days=30)
        assert [await tries(people) for _ in range(5)] == [401] * 5
        assert await tries(people, PASSWORD, ip=HOME) == 429


async def test_signing_in_starts_over_and_so_does_a_day_without_failure(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        assert [await tries(people) for _ in range(4)] == [401] * 4
        assert await tries(people, PASSWORD) == 201
        assert [await tries(people) for _ in range(6)] == [401] * 5 + [429]
        clock.advance(hours=24, seconds=1)
        assert [await tries(people) for _ in range(6)] == [401] * 5 + [429]


async def test_a_password_typed_again_counts_like_a_sign_in(people: People) -> None:
    await people.joins()
    headers = await people.enters()
    for _ in range(5):
        body = {"current": WRONG, "password": "tout autre chose pour Ada"}
        assert (await people.post("/api/me/password", body, headers)).json()["slug"] == "wrong-password"
    refused = await people.post("/api/me/email", {"email": "eve@example.org", "password": WRONG}, headers)
    assert refused.json()["slug"] == "rate-limited"
    assert (await people.sign_in()).status_code == 429


async def test_what_is_kept_names_nobody_and_does_not_pile_up(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        await people.joins()
        await tries(people, PASSWORD, ip=HOME)
        await tries(people)
        run = people.desk.run
        kept = [await run.state.read(f"SELECT * FROM {table}") for table in ("delay", "familiar")]
        assert [len(rows) for rows in kept] == [1, 1]
        assert "example.org" not in str(kept)
        assert HOME not in str(kept)
        clock.advance(days=31)
        await drop_expired(run)
        assert [await run.state.read(f"SELECT * FROM {table}") for table in ("delay", "familiar")] == [[], []]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "1 seconde"),
        (2, "2 secondes"),
        (90, "90 secondes"),
        (91, "2 minutes"),
        (5400, "90 minutes"),
        (7200, "2 heures"),
    ],
)
def test_a_wait_is_said_as_people_say_it(seconds: int, text: str) -> None:
    assert said(seconds) == text
