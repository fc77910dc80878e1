"""The shapes of the catalogue, for the contract."""

from __future__ import annotations

from typing import Literal

from kernel.http.contract import Shown
from services.dossiers.aggregate.form import Definition


class Demarche(Definition):
    """Une démarche et son formulaire ; `open` : elle reçoit des demandes."""

    open: bool


class Demarches(Shown):
    """Les démarches ouvertes."""

    items: list[Demarche]
    next: None


class ManagedDemarche(Shown):
    """Une démarche du catalogue ; `etag` : à renvoyer dans If-Match."""

    slug: str
    title: str
    service: str
    version: int
    status: Literal["open", "closed"]
    published_at: str
    closed_at: str | None
    etag: str


class ManagedDemarches(Shown):
    """Toutes les démarches, closes comprises."""

    items: list[ManagedDemarche]
    next: str | None


class PublishedDemarche(Shown):
    """La version publiée."""

    slug: str
    version: int
    status: Literal["open"]


class ClosedDemarche(Shown):
    """La démarche close."""

    slug: str
    status: Literal["closed"]
