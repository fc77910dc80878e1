"""Who opened a demande: once an agent and a day, beside what happened to it, never in the way of reading."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel.clock import FrozenClock
from kernel.errors import unavailable
from kernel.events import ERASED
from services.dossiers.aggregate.reading import forget_readings, note_reading, reading, readings
from services.dossiers.commands import ForgetReadings, NoteReading
from services.dossiers.events import DemandeConsulted, ReadingsForgotten
from services.dossiers.main import SERVICE
from services.dossiers.reactions.readings import forget_months
from tests.services.dossiers.test_colleagues import filed
from tests.support.given import given
from tests.support.service import Desk, serving

DESK = "/api/backoffice/demandes"
DAY = date(2026, 11, 24)


@pytest.fixture
async def desk(tmp_path: Path, now: FrozenClock) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path, clock=now) as running:
        yield running


def agent(desk: Desk, account: str = "i1", **claims: str) -> dict[str, str]:
    return desk.as_account(account, "instructeur", services=("vie-associative",), **claims)


async def opens(desk: Desk, id: str, headers: dict[str, str]) -> int:
    return (await desk.client.get(f"{DESK}/{id}", headers=headers)).status_code


async def readers(desk: Desk, id: str, **query: str) -> Any:
    store = desk.run.store
    seen = {"Guichet-Position": f"dossiers={store.head}.{store.public_head}"}
    answer = await desk.client.get(f"{DESK}/{id}/readers", params=query, headers=agent(desk) | seen)
    assert answer.status_code == 200, answer.text
    return answer.json()


def reads(agent: str = "i1", day: date = DAY) -> NoteReading:
    return NoteReading(demande="d1", day=day, agent=agent, agent_name="Ada Martin", capacity="instructeur")


def read(agent: str = "i1", day: str = "2026-11-24") -> DemandeConsulted:
    known = {"demande": "d1", "day": day, "month": day[:7], "capacity": "instructeur"}
    return DemandeConsulted.model_validate({**known, "agent": agent, "agent_name": "Ada Martin"})


def test_a_day_is_noted_once() -> None:
    given(reading).when(note_reading, reads()).then(read())
    given(reading, read()).when(note_reading, reads()).nothing()
    given(reading, read()).when(note_reading, reads(day=date(2026, 12, 1))).then(read(day="2026-12-01"))
    given(reading, read()).when(note_reading, reads("i2")).then(read("i2"))


def test_a_month_is_forgotten_once() -> None:
    forgotten = ReadingsForgotten(month="2026-11")
    given(readings).when(forget_readings, ForgetReadings(month="2026-11")).then(forgotten)
    given(readings, forgotten).when(forget_readings, ForgetReadings(month="2026-11")).nothing()


async def test_each_agent_is_named_once_a_day(desk: Desk, now: FrozenClock) -> None:
    id = await filed(desk)
    for headers in (agent(desk), agent(desk), agent(desk, "i2", first_name="Luc", last_name="Petit")):
        assert await opens(desk, id, headers) == 200
    now.at += timedelta(days=1)
    await opens(desk, id, agent(desk))
    found = [(one["agent"]["name"], one["day"], one["capacity"]) for one in (await readers(desk, id))["items"]]
    assert found == [
        ("Ada Martin", "2026-11-25", "instructeur"),
        ("Luc Petit", "2026-11-24", "instructeur"),
        ("Ada Martin", "2026-11-24", "instructeur"),
    ]
    first = await readers(desk, id, limit="2")
    assert len(first["items"]) == 2
    assert len((await readers(desk, id, limit="2", cursor=first["next"]))["items"]) == 1


async def test_a_reading_changes_nothing_for_anybody_and_names_its_agent_to_the_auditor(desk: Desk) -> None:
    id = await filed(desk)
    before = (await desk.client.get(f"{DESK}/{id}", headers=agent(desk))).json()
    after = (await desk.client.get(f"{DESK}/{id}", headers=agent(desk))).json()
    assert before["version"] == after["version"] == 1
    (fact,) = await desk.run.store.read(f"dossiers.reading-{id}")
    assert (fact.meta.actor, fact.route, fact.public) == ("service:dossiers", id, False)
    auditor = desk.as_account("x1", "auditeur")
    timeline = (await desk.client.get("/audit/timeline", params={"route": id}, headers=auditor)).json()
    (told,) = [item for item in timeline if item["type"] == "fr.guichet.dossiers.DemandeConsulted.v1"]
    assert (told["data"]["agent"], told["data"]["agent_name"]) == ("i1", "Ada Martin")
    past = await desk.client.get(f"/api/demandes/{id}/history", headers=desk.as_account("a1"))
    assert "consult" not in past.text


async def test_a_refused_reading_and_an_applicants_leave_no_trace(desk: Desk) -> None:
    id = await filed(desk)
    stranger = desk.as_account("i3", "instructeur", services=("habitat",))
    assert await opens(desk, id, stranger) == 404
    await desk.client.get(f"/api/demandes/{id}", headers=desk.as_account("a1"))
    assert await desk.run.store.read(f"dossiers.reading-{id}") == []
    for headers in (stranger, desk.as_account("a1"), desk.as_account("x1", "administrateur")):
        assert (await desk.client.get(f"{DESK}/{id}/readers", headers=headers)).status_code == 404


async def test_a_reading_that_cannot_be_noted_is_still_answered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    id = await filed(desk)

    async def full(*_: object) -> None:
        raise unavailable()

    with monkeypatch.context() as broken:
        broken.setattr(desk.run.store, "update", full)
        assert await opens(desk, id, agent(desk)) == 200
    assert (await readers(desk, id))["items"] == []


async def test_who_read_what_is_known_for_a_year_then_by_nobody(desk: Desk, now: FrozenClock) -> None:
    id = await filed(desk)
    await opens(desk, id, agent(desk))
    now.advance(days=7)  # 1 December
    await opens(desk, id, agent(desk))
    now.advance(days=365)  # 1 December of the next year: the month of November ended a year and a day ago
    assert len((await readers(desk, id))["items"]) == 1
    await forget_months(desk.run)
    await forget_months(desk.run)
    assert [one["day"] for one in (await readers(desk, id))["items"]] == ["2026-12-01"]
    first, second = [fact.event for fact in await desk.run.store.read(f"dossiers.reading-{id}")]
    assert isinstance(first, DemandeConsulted)
    assert isinstance(second, DemandeConsulted)
    assert (first.day, first.agent, first.agent_name) == ("2026-11-24", ERASED, ERASED)
    assert (second.day, second.agent) == ("2026-12-01", "i1")
    forgotten = await desk.run.store.read("dossiers.readings-2026-11")
    assert [fact.event for fact in forgotten] == [ReadingsForgotten(month="2026-11")]
    await opens(desk, id, agent(desk))
    assert [one["day"] for one in (await readers(desk, id))["items"]] == ["2027-12-01", "2026-12-01"]
