"""Everything held about me: gathered from every service while it is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.town import Portal, Town, Written, portal

pytestmark = pytest.mark.asyncio(loop_scope="module")

OWN: dict[str, Any] = {
    "account": {"id": "a1", "email": "ada@example.org"},
    "sessions": [],
    "links": [],
    "history": [{"at": "2026-11-24T10:00:00Z", "type": "AccountCreated", "version": 1, "data": {}}],
}


def known(town: Town, *demandes: str) -> None:
    """What the services answer about somebody with these demandes."""
    town.says("identity", "GET /api/me/export", body=OWN)
    items = [{"id": id, "reference": f"2026-{id}"} for id in demandes]
    town.says("dossiers", "GET /api/demandes", body={"items": items, "next": None})
    town.says("notifier", "GET /mails", body={"items": [{"mail": "activation"}]})
    for id in demandes:
        town.says("dossiers", f"GET /api/demandes/{id}", body={"id": id, "answers": {"é": 1}})
        town.says("dossiers", f"GET /api/demandes/{id}/history", body={"items": [{"label": "Déposée"}], "next": None})
        discussion = {"status": "closed", "earlier": [{"id": "d0"}], "messages": []}
        town.says("discussion", f"GET /api/demandes/{id}/discussion", body=discussion)
        town.says("notifier", f"GET /mails/{id}", body={"items": [{"mail": "receipt"}]})


async def test_it_holds_the_account_the_demandes_the_discussions_and_the_mails(door: Portal, town: Town) -> None:
    known(town, "x1", "x2")
    answer = await door.client.get("/api/me/export", headers=town.signs_in())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="guichet-mes-donnees.json"'
    body = answer.json()
    assert body["complete"] is True
    assert (body["account"], body["mails"]) == (OWN["account"], [{"mail": "activation"}])
    assert body["history"][0]["label"] == "Compte créé"
    assert [demande["id"] for demande in body["demandes"]] == ["x1", "x2"]
    first = body["demandes"][0]
    assert first["details"] == {"id": "x1", "answers": {"é": 1}}
    assert first["history"] == [{"label": "Déposée"}]
    assert len(first["discussions"]) == 2
    assert first["mails"] == [{"mail": "receipt"}]
    assert {heard.principal.account for heard in town.heard} == {"0123456789abcdef"}
    assert [heard.query for heard in town.heard if heard.service == "discussion"] == ["", "discussion=d0"] * 2


class Paged(dict[tuple[str, str, str], Written]):
    """Answers of a town in which the list of demandes has pages."""

    def get(self, key: Any, default: Any = None) -> Any:
        if key == ("dossiers", "GET", "/api/demandes") and self.pages:
            return self.pages.pop(0)
        return super().get(key, default)

    pages: list[Written]


async def test_page_after_page_until_the_last(door: Portal, town: Town) -> None:
    known(town, "x1")
    paged = Paged(town.answers)
    following = ("c1", "c2", None)
    paged.pages = [Written(200, {"items": [{"id": "x1"}, {"id": "x1"}], "next": cursor}) for cursor in following]
    town.answers = paged
    body = (await door.client.get("/api/me/export", headers=town.signs_in())).json()
    assert len(body["demandes"]) == 6
    asked = [heard.query for heard in town.heard if heard.path == "/api/demandes"]
    assert asked == ["limit=100", "limit=100&cursor=c1", "limit=100&cursor=c2"]
    town.answers = {}


async def test_nothing_yet_is_a_whole_document_too(door: Portal, town: Town) -> None:
    known(town)
    body = (await door.client.get("/api/me/export", headers=town.signs_in())).json()
    assert (body["demandes"], body["complete"]) == ([], True)


@pytest.mark.parametrize("down", ["discussion", "notifier"])
async def test_what_could_not_be_had_is_null_and_the_document_says_so(tmp_path: Path, down: str) -> None:
    async with portal(tmp_path, down=(down,)) as door:
        known(door.town, "x1")
        body = (await door.client.get("/api/me/export", headers=door.town.signs_in())).json()
        assert body["complete"] is False
        (demande,) = body["demandes"]
        if down == "notifier":
            assert (demande["mails"], body["mails"]) == (None, None)
        else:
            assert demande["discussions"] == []


@pytest.mark.parametrize("down", ["identity", "dossiers"])
async def test_it_does_not_begin_without_the_account_or_the_demandes(tmp_path: Path, down: str) -> None:
    async with portal(tmp_path, down=(down,)) as door:
        known(door.town, "x1")
        answer = await door.client.get("/api/me/export", headers=door.town.signs_in())
        assert (answer.status_code, answer.json()["slug"]) == (503, "unavailable")


async def test_a_refusal_of_identity_passes_as_it_came(door: Portal, town: Town) -> None:
    town.says(
        "identity", "GET /api/me/export", 401, {"slug": "unauthenticated"}, Content_Type="application/problem+json"
    )
    answer = await door.client.get("/api/me/export", headers=town.signs_in())
    assert (answer.status_code, answer.json()["slug"]) == (401, "unauthenticated")


async def test_it_is_for_accounts(door: Portal, town: Town) -> None:
    assert (await door.client.get("/api/me/export")).status_code == 401
    assert (await door.client.get("/api/me/export", headers=town.tracks("x1"))).status_code == 403
    assert town.heard == []
