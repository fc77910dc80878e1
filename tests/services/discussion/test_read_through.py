"""In a copy of a neighbour's facts, absence is no answer: the neighbour is asked once before anything is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kernel.events import Event
from kernel.position import Mark
from services.discussion.main import SERVICE
from services.dossiers.events import Author, DemandeStatusChanged, DemandeWithdrawn
from services.files.events import FileExpired
from tests.support.discussion import ALONE, DEMANDE, Talk, submitted, vetted
from tests.support.neighbours import Neighbour, demande_seen, file_seen, neighbourhood
from tests.support.service import Desk, serving

FILE = "f000000000000001"
AUTHOR = Author(agent="i1", first_name="Jeanne", last_name="Roy", capacity="instructeur", service="Habitat")


@dataclass
class Street:
    talk: Talk
    dossiers: Neighbour
    files: Neighbour

    async def learns(self, neighbour: Neighbour, mark: Mark) -> None:
        for name in ("access", "notifications"):
            live = self.talk.desk.run.projectors[name].live
            assert await live.reached({neighbour.name: mark}, "discussion", 5)


@pytest.fixture
async def street(tmp_path: Path) -> AsyncIterator[Street]:
    async with neighbourhood(tmp_path) as known:
        urls = ALONE | {f"{name}_url": neighbour.url for name, neighbour in known.items()}
        async with serving(SERVICE, tmp_path, **urls) as desk:
            yield Street(Talk(desk), known["dossiers"], known["files"])


async def test_a_demande_not_heard_of_yet_is_asked_for(street: Street) -> None:
    street.dossiers.known[DEMANDE] = demande_seen(DEMANDE)
    assert (await street.talk.opens()).status_code == 201
    assert (await street.talk.reads(street.talk.applicant)).json()["status"] == "open"
    assert street.dossiers.asked == [DEMANDE, DEMANDE]


async def test_a_demande_nobody_knows_is_not_found(street: Street) -> None:
    assert (await street.talk.reads(street.talk.applicant)).status_code == 404
    assert street.dossiers.asked == [DEMANDE]


async def test_a_demande_that_was_heard_of_is_not_asked_for(street: Street) -> None:
    await street.learns(street.dossiers, await street.dossiers.says(submitted()))
    assert (await street.talk.opens()).status_code == 201
    assert (await street.talk.reads(street.talk.desk.as_account("b2"))).status_code == 404
    assert street.dossiers.asked == []


@pytest.mark.parametrize(
    "change",
    [
        DemandeStatusChanged(demande=DEMANDE, old="deposee", new="sans_suite", message="", author=AUTHOR),
        DemandeWithdrawn(demande=DEMANDE, old="deposee", reason=""),
    ],
)
async def test_a_late_copy_of_the_status_does_not_have_a_discussion_refused(street: Street, change: Event) -> None:
    await street.learns(street.dossiers, await street.dossiers.says(submitted(), change))
    street.dossiers.known[DEMANDE] = demande_seen(DEMANDE, status="sans_suite")
    refused = await street.talk.opens()
    assert (refused.status_code, refused.json()["slug"]) == (409, "bad-transition")
    street.dossiers.known[DEMANDE] = demande_seen(DEMANDE, status="en_instruction")
    assert (await street.talk.opens()).status_code == 201


async def test_a_file_not_heard_of_yet_is_asked_for_and_shown(street: Street) -> None:
    street.dossiers.known[DEMANDE] = demande_seen(DEMANDE)
    await street.talk.opens()
    street.files.known[FILE] = file_seen(FILE, DEMANDE)
    said = await street.talk.says(street.talk.applicant, attachments=[FILE])
    shown = {"id": FILE, "name": "relevé.pdf", "media_type": "application/pdf", "size": 12, "status": "clean"}
    assert (said.status_code, said.json()["attachments"]) == (201, [shown])
    assert (await street.talk.reads(street.talk.agent)).json()["messages"][1]["attachments"] == [shown]


@pytest.mark.parametrize(
    "seen",
    [
        None,
        file_seen(FILE, "dem0000000000002"),
        file_seen(FILE, DEMANDE, sender="service"),
        file_seen(FILE, DEMANDE, status="rejected"),
    ],
)
async def test_a_file_that_is_not_the_senders_to_attach_is_unknown(street: Street, seen: dict[str, object]) -> None:
    street.dossiers.known[DEMANDE] = demande_seen(DEMANDE)
    await street.talk.opens()
    if seen is not None:
        street.files.known[FILE] = seen
    answer = await street.talk.says(street.talk.applicant, attachments=[FILE])
    assert (answer.status_code, answer.json()["slug"]) == (422, "unknown-file")
    assert street.files.asked == [FILE]


async def test_a_file_that_expired_is_unknown_and_one_that_was_heard_of_is_not_asked_for(street: Street) -> None:
    other = "f000000000000002"
    expired = FileExpired(file=other, demande=DEMANDE)
    await street.learns(street.dossiers, await street.dossiers.says(submitted()))
    heard = await street.files.says(vetted(FILE), vetted(other), expired)
    assert await street.talk.desk.run.projectors["access"].live.reached({"files": heard}, "discussion", 5)
    await street.talk.opens()
    said = await street.talk.says(street.talk.applicant, attachments=[FILE])
    assert said.json()["attachments"][0]["name"] == f"{FILE}.pdf"
    assert street.files.asked == []
    assert (await street.talk.says(street.talk.applicant, attachments=[other])).status_code == 422
    assert street.files.asked == [other]


async def test_a_tracking_session_writes_under_the_contacts_name(street: Street) -> None:
    street.dossiers.known[DEMANDE] = demande_seen(DEMANDE, owner=None)
    await street.talk.opens()
    said = await street.talk.says(street.talk.desk.as_tracking(DEMANDE))
    assert said.json()["author"] == {"kind": "applicant", "name": "Zoé Petit"}


async def test_read_models_fed_by_neighbours_rebuild_the_same(street: Street) -> None:
    change = DemandeStatusChanged(demande=DEMANDE, old="deposee", new="en_instruction", message="", author=AUTHOR)
    marks = {
        "dossiers": await street.dossiers.says(submitted(), submitted("dem0000000000002"), change),
        "files": await street.files.says(vetted(FILE), vetted(FILE), FileExpired(file=FILE, demande=DEMANDE)),
    }
    run = street.talk.desk.run
    for name, projector in run.projectors.items():
        wanted = {source: mark for source, mark in marks.items() if source in projector.live.positions}
        assert await projector.live.reached(wanted, "discussion", 5), name
    opened = (await street.talk.opens()).json()
    await street.talk.says(street.talk.agent)
    await street.talk.has_read(street.talk.applicant, opened["messages"][0]["id"])
    for name in run.projectors:
        replayed = await run.replay_of(name).run()
        assert (name, replayed["identical"], replayed["differences"]) == (name, True, [])
        assert replayed["events"] > 0


async def test_a_neighbour_that_answers_nonsense_is_unavailable(street: Street) -> None:
    street.dossiers.known[DEMANDE] = {"id": DEMANDE}
    answer = await street.talk.reads(street.talk.applicant)
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")


async def test_a_neighbour_away_refuses_nobody_for_good(desk: Desk, talk: Talk) -> None:
    unheard = Talk(desk, "dem0000000000002")
    answer = await unheard.reads(talk.applicant)
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
    await talk.opens()
    refused = await talk.says(talk.applicant, attachments=["f000000000000009"])
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert len((await talk.reads(talk.applicant)).json()["messages"]) == 1
