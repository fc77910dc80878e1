"""The whole files service over memory blobs: what may be sent, read, and what is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from kernel.clock import FrozenClock, system_clock
from kernel.feed import FeedPage
from services.discussion.events import DiscussionOpened, MessagePosted
from services.dossiers.events import Contact, DemandeSubmitted, OnBehalfOf
from services.files.adapters.antivirus import NoAntivirus
from services.files.adapters.vetting import ChildVetting
from services.files.main import SERVICE
from services.files.ports import Antivirus, BlobStore, ScanResult, Unavailable, Vetting
from services.files.reactions import claims, empty_quarantine, expire_abandoned, scan_again
from tests.support.blobs import MemoryBlobs
from tests.support.foreign import recorded, tell
from tests.support.service import Desk, serving

DATA = Path(__file__).parents[2] / "data"
DEMANDE = "d" * 16
PDF = (DATA / "attestation.pdf").read_bytes()


class Absent:
    """An antivirus that gives no verdict until it is back."""

    def __init__(self) -> None:
        self.back = True

    async def scan(self, data: bytes) -> ScanResult:
        return await NoAntivirus().scan(data) if self.back else Unavailable("away")


@pytest.fixture
def antivirus() -> Absent:
    return Absent()


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(system_clock())


@pytest.fixture
async def desk(tmp_path: Path, blobs: MemoryBlobs, antivirus: Absent, clock: FrozenClock) -> AsyncIterator[Desk]:
    ports: dict[type, object] = {BlobStore: blobs, Vetting: ChildVetting(), Antivirus: antivirus}
    service = replace(SERVICE, ports=lambda _: ports, workers=())
    s3: dict[str, Any] = {"s3_url": "http://127.0.0.1:1", "s3_access_key": "a", "s3_secret_key": SecretStr("b")}
    async with serving(service, tmp_path, clock=clock, **s3) as running:
        await tell(running.run, "access", submitted())
        yield running


def submitted() -> DemandeSubmitted:
    return DemandeSubmitted(
        demande=DEMANDE,
        reference="2026-AAAAA-BBBBB",
        demarche="subvention-association",
        demarche_version=1,
        title="Subvention",
        service="vie-associative",
        service_label="Vie associative",
        owner="a1",
        terms_version="",
        applicant_kind="self",
        deadline="2027-01-24",
        on_behalf_of=OnBehalfOf(kind="self"),
        contact=Contact(email="a@example.org", first_name="Ada", last_name="Martin"),
        answers={},
        tracking_number="",
        lookup="",
    )


async def opened(desk: Desk) -> None:
    fact = DiscussionOpened(discussion="x", demande=DEMANDE, service="vie-associative", agent="i1", topic="Pièces")
    await tell(desk.run, "access", fact)


def message(*files: str) -> MessagePosted:
    return MessagePosted(
        discussion="x",
        demande=DEMANDE,
        message="m1",
        author="applicant",
        agent="",
        opening=False,
        attachments=files,
        received={},
        unread=1,
        author_name="Ada",
        body="Voici",
    )


def agent(desk: Desk) -> dict[str, str]:
    return desk.as_account("i1", "instructeur", services=("vie-associative",))


async def send(desk: Desk, who: dict[str, str], data: bytes = PDF, name: str = "attestation.pdf") -> Any:
    part = {"file": (name, data, "application/pdf")}
    return await desk.client.post(f"/api/demandes/{DEMANDE}/files", files=part, headers=who)


async def test_a_document_is_sent_and_read_by_both_sides_once_a_message_carries_it(desk: Desk) -> None:
    await opened(desk)
    sent = await send(desk, desk.as_account("a1"))
    assert (sent.status_code, sent.json()["status"], sent.json()["media_type"]) == (201, "clean", "application/pdf")
    id = sent.json()["id"]
    carrying = recorded(message(id))
    await claims.reactions[("discussion", "MessagePosted")](desk.run, carrying.event, carrying)
    read = await desk.client.get(f"/api/files/{id}", headers=agent(desk))
    assert (read.status_code, read.content) == (200, PDF)
    assert read.headers["content-disposition"].startswith('attachment; filename="attestation.pdf"')
    assert read.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in read.headers["content-security-policy"]


async def test_a_document_that_was_just_claimed_is_read_though_its_card_lags_and_the_discussion_is_away(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await opened(desk)
    id = (await send(desk, desk.as_account("a1"))).json()["id"]
    live, goes_on = desk.run.projectors["file_card"].live, asyncio.Event()
    apply = live.apply

    async def later(source: str, page: FeedPage) -> None:
        await goes_on.wait()
        await apply(source, page)

    monkeypatch.setattr(live, "apply", later)
    assert (await desk.client.get(f"/api/files/{id}", headers=agent(desk))).status_code == 503
    carrying = recorded(message(id))
    await claims.reactions[("discussion", "MessagePosted")](desk.run, carrying.event, carrying)
    assert (await desk.client.get(f"/api/files/{id}", headers=agent(desk))).status_code == 200
    goes_on.set()


async def test_an_applicant_sends_nothing_before_a_discussion_is_open(desk: Desk) -> None:
    answer = await send(desk, desk.as_account("a1"))
    # The discussion service is away and our copy knows of none: absence is no answer.
    assert answer.status_code == 503
    assert (await send(desk, agent(desk))).status_code == 201


async def test_the_same_key_sends_the_same_file_and_another_file_under_it_is_refused(desk: Desk) -> None:
    await opened(desk)
    who = desk.as_account("a1") | {"Idempotency-Key": "k1"}
    first, again = await send(desk, who), await send(desk, who)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["guichet-position"] == first.headers["guichet-position"]
    other = await send(desk, who, name="autre.pdf")
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-mismatch")


@pytest.mark.parametrize(
    ("data", "name", "status", "slug"),
    [
        (b"GIF89a" + b"\0" * 50, "image.gif", 415, "unsupported-type"),
        (PDF, "photo.png", 422, "content-mismatch"),
        (PDF[:300], "attestation.pdf", 422, "unreadable-file"),
        (b"", "attestation.pdf", 422, "unreadable-file"),
        (b"%PDF-1.7" + b"0" * 5_242_880, "gros.pdf", 413, "too-large"),
    ],
)
async def test_a_refused_file_leaves_nothing_behind(
    desk: Desk, blobs: MemoryBlobs, data: bytes, name: str, status: int, slug: str
) -> None:
    await opened(desk)
    who = desk.as_account("a1") | {"Idempotency-Key": "k1"}
    for _ in range(2):
        answer = await send(desk, who, data, name)
        assert (answer.status_code, answer.json()["slug"]) == (status, slug)
        assert answer.json()["detail"]
    assert not blobs.held


async def test_without_an_antivirus_verdict_a_file_waits_and_is_not_read(desk: Desk, antivirus: Absent) -> None:
    await opened(desk)
    antivirus.back = False
    sent = (await send(desk, desk.as_account("a1"))).json()
    assert sent["status"] == "pending"
    waiting = await desk.client.get(f"/api/files/{sent['id']}", headers=desk.as_account("a1"))
    assert (waiting.status_code, waiting.json()["slug"]) == (409, "file-pending")
    antivirus.back = True
    await scan_again(desk.run)
    read = await desk.client.get(f"/api/files/{sent['id']}", headers=desk.as_account("a1"))
    assert read.content == PDF


async def test_a_store_that_is_away_answers_503_and_the_same_command_goes_on_later(
    desk: Desk, blobs: MemoryBlobs
) -> None:
    await opened(desk)
    who = desk.as_account("a1") | {"Idempotency-Key": "k1"}
    blobs.down = True
    away = await send(desk, who)
    assert (away.status_code, away.headers["retry-after"]) == (503, "2")
    blobs.down = False
    assert (await send(desk, who)).json()["status"] == "clean"


async def test_what_no_message_carries_is_gone_after_a_day(desk: Desk, blobs: MemoryBlobs, clock: FrozenClock) -> None:
    await opened(desk)
    id = (await send(desk, desk.as_account("a1"))).json()["id"]
    clock.advance(hours=23)
    await expire_abandoned(desk.run)
    assert blobs.held
    clock.advance(hours=2)
    await expire_abandoned(desk.run)
    await empty_quarantine(desk.run)
    assert not blobs.held
    assert (await desk.client.get(f"/api/files/{id}", headers=desk.as_account("a1"))).status_code == 404


async def test_others_and_malformed_ids_answer_alike(desk: Desk) -> None:
    await opened(desk)
    id = (await send(desk, desk.as_account("a1"))).json()["id"]
    answers = [
        await desk.client.get(f"/api/files/{id}", headers=desk.as_account("b2")),
        await desk.client.get(f"/api/files/{id}", headers=desk.as_account("i2", "instructeur", services=("habitat",))),
        await desk.client.get(f"/api/files/{id}", headers=agent(desk)),
        await desk.client.get("/api/files/x", headers=desk.as_account("b2")),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 503, 404]
    assert (await desk.client.get(f"/api/files/{id}", headers=desk.as_anonymous())).status_code == 401
