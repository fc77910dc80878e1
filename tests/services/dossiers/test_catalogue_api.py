"""The catalogue as administrateurs keep it: versions, closing, what was filed stays readable as it was filed."""

from __future__ import annotations

from typing import Any

import httpx

from services.dossiers.catalogue import shipped
from tests.support.dossiers import filing
from tests.support.service import Desk

SLUG = "subvention-association"
DEFINITION = next(one for one in shipped() if one.slug == SLUG).model_dump(mode="json")


def admin(desk: Desk) -> dict[str, str]:
    return desk.as_account("admin", "administrateur")


async def puts(desk: Desk, changes: dict[str, Any], slug: str = SLUG, **headers: str) -> httpx.Response:
    return await desk.client.put(
        f"/api/backoffice/demarches/{slug}", json=DEFINITION | changes, headers=admin(desk) | headers
    )


async def closes(desk: Desk, **headers: str) -> httpx.Response:
    return await desk.client.post(f"/api/backoffice/demarches/{SLUG}/closure", headers=admin(desk) | headers)


async def one(desk: Desk, **params: int) -> httpx.Response:
    return await desk.client.get(f"/api/demarches/{SLUG}", params=params, headers=desk.as_anonymous())


def without(field: str) -> list[dict[str, Any]]:
    return [field_ for field_ in DEFINITION["fields"] if field_["name"] != field]


async def test_the_next_version_is_published_and_the_first_stays_readable(desk: Desk) -> None:
    id = (await filing(desk, desk.as_account("a1"))).json()["id"]
    answer = await puts(desk, {"title": "Aide aux associations", "fields": without("nombre_adherents"), "version": 1})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"slug": SLUG, "version": 2, "status": "open"}
    assert answer.headers["etag"] == '"2"'
    now = (await one(desk)).json()
    assert (now["version"], now["title"], now["open"]) == (2, "Aide aux associations", True)
    filed = (await desk.client.get(f"/api/demandes/{id}", headers=desk.as_account("a1"))).json()
    assert filed["demarche"] == {"slug": SLUG, "title": DEFINITION["title"], "version": 1}
    then = (await one(desk, version=filed["demarche"]["version"])).json()
    assert "nombre_adherents" in {field["name"] for field in then["fields"]}
    assert filed["answers"].keys() <= {field["name"] for field in then["fields"]}
    assert then["open"] is False
    assert (await one(desk, version=3)).status_code == 404
    assert (await one(desk, version=0)).status_code == 422


async def test_an_incomplete_legal_block_is_refused_with_one_sentence_per_fault(desk: Desk) -> None:
    answer = await puts(desk, {"legal": {}})
    assert (answer.status_code, answer.json()["slug"]) == (422, "incomplete-definition")
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == [
        "/legal/service_phone",
        "/legal/service_address",
        "/legal/service_email",
        "/legal/silence",
        "/legal/appeal",
        "/legal/texts",
    ]
    assert (await one(desk)).json()["version"] == 1


async def test_what_cannot_be_read_or_belongs_elsewhere_is_refused(desk: Desk) -> None:
    for changes in ({"fields": "rien"}, {"surprise": 1}, {"audience": ["voisins"]}, {"slug": "autre"}):
        answer = await puts(desk, changes)
        assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request")
        assert answer.json()["errors"]


async def test_a_new_demarche_has_its_examples_written(desk: Desk) -> None:
    fields = [{"name": "email", "label": "Votre adresse", "type": "email", "required": True}]
    answer = await puts(desk, {"slug": "nouvelle", "fields": fields}, slug="nouvelle")
    assert answer.json() == {"slug": "nouvelle", "version": 1, "status": "open"}
    shown = (await desk.client.get("/api/demarches/nouvelle", headers=desk.as_anonymous())).json()
    assert shown["fields"][0]["example"] == "prenom.nom@example.org"


async def test_a_closed_demarche_takes_nothing_and_hides_nothing(desk: Desk) -> None:
    id = (await filing(desk, desk.as_account("a1"))).json()["id"]
    draft = (
        await desk.client.post("/api/demandes", json={"demarche": SLUG, "submit": False}, headers=desk.as_account("a1"))
    ).json()["id"]
    answer = await closes(desk)
    assert (answer.status_code, answer.json()) == (200, {"slug": SLUG, "status": "closed"})
    listed = (await desk.client.get("/api/demarches", headers=desk.as_anonymous())).json()["items"]
    assert SLUG not in {item["slug"] for item in listed}
    assert (await one(desk)).json()["open"] is False
    refused = [
        await filing(desk, desk.as_anonymous()),
        await desk.client.post(f"/api/demandes/{id}/duplicate", headers=desk.as_account("a1")),
        await desk.client.post(f"/api/demandes/{draft}/submission", headers=desk.as_account("a1")),
    ]
    assert {(answer.status_code, answer.json()["slug"]) for answer in refused} == {(409, "demarche-closed")}
    for which in (id, draft):
        seen = await desk.client.get(f"/api/demandes/{which}", headers=desk.as_account("a1"))
        assert seen.status_code == 200
    assert (await closes(desk)).json()["slug"] == "bad-transition"
    assert (await puts(desk, {})).json()["version"] == 2
    assert (await filing(desk, desk.as_anonymous())).status_code == 201


async def test_two_administrateurs_do_not_overwrite_each_other(desk: Desk) -> None:
    items = (await desk.client.get("/api/backoffice/demarches", headers=admin(desk))).json()["items"]
    etag = next(item["etag"] for item in items if item["slug"] == SLUG)
    assert (await puts(desk, {}, **{"If-Match": etag})).status_code == 200
    stale = await puts(desk, {}, **{"If-Match": etag})
    assert (stale.status_code, stale.json()["slug"]) == (412, "stale-version")
    key = {"Idempotency-Key": "k"}
    first, again = [await puts(desk, {}, **key) for _ in range(2)]
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")


async def test_the_list_shows_every_demarche_by_pages(desk: Desk) -> None:
    await closes(desk)
    seen, cursor = [], None
    while True:
        params: dict[str, Any] = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        answer = await desk.client.get("/api/backoffice/demarches", params=params, headers=admin(desk))
        seen += answer.json()["items"]
        if (cursor := answer.json()["next"]) is None:
            break
    assert [item["slug"] for item in seen] == sorted(one.slug for one in shipped())
    closed = next(item for item in seen if item["slug"] == SLUG)
    assert (closed["status"], closed["closed_at"] is not None) == ("closed", True)


async def test_nobody_else_administers_the_catalogue(desk: Desk) -> None:
    agent = desk.as_account("i1", "instructeur", services=("vie-associative",))
    for headers, status in ((desk.as_anonymous(), 401), (desk.as_account("a1"), 404), (agent, 404)):
        answers = [
            await desk.client.get("/api/backoffice/demarches", headers=headers),
            await desk.client.put(f"/api/backoffice/demarches/{SLUG}", json=DEFINITION, headers=headers),
            await desk.client.post(f"/api/backoffice/demarches/{SLUG}/closure", headers=headers),
        ]
        assert {answer.status_code for answer in answers} == {status}
    missing = await desk.client.post("/api/backoffice/demarches/inconnue/closure", headers=admin(desk))
    assert missing.status_code == 404
