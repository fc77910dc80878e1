"""The legal clock between dossiers and a real discussion: pieces asked for, brought, given up; silence that decides."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kernel.clock import FrozenClock
from kernel.position import Mark
from services.discussion.events import MessagePosted
from services.discussion.main import SERVICE as DISCUSSION
from services.dossiers.main import SERVICE
from services.dossiers.reactions.silence import record_silence
from tests.services.dossiers.conftest import Office
from tests.support.dossiers import agent_of, filing
from tests.support.service import Desk, serving

FIRST_OF_DECEMBER = datetime(2026, 12, 1, 9, tzinfo=UTC)


async def filed(office: Office) -> str:
    answer = await filing(office.dossiers, office.dossiers.as_account("a1"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def asks(office: Office, id: str, *documents: tuple[str, bool, str | None]) -> dict[str, Any]:
    asked = [{"label": label, "required": required, "due": due} for label, required, due in documents]
    body = {"subject": "Pièces", "body": "Bonjour", "requested_documents": asked}
    answer = await office.discussion.client.post(
        f"/api/backoffice/demandes/{id}/discussion", json=body, headers=agent_of(office.discussion)
    )
    assert answer.status_code == 201, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


async def brings(office: Office, id: str, opened: dict[str, Any], *labels: str) -> None:
    """The applicant's message, as discussion records it once files has vetted what it carries."""
    pieces = {one["id"]: "f" * 16 for one in opened["requested_documents"] if one["label"] in labels}
    fact = MessagePosted(
        discussion=opened["id"],
        demande=id,
        message="m" * 16,
        author="applicant",
        agent="",
        opening=False,
        attachments=tuple(pieces.values()),
        received=pieces,
        unread=1,
        author_name="Ada Martin",
        body="Voici",
    )
    run = office.discussion.run
    await run.store.update(f"discussion.discussion-{id}", lambda _: [fact], run.own_initiative("told"))


async def clock_of(office: Office, id: str) -> dict[str, Any]:
    answer = await office.dossiers.client.get(f"/api/backoffice/demandes/{id}", headers=agent_of(office.dossiers))
    clock: dict[str, Any] = answer.json()["legal_clock"]
    return clock


async def until(office: Office, id: str, **expected: Any) -> dict[str, Any]:
    """The clock, once it says so."""
    async with asyncio.timeout(10):
        while not expected.items() <= (clock := await clock_of(office, id)).items():
            await asyncio.sleep(0.02)
    return clock


async def silence_recorded(office: Office) -> None:
    run = office.dossiers.run
    async with asyncio.timeout(10):
        while not await record_silence(run):
            await asyncio.sleep(0.02)
        mark = {run.name: Mark(run.store.head, run.store.public_head)}
        for projector in run.projectors.values():
            await projector.live.reached(mark, run.name, 5.0)


async def kinds(office: Office, id: str) -> list[str]:
    answer = await office.dossiers.client.get(f"/api/demandes/{id}/history", headers=office.dossiers.as_account("a1"))
    return [item["kind"] for item in answer.json()["items"] if item["kind"] != "receipt"]


async def shown(office: Office, id: str) -> dict[str, Any]:
    answer = await office.dossiers.client.get(f"/api/demandes/{id}", headers=office.dossiers.as_account("a1"))
    body: dict[str, Any] = answer.json()
    return body


async def test_the_clock_starts_with_the_filing(office: Office) -> None:
    id = await filed(office)
    clock = await clock_of(office, id)
    assert clock == {
        "silence": "rejet",
        "delay_months": 2,
        "received_on": "2026-11-24",
        "receipt_due": "2026-12-08",
        "deadline": "2027-01-24",
        "state": "running",
        "alert": "none",
        "awaited": [],
    }
    (line,) = (await office.dossiers.client.get("/api/backoffice/demandes", headers=agent_of(office.dossiers))).json()[
        "items"
    ]
    assert line["deadline"] == "2027-01-24"


