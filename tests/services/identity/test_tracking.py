"""« Suivre mes demandes » with a real dossiers next door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kernel.clock import FrozenClock, system_clock
from kernel.runtime.app import application
from services.dossiers.main import SERVICE as DOSSIERS
from tests.support.people import People, people_at
from tests.support.service import Desk, serving
from tests.support.town import free_socket, listening

CALL = "/api/tracking-sessions"


@asynccontextmanager
async def neighbours(directory: Path, clock: FrozenClock | None = None) -> AsyncIterator[tuple[People, Desk]]:
    """Identity, and the dossiers it asks over a real socket."""
    with free_socket() as socket:
        url = "http://{}:{}".format(*socket.getsockname())
        async with (
            serving(DOSSIERS, directory) as dossiers,
            listening(application(DOSSIERS, dossiers.run), socket),
            people_at(directory, clock=clock or system_clock, dossiers_url=url) as people,
        ):
            yield people, dossiers


async def filed(dossiers: Desk, email: str = "Suivi@Example.org") -> dict[str, Any]:
    """A demande filed without an account."""
    slug = "subvention-association"
    demarche = (await dossiers.client.get(f"/api/demarches/{slug}", headers=dossiers.as_anonymous())).json()
    body = {
        "demarche": slug,
        "on_behalf_of": {"kind": "association", "name": "Fanfare des villages", "identifier": "73282932000074"},
        "contact": {"email": email, "first_name": "Ada", "last_name": "Martin", "postal_address": "1 rue des Lilas"},
        "answers": {field["name"]: field["example"] for field in demarche["fields"] if field["example"] is not None},
        "terms_version": "2026-11",
    }
    answer = await dossiers.client.post("/api/demandes", json=body, headers=dossiers.as_anonymous())
    assert answer.status_code == 201, answer.text
    demande: dict[str, Any] = answer.json()
    return demande


async def test_an_address_and_a_number_open_one_demande(tmp_path: Path) -> None:
    async with neighbours(tmp_path) as (people, dossiers):
        demande = await filed(dossiers)
        typed = demande["tracking_number"].lower().replace("-", " ")
        answer = await people.post(CALL, {"email": "suivi@example.ORG", "tracking_number": typed})
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert body["demande"] == {
            "id": demande["id"],
            "reference": demande["reference"],
            "demarche": {"slug": "subvention-association", "title": body["demande"]["demarche"]["title"]},
            "status": "deposee",
        }
        known = await people.verified(body["token"])
        assert known is not None
        assert known | {"sid": ""} == {
            "kind": "tracking",
            "sid": "",
            "demande": demande["id"],
            "email": "Suivi@example.org",
            "account": None,
            "first_name": None,
            "last_name": None,
            "roles": [],
            "services": [],
            "capacity": None,
            "expires_at": body["expires_at"],
        }
        headers = await people.holding(body["token"]) | {}
        assert (await people.get("/api/sessions", headers)).status_code == 401
    on_disk = b"".join(path.read_bytes() for path in (tmp_path / "identity").glob("state.db*"))
    assert b"suivi@example.org" not in on_disk.lower()
    assert body["token"].encode() not in on_disk


async def test_any_mismatch_answers_alike(tmp_path: Path) -> None:
    async with neighbours(tmp_path) as (people, dossiers):
        mine, other = await filed(dossiers), await filed(dossiers, "autre@example.org")
        attempts = [
            ("suivi@example.org", "0000-0000-0000-0000"),
            ("suivi@example.org", other["tracking_number"]),
            ("inconnu@example.org", mine["tracking_number"]),
            ("pas une adresse", mine["tracking_number"]),
            ("suivi@example.org", ""),
            ("suivi@example.org", "\x00é'; --"),
            ("", ""),
        ]
        answers = [await people.post(CALL, {"email": email, "tracking_number": n}) for email, n in attempts]
        assert {answer.status_code for answer in answers} == {401}
        assert {answer.json()["slug"] for answer in answers} == {"unknown-tracking"}
        assert len({answer.content for answer in answers}) == 1


async def test_a_tracking_session_lasts_half_an_hour_and_is_signed_out(tmp_path: Path, clock: FrozenClock) -> None:
    async with neighbours(tmp_path, clock) as (people, dossiers):
        demande = await filed(dossiers)
        given = {"email": "suivi@example.org", "tracking_number": demande["tracking_number"]}
        first, second = [(await people.post(CALL, given)).json()["token"] for _ in range(2)]
        known = await people.verified(first)
        assert known is not None
        claims = {"sub": "tracking:x", "kind": "tracking", "demande": demande["id"], "sid": known["sid"]}
        headers = people.vouched(claims)
        assert (await people.desk.client.delete("/api/sessions/current", headers=headers)).status_code == 204
        assert await people.verified(first) is None
        clock.advance(minutes=29)
        assert await people.verified(second) is not None
        clock.advance(minutes=1)
        assert await people.verified(second) is None


async def test_ten_guesses_a_minute_and_no_more(tmp_path: Path, clock: FrozenClock) -> None:
    async with neighbours(tmp_path, clock) as (people, dossiers):
        demande = await filed(dossiers)
        wrong = {"email": "suivi@example.org", "tracking_number": "0000-0000-0000-0000"}
        right = wrong | {"tracking_number": demande["tracking_number"]}
        assert [(await people.post(CALL, right)).status_code for _ in range(12)] == [201] * 12
        assert [(await people.post(CALL, wrong)).status_code for _ in range(10)] == [401] * 10
        refused = await people.post(CALL, right)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        clock.advance(seconds=60)
        assert (await people.post(CALL, right)).status_code == 201


async def test_without_dossiers_nobody_is_told_that_his_number_is_wrong(people: People) -> None:
    answer = await people.post(CALL, {"email": "suivi@example.org", "tracking_number": "0000-0000-0000-0000"})
    assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")
    assert "retry-after" in answer.headers


@pytest.mark.parametrize(
    "body", [{}, {"email": "a" * 400, "tracking_number": "x"}, {"email": "a", "tracking_number": 1}]
)
async def test_a_form_of_the_wrong_shape_never_reaches_dossiers(people: People, body: dict[str, Any]) -> None:
    assert (await people.post(CALL, body)).status_code == 422
