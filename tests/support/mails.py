"""Facts that lead to mails, as their services say them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from kernel.clock import rfc3339
from services.discussion.events import DiscussionOpened, DocumentsRequested, MessagePosted, RequestedDocument
from services.dossiers.events import Author, Contact, DemandeStatusChanged, DemandeSubmitted, OnBehalfOf
from services.identity.events import AccountCreated, ActivationRequested

DEMANDE = "dem0000000000001"
ACCOUNT = "acc0000000000001"
DISCUSSION = "dis0000000000001"
TRACKING = "7K3M-Q2ZT-9PXA-0VBN"
TOKEN = "q8Zr1sVtUuYx2w3e4R5t6y7U8i9O0pAaSsDdFfGgHhJ"
SITE = "https://demandes.example.org"


def submitted(
    demande: str = DEMANDE, email: str = "ada@example.org", owner: str = "", **changes: Any
) -> DemandeSubmitted:
    said: dict[str, Any] = {
        "demande": demande,
        "reference": "D-2026-K7M3QZ",
        "demarche": "subvention-association",
        "demarche_version": 1,
        "title": "Subvention à une association",
        "service": "vie-associative",
        "service_label": "Service de la vie associative",
        "owner": owner,
        "terms_version": "2026-11",
        "applicant_kind": "association",
        "deadline": "2027-01-24",
        "on_behalf_of": OnBehalfOf(kind="association", name="Fanfare des villages"),
        "contact": Contact(email=email, first_name="Ada", last_name="Martin"),
        "answers": {},
        "tracking_number": TRACKING,
        "lookup": "0" * 64,
    }
    return DemandeSubmitted(**(said | changes))


def moved(new: str, old: str = "en_instruction", message: str = "", demande: str = DEMANDE) -> DemandeStatusChanged:
    author = Author(
        agent="i1", first_name="Jeanne", last_name="Roy", capacity="cheffe de service", service="vie-associative"
    )
    return DemandeStatusChanged(demande=demande, old=old, new=new, message=message, author=author)


def opened(demande: str = DEMANDE, topic: str = "Pièces manquantes") -> DiscussionOpened:
    return DiscussionOpened(discussion=DISCUSSION, demande=demande, service="vie-associative", agent="i1", topic=topic)


def requested(*labels: str) -> DocumentsRequested:
    documents = tuple(
        RequestedDocument(id=f"d{rank}", label=label, required=rank == 0, due="2026-12-20" if rank == 0 else "")
        for rank, label in enumerate(labels)
    )
    return DocumentsRequested(discussion=DISCUSSION, demande=DEMANDE, documents=documents)


def posted(author: str, *, opening: bool = False, attachments: tuple[str, ...] = ()) -> MessagePosted:
    return MessagePosted(
        discussion=DISCUSSION,
        demande=DEMANDE,
        message="mes0000000000001",
        author=author,
        agent="i1" if author == "service" else "",
        opening=opening,
        attachments=attachments,
        received={},
        unread=1,
        author_name="Jeanne Roy",
        body="Secret de la discussion",
    )


def created(email: str = "ada@example.org", account: str = ACCOUNT) -> AccountCreated:
    return AccountCreated(
        account=account, terms_version="2026-11", email=email, first_name="Ada", last_name="Martin", lookup="0" * 64
    )


def activation(hours: float = 24, account: str = ACCOUNT, **changes: Any) -> ActivationRequested:
    expires_at = rfc3339(datetime.now(UTC) + timedelta(hours=hours))
    return ActivationRequested(account=account, expires_at=expires_at, token=TOKEN, **changes)


def links(text: str) -> list[str]:
    """Every URL of a text or a page, whatever it is for."""
    return re.findall(r"https?://[^\s\"'<>)]+", text)


def long_segments(url: str) -> list[str]:
    """The path segments and query values of 20 characters or more."""
    parts = urlsplit(url)
    pieces = [*parts.path.split("/"), *re.split(r"[&=]", parts.query), parts.fragment]
    return [piece for piece in pieces if len(piece) >= 20]
