"""What followers of a demande are told: all that is theirs to know, and that something was missed when it was."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.live import INTERNAL, KINDS, MISSED, SOURCES, WAITING, Follower, Live
from kernel.clock import FrozenClock
from kernel.envelope import Meta, Recorded
from kernel.events import event_type
from kernel.feed import Hint

pytestmark = pytest.mark.asyncio


def fact(position: int, type: str = "MessagePosted", demande: str = "d1", source: str = "discussion") -> Recorded:
    meta = Meta("account:a", "c", "", "k", "k", "")
    return Recorded(
        source=source,
        position=position,
        stream=f"{source}.x-{demande}",
        version=1,
        id=uuid4(),
        type=type,
        schema=1,
        at=datetime.now(UTC),
        meta=meta,
        event=None,
        route=demande,
        public=True,
        previous=position - 1,
    )


def hint(position: int, previous: int | None = None, epoch: str = "e", **more: str) -> Hint:
    return Hint(position, position - 1 if previous is None else previous, epoch, fact(position, **more), sealed=True)


def beat(public: int, epoch: str = "e") -> Hint:
    return Hint(public, public, epoch)


async def told(follower: Follower) -> list[str]:
    return [change.kind for change in await follower.next(0)]


def joined(live: Live, demande: str = "d1", *, agent: bool = False, **how: object) -> Follower:
    follower = Follower(demande, "s1", agent)
    live.follow(follower, **how)  # type: ignore[arg-type]
    return follower


async def test_a_follower_is_told_of_his_demande_and_of_no_other() -> None:
    live = Live()
    mine, other = joined(live), joined(live, "d2")
    live.hear("discussion", hint(1))
    live.hear("discussion", hint(2, demande="d2", type="DiscussionClosed"))
    live.hear("discussion", hint(3, type="SomethingNew"))
    assert await told(mine) == ["message"]
    assert await told(other) == ["discussion"]


async def test_what_is_the_services_own_business_is_told_to_the_service_alone() -> None:
    live = Live()
    applicant, agent = joined(live), joined(live, agent=True)
    live.hear("dossiers", hint(1, type="DemandeAssigned", source="dossiers"))
    live.hear("dossiers", hint(2, type="OpinionGiven", source="dossiers"))
    assert await told(applicant) == []
    assert await told(agent) == ["desk", "desk"]
    back = joined(live, after=live.id_of(0))
    assert await told(back) == []


async def test_every_fact_that_is_told_is_public_and_about_a_demande() -> None:
    for source in SOURCES:
        import_module(f"services.{source}.events")
    for name in (*KINDS, *INTERNAL):
        service, _, kind = name.partition(".")
        cls = event_type(service, kind)
        assert cls is not None, name
        assert cls.is_public, name
        assert cls.route_field == "demande", name


async def test_a_repetition_is_told_once() -> None:
    live = Live()
    mine = joined(live)
    for position in (1, 2, 2, 1, 3):
        live.hear("discussion", hint(position))
    assert await told(mine) == ["message"] * 3


async def test_a_broken_chain_a_silent_bus_and_another_log_are_told_to_everybody() -> None:
    live = Live()
    mine, other = joined(live), joined(live, "d2")
    live.hear("discussion", hint(1))
    live.hear("discussion", hint(5, previous=3))
    assert await told(mine) == ["message", MISSED, "message"]
    live.hear("discussion", None)
    live.hear("discussion", hint(9))
    live.hear("discussion", hint(1, previous=0, epoch="other"))
    assert await told(mine) == [MISSED, "message", MISSED, "message"]
    assert await told(other) == [MISSED] * 3


async def test_a_heartbeat_that_overtakes_is_waited_for_and_one_that_stays_ahead_is_a_loss() -> None:
    live = Live()
    mine = joined(live)
    live.hear("discussion", hint(1))
    live.hear("discussion", beat(2))
    live.hear("discussion", hint(2))
    live.hear("discussion", beat(2))
    assert await told(mine) == ["message", "message"]
    live.hear("discussion", beat(4))
    assert await told(mine) == []
    live.hear("discussion", beat(4))
    assert await told(mine) == [MISSED]
    live.hear("discussion", beat(4))
    assert await told(mine) == []


async def test_whoever_comes_back_is_told_what_he_missed() -> None:
    live = Live(remembered=3)
    live.hear("discussion", hint(1))
    seen = live.id_of(live.last)
    for position in (2, 3):
        live.hear("discussion", hint(position))
    live.hear("discussion", hint(4, demande="d2"))
    assert await told(joined(live, after=seen)) == ["message", "message"]
    assert await told(joined(live, after=live.id_of(live.last))) == []
    live.hear("discussion", hint(5))
    assert await told(joined(live, after=seen)) == [MISSED]


@pytest.mark.parametrize(
    "id", ["", "x", "-1", "deadbeef-1", "deadbeef-", "{mark}-99", "{mark}-1x", "{mark}-" + "9" * 40]
)
async def test_an_id_of_elsewhere_is_a_loss_and_none_is_a_beginning(id: str) -> None:
    live = Live()
    live.hear("discussion", hint(1))
    id = id.replace("{mark}", live.id_of(0).partition("-")[0])
    assert await told(joined(live, after=id)) == ([MISSED] if id else [])


async def test_a_page_is_told_what_changed_since_it_was_made() -> None:
    clock = FrozenClock(datetime(2026, 11, 25, tzinfo=UTC))
    began = clock().timestamp()
    live = Live(clock=clock)
    for position in (1, 2):
        clock.advance(seconds=10)
        live.hear("discussion", hint(position))
    assert await told(joined(live, since=began + 15)) == ["message"]
    assert await told(joined(live, since=began + 30)) == []
    assert await told(joined(live, since=began - 1)) == [MISSED]


async def test_who_is_too_far_behind_is_told_that_he_missed_something() -> None:
    live = Live()
    mine = joined(live)
    for position in range(1, WAITING + 3):
        live.hear("discussion", hint(position))
    assert await told(mine) == [MISSED, "message"]


async def test_the_end_of_a_session_lets_its_followers_go() -> None:
    live = Live()
    mine, other = joined(live), Follower("d1", "s2", agent=False)
    live.follow(other)
    assert (live.following, live.of_session("s1")) == (2, 1)
    live.close_session("s1")
    assert (mine.ended, other.ended) == (True, False)
    assert await mine.next(60) == []
    live.leave(mine)
    live.leave(mine)
    assert live.following == 1
    live.stop()
    assert other.ended


@given(st.lists(st.sampled_from(["lost", "twice", "beat", "once"]), max_size=60))
async def test_whatever_the_bus_does_no_change_goes_unsaid(course: list[str]) -> None:
    live = Live()
    live.hear("discussion", beat(0))
    mine = joined(live)
    owed = 0
    for position, how in enumerate(course, 1):
        if how == "lost":
            owed += 1
        for _ in range({"lost": 0, "once": 1, "twice": 2, "beat": 1}[how]):
            live.hear("discussion", hint(position))
        if how == "beat":
            live.hear("discussion", beat(position))
        kinds = await told(mine)
        if how != "lost":
            assert kinds.count("message") == 1
            assert (MISSED in kinds) == (owed > 0)
            owed = 0
    for _ in range(2):
        live.hear("discussion", beat(len(course)))
    assert (MISSED in await told(mine)) == (owed > 0)
