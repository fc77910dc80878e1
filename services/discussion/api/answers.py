"""The shapes of this service's answers, for the contract."""

from __future__ import annotations

from typing import Literal

from kernel.http.contract import Shown


class MessageAuthor(Shown):
    """Qui a écrit."""

    kind: Literal["applicant", "service"]
    name: str


class Attachment(Shown):
    """Un document joint ; `size` en octets. Seul un document `clean` se télécharge."""

    id: str
    name: str
    media_type: str
    size: int
    status: Literal["clean", "pending", "rejected"]


class Message(Shown):
    """Un message ; `read_at` : quand l'autre côté l'a lu."""

    id: str
    at: str
    author: MessageAuthor
    body: str
    attachments: list[Attachment]
    read_at: str | None


class AwaitedDocument(Shown):
    """Un document demandé ; `received` : le fichier reçu."""

    id: str
    label: str
    required: bool
    due: str | None
    received: str | None


class EarlierDiscussion(Shown):
    """Une discussion close."""

    id: str
    subject: str
    closed_at: str


class Discussion(Shown):
    """La discussion en cours, les messages du plus ancien au plus récent."""

    id: str | None
    status: Literal["none", "open", "closed"]
    earlier: list[EarlierDiscussion]
    subject: str | None
    requested_documents: list[AwaitedDocument]
    messages: list[Message]


class DemarcheName(Shown):
    """Une démarche, par son nom."""

    slug: str
    title: str


class NotifiedDemande(Shown):
    """La demande d'une notification."""

    id: str
    reference: str
    demarche: DemarcheName


class NotifiedDiscussion(Shown):
    """La discussion d'une notification."""

    id: str
    subject: str


class DiscussionNotification(Shown):
    """Des messages à lire."""

    demande: NotifiedDemande
    discussion: NotifiedDiscussion
    unread: int
    at: str


class DiscussionNotifications(Shown):
    """Les notifications de discussion, la plus récente d'abord."""

    items: list[DiscussionNotification]
    next: str | None
