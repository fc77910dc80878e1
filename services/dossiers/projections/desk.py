"""Which demandes does an agent of some services look for? Over the rows of the dashboard.

Each service is read by itself, along an index of the order asked for, and the pages are merged: no list is sorted
whole, however long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal

from kernel.db import Db, Row
from kernel.errors import Fault, invalid
from kernel.http.paging import Paging
from services.dossiers.aggregate.silence import SOON, URGENT, Alert, alert
from services.dossiers.projections.dashboard import NEVER, SELECT, mine
from services.dossiers.projections.words import searched

Tab = Literal["a_prendre", "les_miennes", "en_attente_usager", "traitees", "toutes"]
Sort = Literal["newest", "oldest", "deadline", "updated"]

AT_WORK: Final = "l.status IN ('deposee', 'en_instruction')"
FOR_APPLICANT: Final = "l.id IN (SELECT demande FROM thread WHERE awaiting='applicant')"
TABS: Final[Mapping[Tab, str]] = {
    "a_prendre": f"{AT_WORK} AND l.assigned_to=''",
    "les_miennes": f"{AT_WORK} AND l.assigned_to<>'' AND l.assigned_to=:me",
    "en_attente_usager": f"{AT_WORK} AND {FOR_APPLICANT}",
    "traitees": "l.status IN ('acceptee', 'refusee', 'sans_suite', 'retiree')",
    "toutes": "1=1",
}
SORTS: Final[Mapping[Sort, tuple[str, bool]]] = {
    "newest": ("submitted_at", True),
    "oldest": ("submitted_at", False),
    "deadline": ("deadline", False),
    "updated": ("updated_at", True),
}


WITHIN: Final = "SELECT count(*) AS n FROM line WHERE service=:service AND deadline BETWEEN :first AND :last"


@dataclass(frozen=True)
class Wanted:
    """Filters of a list; None leaves everything in. `assigned`: `none` or an agent's id.

    `me`: who asks; `today`: the day it is in Paris.
    """

    me: str
    today: date
    tab: Tab = "toutes"
    status: str | None = None
    demarche: str | None = None
    assigned: str | None = None
    awaiting: str | None = None
    deadline_before: str | None = None
    alert: Alert | None = None
    label: str | None = None
    q: str | None = None
    sort: Sort = "newest"

    @property
    def keys(self) -> tuple[str, ...]:
        """What a cursor holds: the order it belongs to, and where in it the list goes on."""
        return "sort", SORTS[self.sort][0], "id"


async def of_services(db: Db, services: frozenset[str], wanted: Wanted, paging: Paging) -> list[Row]:
    """The demandes of an agent's services, one more than the page holds when there are more.

    Raises Refused(invalid-request) on the cursor of another list.
    """
    column, descending = SORTS[wanted.sort]
    clauses, params = _filters(wanted)
    if after := paging.resume(str, str, str):
        if after[0] != wanted.sort:
            detail = "Reprenez la liste depuis le début : ce curseur est celui d'un autre ordre."
            raise invalid("invalid-request", detail, [Fault("/cursor", detail)])
        clauses.append(f"(l.{column}, l.id) {'<' if descending else '>'} (:after_key, :after_id)")
        params |= {"after_key": after[1], "after_id": after[2]}
    way, rows = ("DESC" if descending else "ASC"), []
    where = " AND ".join(["l.service=:service", *clauses])
    sql = f"{SELECT} WHERE {where} ORDER BY l.{column} {way}, l.id {way} LIMIT :limit"
    for service in sorted(services):
        rows += await db.read(sql, service=service, limit=paging.limit + 1, **params)
    rows.sort(key=lambda row: (row[column], row["id"]), reverse=descending)
    shown = rows[: paging.limit + 1]
    labels = await _labels(db, [row["id"] for row in shown])
    return [{**row, "sort": wanted.sort, "labels": labels.get(row["id"], [])} for row in shown]


@dataclass(frozen=True)
class Counts:
    """How many demandes stand at each status, behind each tab, at each level of alert but `none`."""

    status: dict[str, int]
    tabs: dict[Tab, int]
    alerts: dict[Alert, int]


async def counts(db: Db, services: frozenset[str], me: str, today: date) -> Counts:
    """The numbers of these services, whatever is looked for."""
    alerts: dict[Alert, int] = dict.fromkeys(bounds(today), 0)
    status: dict[str, int] = {}
    tabs: dict[Tab, int] = dict.fromkeys(TABS, 0)
    waiting = f"SELECT count(*) AS n FROM line l WHERE l.service=:service AND {TABS['en_attente_usager']}"
    grouped = "SELECT l.status, l.assigned_to, count(*) AS n FROM line l WHERE l.service=:service GROUP BY 1, 2"
    for service in services:
        for row in await db.read(grouped, service=service):
            number = row["n"]
            status[row["status"]] = status.get(row["status"], 0) + number
            tabs["toutes"] += number
            if row["status"] not in ("deposee", "en_instruction"):
                tabs["traitees"] += number
            elif not row["assigned_to"]:
                tabs["a_prendre"] += number
            elif row["assigned_to"] == me:
                tabs["les_miennes"] += number
        tabs["en_attente_usager"] += (await db.read(waiting, service=service))[0]["n"]
        for level, (first, last) in bounds(today).items():
            found = await db.read(WITHIN, service=service, first=first, last=last)
            alerts[level] += found[0]["n"]
    return Counts(status, tabs, alerts)


def on_desk(row: Row, today: date) -> dict[str, Any]:
    """A row as the service sees it on a day."""
    deadline = None if row["deadline"] == NEVER else date.fromisoformat(row["deadline"])
    return {
        **mine(row),
        "unread_messages": row["unread_service"],
        "applicant": {"kind": row["applicant_kind"], "name": row["applicant_name"]},
        "assigned_to": row["assigned_to"] or None,
        "assigned_name": row["assigned_name"] or None,
        "awaiting": row["awaiting"] if row["status"] in ("deposee", "en_instruction") else None,
        "labels": row["labels"],
        "deadline": deadline.isoformat() if deadline else None,
        "alert": alert(deadline, today),
    }


def bounds(today: date) -> dict[Alert, tuple[str, str]]:
    """The first and the last deadline of each level, as `alert` draws them."""
    urgent, soon = (today + timedelta(days=days) for days in (URGENT, SOON))
    return {
        "late": ("", (today - timedelta(days=1)).isoformat()),
        "urgent": (today.isoformat(), urgent.isoformat()),
        "soon": ((urgent + timedelta(days=1)).isoformat(), soon.isoformat()),
    }


async def _labels(db: Db, demandes: list[str]) -> dict[str, list[str]]:
    names = {f"id{number}": id for number, id in enumerate(demandes)}
    found: dict[str, list[str]] = {}
    if names:
        among = ", ".join(f":{name}" for name in names)
        for row in await db.read(f"SELECT * FROM label WHERE demande IN ({among}) ORDER BY demande, label", **names):
            found.setdefault(row["demande"], []).append(row["label"])
    return found


def _filters(wanted: Wanted) -> tuple[list[str], dict[str, Any]]:
    found, words = searched(wanted.q, "l.words")
    clauses, params = [TABS[wanted.tab], *found], {"me": wanted.me, **words}
    for name in ("status", "demarche"):
        if (asked := getattr(wanted, name)) is not None:
            clauses.append(f"l.{name}=:{name}")
            params[name] = asked
    if wanted.awaiting is not None:
        clauses.append(f"{AT_WORK} AND {'' if wanted.awaiting == 'applicant' else 'NOT '}{FOR_APPLICANT}")
    if wanted.assigned is not None:
        clauses.append("l.assigned_to=:assigned")
        params["assigned"] = "" if wanted.assigned == "none" else wanted.assigned
    if wanted.label is not None:
        clauses.append("l.id IN (SELECT demande FROM label WHERE label=:label)")
        params["label"] = wanted.label
    if wanted.alert == "none":
        clauses.append("l.deadline>:soonest")
        params["soonest"] = bounds(wanted.today)["soon"][1]
    elif wanted.alert is not None:
        clauses.append("l.deadline BETWEEN :first AND :last")
        params["first"], params["last"] = bounds(wanted.today)[wanted.alert]
    if wanted.deadline_before is not None:
        clauses.append("l.deadline<:before")
        params["before"] = wanted.deadline_before
    return clauses, params
