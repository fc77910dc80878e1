"""What tests of discussion say: facts, intentions, and what its neighbours told it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from kernel.envelope import Meta, Recorded
from kernel.events import Event
from kernel.feed import FeedPage
from services.discussion.commands import KnownFile, OpenDiscussion, PostMessage, Side, WantedDocument
from services.discussion.events import (
    DiscussionClosed,
    DiscussionOpened,
    DocumentsRequested,
    MessagePosted,
    MessageRead,
    RequestedDocument,
)
from services.dossiers.events import Contact, DemandeSubmitted, OnBehalfOf
from services.files.events import FileVetted
from tests.support.service import Desk

DEMANDE = "dem0000000000001"
TODAY = date(2026, 11, 24)
NOWHERE = "http://127.0.0.1:9"
ALONE: dict[str, Any] = {f"{name}_url": NOWHERE for name in ("identity", "dossiers", "files", "notifier")}


def document(id: str = "doc1", label: str = "Attestation", required: bool = True, due: str = "") -> WantedDocument:
    return WantedDocument(id=id, label=label, required=required, due=due)


def file(
    id: str, sender: str = "applicant", demande: str = DEMANDE, status: str = "clean", answers: str = ""
) -> KnownFile:
    return KnownFile(
        id=id,
        demande=demande,
        sender=sender,
        name=f"{id}.pdf",
        media_type="application/pdf",
        size=9,
        status=status,
        requested_document=answers,
    )


def opening(**changes: Any) -> OpenDiscussion:
    said: dict[str, Any] = {
        "demande": DEMANDE,
        "demande_status": "en_instruction",
        "service": "habitat",
        "discussion": "dis1",
        "message": "m1",
        "agent": "i1",
        "agent_name": "Jeanne Roy",
        "topic": "Pièces à compléter",
        "body": "Bonjour",
        "documents": (),
        "attachments": (),
        "files": (),
        "today": TODAY,
    }
    return OpenDiscussion(**(said | changes))


def posting(author: Side = "applicant", **changes: Any) -> PostMessage:
    said: dict[str, Any] = {
        "message": "m2",
        "author": author,
        "agent": "i1" if author == "service" else "",
        "author_name": "Jeanne Roy" if author == "service" else "Ada Martin",
        "body": "Bonjour",
        "attachments": (),
        "files": (),
        "received": None,
    }
    return PostMessage(**(said | changes))


def opened(discussion: str = "dis1") -> DiscussionOpened:
    return DiscussionOpened(
        discussion=discussion, demande=DEMANDE, service="habitat", agent="i1", topic="Pièces à compléter"
    )


def requested(*documents: WantedDocument, discussion: str = "dis1") -> DocumentsRequested:
    asked = tuple(RequestedDocument(**one.model_dump()) for one in documents)
    return DocumentsRequested(discussion=discussion, demande=DEMANDE, documents=asked)


def posted(message: str, author: Side, unread: int, **changes: Any) -> MessagePosted:
    said: dict[str, Any] = {
        "discussion": "dis1",
        "demande": DEMANDE,
        "message": message,
        "author": author,
        "agent": "i1" if author == "service" else "",
        "opening": message == "m1",
        "attachments": (),
        "received": {},
        "unread": unread,
        "author_name": "Jeanne Roy" if author == "service" else "Ada Martin",
        "body": "Bonjour",
    }
    return MessagePosted(**(said | changes))


def was_read(reader: Side, up_to: str, remaining: int, discussion: str = "dis1") -> MessageRead:
    return MessageRead(discussion=discussion, demande=DEMANDE, reader=reader, up_to=up_to, remaining=remaining)


def closed(discussion: str = "dis1") -> DiscussionClosed:
    return DiscussionClosed(discussion=discussion, demande=DEMANDE, agent="i1")


def submitted(demande: str = DEMANDE, owner: str = "a1", service: str = "habitat") -> DemandeSubmitted:
    return DemandeSubmitted(
        demande=demande,
        reference=f"2026-{demande[-4:]}",
        demarche="amelioration-habitat",
        demarche_version=1,
        title="Améliorer son logement",
        service=service,
        service_label="Habitat",
        owner=owner,
        terms_version="",
        applicant_kind="self",
        deadline="2027-01-24",
        on_behalf_of=OnBehalfOf(kind="self"),
        contact=Contact(email="ada@example.org", first_name="Ada", last_name="Martin"),
        answers={},
        tracking_number="",
        lookup="",
    )


def vetted(
    id: str, sender: str = "applicant", demande: str = DEMANDE, status: str = "clean", answers: str = ""
) -> FileVetted:
    return FileVetted(
        file=id,
        demande=demande,
        sender=sender,
        media_type="application/pdf",
        size=9,
        sha256="0" * 64,
        status=status,
        requested_document=answers,
        name=f"{id}.pdf",
    )


async def tell(desk: Desk, *facts: Event) -> None:
    """Have every copy of the neighbours' facts learn these, as a page of their feed would."""
    for fact in facts:
        for projector in desk.run.projectors.values():
            live = projector.live
            if fact.origin in live.positions:
                position = live.positions[fact.origin] + 1
                await live.apply(fact.origin, FeedPage([_recorded(fact, position)], position, "epoch"))


def _recorded(fact: Event, position: int) -> Recorded:
    return Recorded(
        source=fact.origin,
        position=position,
        stream=f"{fact.origin}.told-{fact.routed_to}",
        version=position,
        id=uuid4(),
        type=fact.wire_name,
        schema=fact.wire_version,
        at=datetime(2026, 11, 24, 9, tzinfo=UTC),
        meta=Meta(actor="test", command="", fingerprint="", correlation="", causation=""),
        event=fact,
        route=fact.routed_to,
        public=True,
    )


class Talk:
    """Both sides of one demande's discussion, over the API."""

    def __init__(self, desk: Desk, demande: str = DEMANDE) -> None:
        self.desk, self.demande = desk, demande
        self.agent = desk.as_account("i1", "instructeur", services=("habitat",), first_name="Jeanne", last_name="Roy")
        self.applicant = desk.as_account("a1")

    async def opens(self, **said: Any) -> Any:
        """The agent opens a discussion; `headers` come on top of his."""
        headers = self.agent | said.pop("headers", {})
        body = {"subject": "Pièces à compléter", "body": "Bonjour"} | said
        url = f"/api/backoffice/demandes/{self.demande}/discussion"
        return await self.desk.client.post(url, json=body, headers=headers)

    async def closes(self) -> Any:
        """The agent closes it."""
        url = f"/api/backoffice/demandes/{self.demande}/discussion/closure"
        return await self.desk.client.post(url, headers=self.agent)

    async def says(self, who: dict[str, str], body: str = "Bonjour", **said: Any) -> Any:
        """Somebody writes."""
        url = f"/api/demandes/{self.demande}/discussion/messages"
        return await self.desk.client.post(url, json={"body": body, **said}, headers=who)

    async def reads(self, who: dict[str, str], **params: str) -> Any:
        """Somebody looks at it."""
        url = f"/api/demandes/{self.demande}/discussion"
        return await self.desk.client.get(url, params=params, headers=who)

    async def has_read(self, who: dict[str, str], up_to: str) -> Any:
        """Somebody has read up to a message."""
        url = f"/api/demandes/{self.demande}/discussion/read"
        return await self.desk.client.post(url, json={"up_to": up_to}, headers=who)

    async def notified(self, who: dict[str, str], **params: str | int) -> Sequence[dict[str, Any]]:
        """What somebody has still to read."""
        answer = await self.desk.client.get("/api/notifications", params=params, headers=who)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items