async def test_pieces_suspend_it_and_their_arrival_ends_the_suspension(office: Office) -> None:
    id = await filed(office)
    version = (await shown(office, id))["version"]
    office.now.at = FIRST_OF_DECEMBER
    wanted = (("Statuts", True, "2026-12-15"), ("RIB", True, "2026-12-20"), ("Photo", False, "2027-03-01"))
    opened = await asks(office, id, *wanted)
    clock = await until(office, id, deadline="2027-02-12", state="suspended")
    (awaited,) = clock["awaited"]
    assert (awaited["documents"], awaited["missing"], awaited["due"]) == (2, 2, "2026-12-20")
    office.now.at = datetime(2026, 12, 10, 9, tzinfo=UTC)
    await brings(office, id, opened, "RIB")
    async with asyncio.timeout(10):
        while (await clock_of(office, id))["awaited"][0]["missing"] != 1:
            await asyncio.sleep(0.02)
    await brings(office, id, opened, "Statuts")
    clock = await until(office, id, deadline="2027-02-02", state="running")
    assert clock["awaited"][0]["complete_on"] == "2026-12-10"
    assert await kinds(office, id) == [
        "submitted",
        "documents-awaited",
        "documents-received",
        "documents-complete",
    ]
    # What arrives makes nothing stale that an agent is about to do.
    assert (await shown(office, id))["version"] == version
    (line,) = (await office.dossiers.client.get("/api/backoffice/demandes", headers=agent_of(office.dossiers))).json()[
        "items"
    ]
    assert line["deadline"] == "2027-02-02"


async def test_closing_the_discussion_gives_up_the_pieces(office: Office) -> None:
    id = await filed(office)
    office.now.at = FIRST_OF_DECEMBER
    await asks(office, id, ("RIB", True, "2026-12-20"))
    await until(office, id, deadline="2027-02-12")
    office.now.at = datetime(2026, 12, 4, 9, tzinfo=UTC)
    closed = await office.discussion.client.post(
        f"/api/backoffice/demandes/{id}/discussion/closure", headers=agent_of(office.discussion)
    )
    assert closed.status_code == 204
    await until(office, id, deadline="2027-01-27", state="running")
    assert (await kinds(office, id))[-1] == "documents-waived"


async def test_a_discussion_that_asks_for_nothing_leaves_the_clock_alone(office: Office) -> None:
    id = await filed(office)
    office.now.at = FIRST_OF_DECEMBER
    await asks(office, id, ("Photo", False, "2026-12-20"))
    other = await filed(office)
    await asks(office, other, ("RIB", True, "2026-12-20"))
    await until(office, other, state="suspended")
    assert (await clock_of(office, id))["deadline"] == "2027-01-24"
    assert "documents-awaited" not in await kinds(office, id)


async def test_silence_refuses_when_its_last_day_is_over(office: Office) -> None:
    id = await filed(office)
    office.now.at = datetime(2027, 1, 24, 22, 59, tzinfo=UTC)  # 23:59 in Paris
    await silence_recorded(office)
    assert (await shown(office, id))["status"] == "deposee"
    assert (await clock_of(office, id))["alert"] == "urgent"
    office.now.at = datetime(2027, 1, 24, 23, 1, tzinfo=UTC)
    await silence_recorded(office)
    await silence_recorded(office)
    body = await shown(office, id)
    assert body["status"] == "refusee"
    decision = body["decision"]
    assert (decision["kind"], decision["on"], decision["author"]) == ("implicit", "2027-01-24", None)
    assert "tribunal administratif" in decision["appeal"]
    assert body["actions"] == ["reasons-request", "duplicate"]
    assert (await kinds(office, id))[-1] == "implicit-decision"
    clock = await clock_of(office, id)
    assert (clock["state"], clock["deadline"], clock["alert"]) == ("over", None, "none")
    feed = await office.dossiers.client.get("/feed", headers=office.dossiers.as_service("notifier", "feed"))
    assert [".ImplicitDecisionTaken." in fact["type"] for fact in feed.json()].count(True) == 1


