"""How many demandes does a service receive, how long do they take, and how do they end?

Days and months are those of Paris. A decision that was reopened counts no more until there is another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded
from kernel.projection import Projection
from services.dossiers.aggregate.calendar import paris_day
from services.dossiers.aggregate.demande import DECISIONS
from services.dossiers.events import DemandeStatusChanged, DemandeSubmitted, DemandeWithdrawn, ImplicitDecisionTaken

EXPRESS, IMPLICIT, WITHDRAWAL = "express", "implicit", "withdrawal"

projection = Projection(
    "statistics",
    version=1,
    ddl="""
    CREATE TABLE IF NOT EXISTS course(demande TEXT PRIMARY KEY, service TEXT NOT NULL, demarche TEXT NOT NULL,
      title TEXT NOT NULL, filed_on TEXT NOT NULL, filed_month TEXT NOT NULL, ended_month TEXT NOT NULL,
      status TEXT NOT NULL, kind TEXT NOT NULL, days INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS course_filed ON course(service, filed_month, filed_on, demarche);
    CREATE INDEX IF NOT EXISTS course_ended ON course(service, ended_month, filed_on, demarche) WHERE kind <> '';
    CREATE INDEX IF NOT EXISTS course_taken ON course(service, demarche, title, kind, status, days, filed_on);
    """,
)


@projection.on(DemandeSubmitted)
def _submitted(tx: Tx, fact: DemandeSubmitted, recorded: Recorded) -> None:
    day = paris_day(recorded.at).isoformat()
    tx.run(
        "INSERT INTO course VALUES(:demande, :service, :demarche, :title, :day, :month, '', '', '', 0)"
        " ON CONFLICT(demande) DO NOTHING",
        demande=fact.demande,
        service=fact.service,
        demarche=fact.demarche,
        title=fact.title,
        day=day,
        month=day[:7],
    )


@projection.on(DemandeStatusChanged)
def _status_changed(tx: Tx, fact: DemandeStatusChanged, recorded: Recorded) -> None:
    if fact.new in DECISIONS:
        _end(tx, fact.demande, fact.new, EXPRESS, paris_day(recorded.at))
    elif fact.old in DECISIONS:
        tx.run("UPDATE course SET ended_month='', status='', kind='', days=0 WHERE demande=:id", id=fact.demande)


@projection.on(ImplicitDecisionTaken)
def _decided_by_silence(tx: Tx, fact: ImplicitDecisionTaken, recorded: Recorded) -> None:
    _end(tx, fact.demande, fact.new, IMPLICIT, date.fromisoformat(fact.on))


@projection.on(DemandeWithdrawn)
def _withdrawn(tx: Tx, fact: DemandeWithdrawn, recorded: Recorded) -> None:
    _end(tx, fact.demande, "retiree", WITHDRAWAL, paris_day(recorded.at))


def _end(tx: Tx, demande: str, status: str, kind: str, on: date) -> None:
    found = tx.run("SELECT filed_on FROM course WHERE demande=:id", id=demande)
    days = (on - date.fromisoformat(found[0]["filed_on"])).days if found else 0
    tx.run(
        "UPDATE course SET ended_month=:month, status=:status, kind=:kind, days=:days WHERE demande=:id",
        month=on.isoformat()[:7],
        status=status,
        kind=kind,
        days=max(days, 0),
        id=demande,
    )


@dataclass(frozen=True)
class Scope:
    """Of what: filed between two days (ISO, both counted), one démarche. None leaves everything in."""

    since: str | None = None
    until: str | None = None
    demarche: str | None = None


async def of_services(db: Db, services: frozenset[str], scope: Scope, today: date) -> dict[str, Any]:
    """The figures of some services, all together; what is waiting, as it stands today."""
    where, params = _where(services, scope)
    filed = await db.read(
        f"SELECT filed_month AS month, count(*) AS n FROM course WHERE {where} GROUP BY filed_month", **params
    )
    ended = await db.read(
        "SELECT ended_month AS month, kind, days, count(*) AS n FROM course"
        f" WHERE {where} AND kind<>'' GROUP BY ended_month, kind, days",
        **params,
    )
    waiting = await db.read(
        f"SELECT demarche, filed_on, count(*) AS n FROM course WHERE {where} AND kind='' GROUP BY demarche, filed_on",
        **params,
    )
    taken = await db.read(
        "SELECT demarche, title, kind, status, days, count(*) AS n FROM course"
        f" WHERE {where} GROUP BY demarche, title, kind, status, days",
        **params,
    )
    return {
        "filed": sum(row["n"] for row in taken),
        "pending": sum(row["n"] for row in taken if not row["kind"]),
        "months": _months(filed, ended),
        "demarches": _demarches(taken, waiting, today),
        "waiting": ages(waiting, today),
        "delays": delays(taken),
        "decisions": _decisions(taken),
    }


def delays(rows: Iterable[Row]) -> dict[str, Any]:
    """From filing to decision, in days: the nearest rank of half and of nine tenths. Withdrawals are no decisions."""
    found: dict[int, int] = {}
    for row in rows:
        if row["kind"] in (EXPRESS, IMPLICIT):
            found[row["days"]] = found.get(row["days"], 0) + row["n"]
    number = sum(found.values())
    return {"decided": number, "median_days": _rank(found, number, 0.5), "p90_days": _rank(found, number, 0.9)}


def ages(rows: Iterable[Row], today: date) -> dict[str, Any]:
    """How long what nobody decided has been waiting, in days since it was filed."""
    found: dict[int, int] = {}
    for row in rows:
        days = max((today - date.fromisoformat(row["filed_on"])).days, 0)
        found[days] = found.get(days, 0) + row["n"]
    number = sum(found.values())
    return {
        "number": number,
        "median_days": _rank(found, number, 0.5),
        "p90_days": _rank(found, number, 0.9),
        "oldest_days": max(found, default=None),
    }


def _rank(found: dict[int, int], number: int, share: float) -> int | None:
    passed = 0
    for days in sorted(found):
        passed += found[days]
        if passed >= ceil(number * share):
            return days
    return None


def _months(filed: list[Row], ended: list[Row]) -> list[dict[str, Any]]:
    came = {row["month"]: row["n"] for row in filed}
    went = _by("month", ended)
    return [
        {
            "month": month,
            "filed": came.get(month, 0),
            "ended": sum(row["n"] for row in went.get(month, ())),
            **{kind: _number(went.get(month, ()), kind) for kind in (EXPRESS, IMPLICIT, WITHDRAWAL)},
            "median_days": delays(went.get(month, ()))["median_days"],
        }
        for month in sorted({*came, *went})
    ]


def _demarches(taken: list[Row], waiting: list[Row], today: date) -> list[dict[str, Any]]:
    since = _by("demarche", waiting)
    return [
        {
            "demarche": {"slug": slug, "title": rows[-1]["title"]},
            "filed": sum(row["n"] for row in rows),
            "pending": _number(rows, ""),
            "delays": delays(rows),
            "decisions": _decisions(rows),
            "waiting": ages(since.get(slug, ()), today),
        }
        for slug, rows in sorted(_by("demarche", taken).items())
    ]


def _by(column: str, rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[column], []).append(row)
    return found


def _number(rows: Iterable[Row], kind: str) -> int:
    return sum(row["n"] for row in rows if row["kind"] == kind)


def _decisions(taken: list[Row]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], int] = {}
    for row in taken:
        if row["kind"]:
            ending = (row["status"], row["kind"])
            found[ending] = found.get(ending, 0) + row["n"]
    return [{"status": status, "kind": kind, "number": found[status, kind]} for status, kind in sorted(found)]


def _where(services: frozenset[str], scope: Scope) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = {f"service{number}": service for number, service in enumerate(sorted(services))}
    clauses = [f"service IN ({', '.join(f':{name}' for name in params)})" if params else "1=0"]
    for name, clause in (
        ("since", "filed_on>=:since"),
        ("until", "filed_on<=:until"),
        ("demarche", "demarche=:demarche"),
    ):
        if (value := getattr(scope, name)) is not None:
            clauses.append(clause)
            params[name] = value
    return " AND ".join(clauses), params
