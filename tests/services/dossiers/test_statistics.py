"""The figures of a service: what came, how long it took, how it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.implicit import decide_by_silence
from services.dossiers.commands import DecideBySilence
from services.dossiers.main import SERVICE
from services.dossiers.projections.statistics import delays
from tests.support.service import Desk, serving

FIGURES = "/api/backoffice/statistics"


class Calendar:
    """A clock that is moved by days."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, number: int) -> None:
        self.now += timedelta(days=number)


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


@pytest.fixture
async def desk(tmp_path: Path, calendar: Calendar) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path, clock=calendar) as running:
        yield running


async def filed(desk: Desk) -> str:
    slug = "subvention-association"
    shown = (await desk.client.get(f"/api/demarches/{slug}", headers=desk.as_anonymous())).json()
    body = {
        "demarche": slug,
        "on_behalf_of": {"kind": "association", "name": "Fanfare", "identifier": "73282932000074"},
        "answers": {field["name"]: field["example"] for field in shown["fields"] if field["example"] is not None},
    }
    answer = await desk.client.post("/api/demandes", json=body, headers=desk.as_account("a1"))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def agent(desk: Desk, service: str = "vie-associative") -> dict[str, str]:
    return desk.as_account("i1", "instructeur", services=(service,))


async def moved(desk: Desk, id: str, *path: str) -> None:
    for status in path:
        body = {"status": status, "message": "Voici pourquoi."}
        answer = await desk.client.post(f"/api/backoffice/demandes/{id}/status", json=body, headers=agent(desk))
        assert answer.status_code == 200, answer.text


async def figures(desk: Desk, service: str = "vie-associative", **query: str) -> Any:
    # What the gateway remembers of a session: the figures wait for what its agent just did.
    store = desk.run.store
    seen = {"Guichet-Position": f"dossiers={store.head}.{store.public_head}"}
    answer = await desk.client.get(FIGURES, params=query, headers=agent(desk, service) | seen)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_volumes_delays_and_endings_are_counted(desk: Desk, calendar: Calendar) -> None:
    ids = [await filed(desk) for _ in range(4)]
    calendar.pass_days(10)
    await moved(desk, ids[0], "en_instruction", "acceptee")
    calendar.pass_days(20)
    await moved(desk, ids[1], "en_instruction", "refusee")
    await desk.client.post(f"/api/demandes/{ids[2]}/withdrawal", json={}, headers=desk.as_account("a1"))
    seen = await figures(desk)
    assert (seen["filed"], seen["pending"]) == (4, 1)
    assert seen["months"] == [
        {"month": "2026-03", "filed": 4, "ended": 1, "express": 1, "implicit": 0, "withdrawal": 0, "median_days": 10},
        {"month": "2026-04", "filed": 0, "ended": 2, "express": 1, "implicit": 0, "withdrawal": 1, "median_days": 30},
    ]
    assert seen["waiting"] == {"number": 1, "median_days": 30, "p90_days": 30, "oldest_days": 30}
    assert seen["delays"] == {"decided": 2, "median_days": 10, "p90_days": 30}
    assert seen["decisions"] == [
        {"status": "acceptee", "kind": "express", "number": 1},
        {"status": "refusee", "kind": "express", "number": 1},
        {"status": "retiree", "kind": "withdrawal", "number": 1},
    ]
    (one,) = seen["demarches"]
    assert (one["demarche"]["slug"], one["filed"], one["pending"]) == ("subvention-association", 4, 1)
    assert [one[part] for part in ("delays", "decisions", "waiting")] == [
        seen[part] for part in ("delays", "decisions", "waiting")
    ]


async def test_silence_counts_apart_and_what_waits_gets_older(desk: Desk, calendar: Calendar) -> None:
    silent = await filed(desk)
    calendar.pass_days(65)
    young = await filed(desk)
    assert (await figures(desk))["waiting"] == {"number": 2, "median_days": 0, "p90_days": 65, "oldest_days": 65}
    command = DecideBySilence(deadline=date(2026, 5, 2), today=date(2026, 5, 6))
    await desk.run.handle(demande, silent, decide_by_silence, command, desk.run.own_initiative("silence"))
    calendar.pass_days(2)
    seen = await figures(desk)
    assert seen["waiting"] == {"number": 1, "median_days": 2, "p90_days": 2, "oldest_days": 2}
    assert seen["months"][-1] == {
        "month": "2026-05",
        "filed": 1,
        "ended": 1,
        "express": 0,
        "implicit": 1,
        "withdrawal": 0,
        "median_days": 61,
    }
    assert seen["demarches"][0]["decisions"] == [{"status": "refusee", "kind": "implicit", "number": 1}]
    await moved(desk, young, "sans_suite")
    nobody = {"number": 0, "median_days": None, "p90_days": None, "oldest_days": None}
    assert (await figures(desk))["waiting"] == nobody


async def test_a_reopened_decision_counts_no_more(desk: Desk) -> None:
    id = await filed(desk)
    await moved(desk, id, "en_instruction", "refusee", "en_instruction")
    seen = await figures(desk)
    assert (seen["pending"], seen["decisions"], seen["delays"]["median_days"]) == (1, [], None)


async def test_figures_are_of_a_time_of_a_demarche_and_of_ones_services(desk: Desk, calendar: Calendar) -> None:
    await filed(desk)
    calendar.pass_days(40)
    await filed(desk)
    assert (await figures(desk, since="2026-03-03"))["filed"] == 1
    assert (await figures(desk, until="2026-03-02"))["filed"] == 1
    assert (await figures(desk, demarche="amelioration-habitat"))["filed"] == 0
    assert (await figures(desk, "habitat"))["filed"] == 0
    for name in ("since", "until", "demarche"):
        for value in ("", "x", "\x00", "9999-12-31", "é" * 200):
            answer = await desk.client.get(FIGURES, params={name: value}, headers=agent(desk))
            assert answer.status_code in (200, 422)


async def test_figures_are_for_agents(desk: Desk) -> None:
    assert (await desk.client.get(FIGURES, headers=desk.as_account("a1"))).status_code == 404
    assert (await desk.client.get(FIGURES, headers=desk.as_anonymous())).status_code == 401


def test_ranks_are_those_of_real_demandes() -> None:
    rows = [{"kind": "express", "days": days, "n": 1} for days in range(1, 11)]
    assert delays(rows) == {"decided": 10, "median_days": 5, "p90_days": 9}
    assert delays([{"kind": "withdrawal", "days": 3, "n": 4}])["decided"] == 0