async def test_silence_waits_for_pieces_that_were_asked_for_in_time(office: Office) -> None:
    id = await filed(office)
    office.now.at = datetime(2027, 1, 20, 9, tzinfo=UTC)
    await asks(office, id, ("RIB", True, "2027-02-20"))
    office.now.at = datetime(2027, 1, 26, 9, tzinfo=UTC)
    await silence_recorded(office)
    assert (await shown(office, id))["status"] == "deposee"
    assert (await clock_of(office, id))["deadline"] == "2027-02-24"
    office.now.at = datetime(2027, 2, 25, 9, tzinfo=UTC)
    await silence_recorded(office)
    assert (await shown(office, id))["decision"]["on"] == "2027-02-24"


async def test_silence_decides_nothing_while_discussion_cannot_be_heard(desk: Desk, now: FrozenClock) -> None:
    id = (await filing(desk, desk.as_account("a1"))).json()["id"]
    now.at = datetime(2027, 3, 1, 9, tzinfo=UTC)
    assert not await record_silence(desk.run)
    body = (await desk.client.get(f"/api/demandes/{id}", headers=desk.as_account("a1"))).json()
    assert body["status"] == "deposee"
    assert body["legal_clock"]["alert"] == "late"


async def test_reasons_are_asked_for_and_given(office: Office) -> None:
    id = await filed(office)
    office.now.at = datetime(2027, 1, 25, 9, tzinfo=UTC)
    await silence_recorded(office)
    desk, agent = office.dossiers, agent_of(office.dossiers)
    early = await desk.client.post(
        f"/api/backoffice/demandes/{id}/reasons", json={"text": "Budget épuisé"}, headers=agent
    )
    assert (early.status_code, early.json()["slug"]) == (409, "bad-transition")
    asked = await desk.client.post(f"/api/demandes/{id}/reasons-request", headers=desk.as_tracking(id))
    assert asked.status_code == 200, asked.text
    again = await desk.client.post(f"/api/demandes/{id}/reasons-request", headers=desk.as_account("a1"))
    assert again.json() == asked.json()
    assert (await shown(office, id))["reasons"]["due"] == "2027-02-25"
    given = await desk.client.post(
        f"/api/backoffice/demandes/{id}/reasons",
        json={"text": "Budget épuisé", "capacity": "cheffe de service"},
        headers=agent,
    )
    assert given.status_code == 200, given.text
    reasons = (await shown(office, id))["reasons"]
    assert (reasons["text"], reasons["appeal_until"]) == ("Budget épuisé", "2027-03-26")
    assert reasons["author"]["capacity"] == "cheffe de service"
    none = await desk.client.post(f"/api/demandes/{id}/attestation-request", headers=desk.as_account("a1"))
    assert (none.status_code, none.json()["slug"]) == (409, "no-implicit-acceptance")
    stranger = agent_of(desk, "habitat")
    other = await desk.client.post(f"/api/backoffice/demandes/{id}/reasons", json={"text": "x"}, headers=stranger)
    assert other.status_code == 404


async def test_a_reopened_refusal_is_decided_by_somebody_not_by_silence(office: Office) -> None:
    id = await filed(office)
    office.now.at = datetime(2027, 1, 25, 9, tzinfo=UTC)
    await silence_recorded(office)
    desk, agent = office.dossiers, agent_of(office.dossiers)
    for status, message in (("en_instruction", "Nous reprenons"), ("acceptee", "Bravo")):
        answer = await desk.client.post(
            f"/api/backoffice/demandes/{id}/status", json={"status": status, "message": message}, headers=agent
        )
        assert answer.status_code == 200, answer.text
        office.now.at = datetime(2028, 1, 25, 9, tzinfo=UTC)
        await silence_recorded(office)
        assert (await shown(office, id))["status"] == status
    assert (await shown(office, id))["decision"]["kind"] == "express"


@pytest.mark.parametrize("service", [SERVICE, DISCUSSION], ids=lambda service: service.name)
async def test_only_what_the_clock_needs_is_opened_to_it(tmp_path: Path, service: Any) -> None:
    async with serving(service, tmp_path) as desk:
        assert [cls.wire_name for cls in desk.run.service.entitled.get("dossiers", ())] == (
            ["DocumentsRequested"] if service is DISCUSSION else []
        )
