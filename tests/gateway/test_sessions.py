"""Verdicts about sessions: asked once, believed for five seconds at most, ended by a hint."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import nats
import pytest
from pydantic_core import to_json

from gateway.callers import Caller
from gateway.passes import Passes
from gateway.refusals import Refusal, unavailable
from gateway.sessions import CLOSED_SUBJECT, Sessions, Verdict
from kernel.clock import FrozenClock
from kernel.http.tokens import Signer
from kernel.keys import token_hash
from tests.support.service import make_keys
from tests.support.town import Portal, Town, free_socket, portal

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ADA = Verdict("account", "s1", NOW.timestamp() + 3600, account="a1", roles=("demandeur",))


class Identity:
    """Answers about one token, as slowly as asked."""

    def __init__(self, verdict: Verdict | None = ADA) -> None:
        self.verdict, self.asked = verdict, 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, token: str) -> Verdict | None:
        self.asked += 1
        answer = self.verdict
        await self.gate.wait()
        return answer


class Room:
    def __init__(self) -> None:
        self.at = 100.0
        self.clock = FrozenClock(NOW)
        self.identity = Identity()
        self.sessions = Sessions(self.identity, monotonic=lambda: self.at, clock=self.clock)

    async def verdict(self, token: str = "t") -> Verdict | None:
        return await self.sessions.verdict(token, token_hash(token))


@pytest.fixture
def room() -> Room:
    return Room()


async def test_a_verdict_is_asked_once_and_again_before_five_seconds_have_passed(room: Room) -> None:
    assert await room.verdict() == ADA
    room.at += 4.4
    assert await room.verdict() == ADA
    assert room.identity.asked == 1
    room.at += 0.2
    room.identity.verdict = None
    assert await room.verdict() is None
    assert room.identity.asked == 2


async def test_nobody_is_remembered_too(room: Room) -> None:
    room.identity.verdict = None
    assert [await room.verdict() for _ in range(3)] == [None] * 3
    assert room.identity.asked == 1


async def test_the_five_seconds_begin_when_the_question_leaves(room: Room) -> None:
    room.identity.gate.clear()
    asking = asyncio.create_task(room.verdict())
    await asyncio.sleep(0)
    room.at += 4.6
    room.identity.gate.set()
    assert await asking == ADA
    await room.verdict()
    assert room.identity.asked == 2


async def test_one_question_at_a_time_about_one_token(room: Room) -> None:
    room.identity.gate.clear()
    asking = [asyncio.create_task(room.verdict()) for _ in range(10)]
    await asyncio.sleep(0)
    asking[0].cancel()
    room.identity.gate.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [ADA] * 9
    assert room.identity.asked == 1


async def test_a_hint_ends_a_session_at_once_even_when_an_older_answer_is_on_its_way(room: Room) -> None:
    assert await room.verdict() == ADA
    await room.sessions.on_closed(b'{"sid": "s1"}')
    assert await room.verdict() is None
    room.identity.gate.clear()
    room.at += 5
    asking = asyncio.create_task(room.verdict())
    await asyncio.sleep(0)
    room.identity.gate.set()
    assert await asking is None


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'"s1"', b"{}", b'{"sid": 7}', b"\xff"])
async def test_a_malformed_hint_changes_nothing(room: Room, payload: bytes) -> None:
    assert await room.verdict() == ADA
    await room.sessions.on_closed(payload)
    assert await room.verdict() == ADA


async def test_a_session_ends_at_its_expiry_whatever_is_remembered(room: Room) -> None:
    assert await room.verdict() == ADA
    room.clock.advance(hours=1)
    assert await room.verdict() is None


async def test_an_outage_is_not_remembered(room: Room) -> None:
    async def fails(token: str) -> Verdict | None:
        raise unavailable()

    sessions = Sessions(fails, monotonic=lambda: room.at, clock=room.clock)
    for _ in range(2):
        with pytest.raises(Refusal):
            await sessions.verdict("t", token_hash("t"))


async def test_remembered_verdicts_are_bounded(room: Room) -> None:
    sessions = Sessions(room.identity, monotonic=lambda: room.at, clock=room.clock, remembered=3)
    for n in range(10):
        await sessions.verdict(f"t{n}", token_hash(f"t{n}"))
    assert len(sessions._known) == 3


async def test_a_hint_of_identity_on_the_bus_ends_a_session_at_once(tmp_path: Path) -> None:
    async with nats_server(tmp_path) as url, portal(tmp_path, nats_url=url) as door:
        bearer = door.town.signs_in()
        door.town.says("dossiers", "GET /api/demandes", body={})
        while (await door.client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.3)
        assert (await door.client.get("/api/demandes", headers=bearer)).status_code == 200
        session = door.town.sessions.popitem()[1]["sid"]
        identity = await nats.connect(url)
        await identity.publish(CLOSED_SUBJECT, to_json({"sid": session}))
        await identity.close()
        for _ in range(1000):
            answer = await door.client.get("/api/demandes", headers=bearer)
            if answer.status_code == 401:
                break
            await asyncio.sleep(0.01)
        assert answer.json()["slug"] == "unauthenticated"
        assert door.town.verifications == 1


@asynccontextmanager
async def nats_server(directory: Path) -> AsyncIterator[str]:
    """A bare server on a free port."""
    with free_socket() as found:
        port = found.getsockname()[1]
    command = [str(Path(sys.executable).with_name("nats-server")), "-a", "127.0.0.1", "-p", str(port)]
    process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=DEVNULL, cwd=directory)
    try:
        yield f"nats://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def test_a_pass_is_shown_again_for_half_a_minute_while_it_says_the_same(room: Room, tmp_path: Path) -> None:
    key = make_keys(tmp_path)["gateway"]
    passes = Passes(Signer("gateway", key, clock=room.clock), b"s" * 32, monotonic=lambda: room.at)
    caller = Caller("::1", "t", "k", ADA)

    def mint(caller: Caller, audience: str = "dossiers") -> str:
        room.clock.advance(seconds=1)  # so that a second signature differs
        return passes.for_caller(caller, audience)

    first = mint(caller)
    assert mint(caller) == first
    others = {
        mint(caller, "files"),
        mint(Caller("::2", "t", "k", ADA)),
        mint(Caller("::1", "t", "k", Verdict("account", "s1", 0, account="a1", roles=("auditeur",)))),
        mint(Caller("::1")),
    }
    assert len(others | {first}) == 5
    room.at += 30
    assert mint(caller) != first


@pytest.mark.asyncio(loop_scope="module")
async def test_many_requests_of_one_session_cost_identity_one_question(door: Portal, town: Town) -> None:
    bearer = town.signs_in()
    town.says("dossiers", "GET /api/demandes", body={})
    answers = await asyncio.gather(*(door.client.get("/api/demandes", headers=bearer) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert town.verifications == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_signing_out_here_is_immediate(door: Portal, town: Town) -> None:
    bearer = town.signs_in()
    town.says("identity", "DELETE /api/sessions/current", 204)
    assert (await door.client.delete("/api/sessions/current", headers=bearer)).status_code == 204
    town.sessions.clear()
    assert (await door.client.get("/api/demandes", headers=bearer)).status_code == 401
