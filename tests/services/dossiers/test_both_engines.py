"""Searches and lists find the same over SQLite and over PostgreSQL: accents, capitals, beginnings, odd characters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.dossiers.aggregate.opinions import opinions, request_opinion
from services.dossiers.catalogue import shipped
from services.dossiers.main import SERVICE
from services.dossiers.projections import readers
from services.dossiers.reactions.readings import forget_months
from services.identity.events import AccountActivated, AccountCreated, RoleGranted
from tests.services.dossiers.test_desk import DESK, act, agent, filed, listed
from tests.services.dossiers.test_opinions import asking
from tests.support.databases import ENGINES, place
from tests.support.foreign import tell
from tests.support.service import Desk, serving

PEOPLE = ("Béatrice Lœuil", "Zoé Martin", "Driss Ben Ali", "Ève O'Neill")
ODD = ("\x00", "a\x00b", "%", "_", "\\", "'", '"', "𝔘", "ß", "%%%", "a' OR '1'='1", "é" * 200, " ", "\ud7ff")


@pytest.fixture(params=sorted(ENGINES))
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    async with (
        place(request.param, tmp_path / "rows") as where,
        serving(SERVICE, tmp_path, database=where.url) as running,
    ):
        yield running


async def catalogue(desk: Desk, **query: Any) -> list[str]:
    answer = await desk.client.get("/api/demarches", params=query, headers=desk.as_anonymous())
    assert answer.status_code == 200, answer.text
    return [item["slug"] for item in answer.json()["items"]]


async def test_the_desk_is_searched_alike(desk: Desk) -> None:
    beatrice, zoe, driss, eve = [await filed(desk, person) for person in PEOPLE]
    for q, found in (
        ("beatrice", [beatrice]),
        ("BÉATRICE", [beatrice]),
        ("loeuil", [beatrice]),
        ("Lœuil", [beatrice]),
        ("zo", [zoe]),
        ("ben ali", [driss]),
        ("ali ben", [driss]),
        ("eve o’neill", [eve]),
        ("O'NEILL", [eve]),
        ("club", [eve, driss, zoe, beatrice]),
        ("club zoé", [zoe]),
        ("zoe beatrice", []),
        ("z%", []),
        ("z_e", []),
    ):
        assert await listed(desk, agent(desk), q=q) == found, q
    for q in ODD:
        for field in ("q", "label", "demarche", "assigned"):
            answer = await desk.client.get(DESK, params={field: q}, headers=agent(desk))
            assert answer.status_code in (200, 422), (field, q, answer.text)


async def test_orders_and_pages_are_alike(desk: Desk) -> None:
    ids = [await filed(desk, person) for person in PEOPLE]
    await act(desk, ids[0], "labels", add=["Été"], remove=[])
    assert await listed(desk, agent(desk), sort="oldest") == ids
    assert await listed(desk, agent(desk), label="Été") == ids[:1]
    assert await listed(desk, agent(desk), label="ete") == []
    assert await listed(desk, agent(desk), alert="none") == await listed(desk, agent(desk))
    seen, query = [], {"limit": "3", "sort": "deadline"}
    while True:
        page = (await desk.client.get(DESK, params=query, headers=agent(desk))).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert sorted(seen) == sorted(ids)


async def test_the_catalogue_is_searched_alike(desk: Desk) -> None:
    assert set(await catalogue(desk)) == {one.slug for one in shipped()}
    for q, found in (
        ("amelioration", ["amelioration-habitat"]),
        ("AMÉLIORATION habitat", ["amelioration-habitat"]),
        ("renovation", ["amelioration-habitat"]),
        ("vie associative", ["subvention-association"]),
        ("college", ["bourse-departementale-collegien", "soutien-etablissement-ou-commune"]),
        ("introuvable", []),
    ):
        assert await catalogue(desk, q=q) == found, q
    assert await catalogue(desk, audience="association") == ["subvention-association"]
    assert await catalogue(desk, audience="company") == ["travaux-bord-de-route"]
    assert await catalogue(desk, audience="local_authority", q="collège") == ["soutien-etablissement-ou-commune"]
    for q in ODD:
        answer = await desk.client.get("/api/demarches", params={"q": q}, headers=desk.as_anonymous())
        assert answer.status_code == 200, (q, answer.text)
    refused = await desk.client.get("/api/demarches", params={"audience": "x"}, headers=desk.as_anonymous())
    assert refused.status_code == 422


async def test_colleagues_views_and_opinions_are_kept_alike(desk: Desk) -> None:
    for account, name in (("b", "Élise Zola"), ("a", "Luc Éluard"), ("c", "Paul Dupont")):
        first, last = name.split()
        known = {"terms_version": "1", "email": f"{account}@x.org", "first_name": first, "last_name": last}
        created = AccountCreated.model_validate({"account": account, "lookup": account, **known})
        granted = RoleGranted(account=account, role="instructeur", services=("vie-associative",))
        await tell(desk.run, "agents", created, granted, AccountActivated(account=account))
    path = "/api/backoffice/colleagues"
    first = (await desk.client.get(path, params={"limit": "2"}, headers=agent(desk))).json()
    rest = (await desk.client.get(path, params={"cursor": first["next"]}, headers=agent(desk))).json()
    assert [one["id"] for one in (*first["items"], *rest["items"])] == ["c", "a", "b"]
    view = "/api/backoffice/views/ete"
    for _ in range(2):
        answer = await desk.client.put(view, json={"name": "Été", "filters": {"q": "\x00é"}}, headers=agent(desk))
        assert answer.status_code == 200
    assert len((await desk.client.get("/api/backoffice/views", headers=agent(desk))).json()["items"]) == 1
    assert (await desk.client.delete(view, headers=agent(desk))).status_code == 204


async def test_opinions_are_listed_alike(desk: Desk) -> None:
    asked = []
    for number, due in enumerate(("2026-12-09", "2026-12-03", "2026-12-05")):
        id = await filed(desk, "Zoé Martin")
        command = asking(demande=id, opinion=f"o{number}", expert="i9", due=due)
        await desk.run.handle(opinions, id, request_opinion, command, desk.run.own_initiative("ask"))
        asked.append(id)
    headers = desk.as_account("i9", "instructeur", services=("habitat",))
    await act(desk, asked[1], "status", status="sans_suite")
    headers["Guichet-Position"] = f"dossiers={desk.run.store.head}.{desk.run.store.public_head}"
    found, query = [], {"limit": "1"}
    while True:
        page = (await desk.client.get("/api/backoffice/opinions", params=query, headers=headers)).json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == ["o2", "o0", "o1"]
    pending = await desk.client.get("/api/backoffice/opinions", params={"status": "lapsed"}, headers=headers)
    assert [item["id"] for item in pending.json()["items"]] == ["o1"]
    for id, status in ((asked[0], 200), (asked[1], 404)):
        assert (await desk.client.get(f"{DESK}/{id}", headers=headers)).status_code == status
    headers["Guichet-Position"] = f"dossiers={desk.run.store.head}.{desk.run.store.public_head}"
    path, of_service = f"{DESK}/{asked[0]}/readers", agent(desk) | {"Guichet-Position": headers["Guichet-Position"]}
    assert [one["capacity"] for one in (await desk.client.get(path, headers=of_service)).json()["items"]] == ["expert"]
    await forget_months(desk.run)
    assert len((await desk.client.get(path, headers=of_service)).json()["items"]) == 1
    db = await desk.run.view(readers.projection)
    assert len(await readers.months_before(db, "2100-01-01")) == 1
