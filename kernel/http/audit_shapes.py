"""The shapes of the auditor's answers, for the contract."""

from __future__ import annotations

from typing import Any

from pydantic import RootModel

from kernel.http.contract import Shown


class AuditedEvent(Shown):
    """Un fait, au format CloudEvents 1.0 ; `sequence` est sa position dans le journal du service."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    dataschema: str
    partitionkey: str
    sequence: str
    prevsequence: str
    streamversion: int
    correlationid: str
    causationid: str
    commandid: str
    actor: str
    chain: str
    traceparent: str = ""
    data: dict[str, Any] | None


class AuditedEvents(RootModel[list[AuditedEvent]]):
    """Des faits, dans l'ordre du journal."""


class AuditedStream(Shown):
    """Un flux à une version ou à un instant ; `verified` : sa chaîne d'empreintes est intacte."""

    stream: str
    version: int
    state: dict[str, Any] | None
    events: list[AuditedEvent]
    verified: bool


class Verification(Shown):
    """La vérification des chaînes d'un service ; `progress` va de 0 à 1."""

    id: str
    done: bool
    progress: float
    events: int = 0
    streams: int = 0
    ok: bool = False
    faults: tuple[str, ...] = ()
    error: str = ""


class ProjectionPosition(Shown):
    """Un modèle de lecture, et jusqu'où il a suivi chaque service."""

    name: str
    version: int
    position: dict[str, int]


class ProjectionPositions(Shown):
    """Les modèles de lecture d'un service."""

    items: list[ProjectionPosition]


class Replay(Shown):
    """La reconstruction d'un modèle de lecture, comparée à celui qui sert."""

    id: str
    done: bool
    progress: float
    projection: str = ""
    events: int = 0
    seconds: float = 0
    identical: bool = False
    differences: tuple[str, ...] = ()
    ok: bool = False
    error: str = ""
