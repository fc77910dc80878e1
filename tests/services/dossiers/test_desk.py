"""The lists of the back office: what each tab, filter, order and search leaves in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from services.discussion.events import DiscussionClosed, DiscussionOpened
from services.dossiers.main import SERVICE
from tests.support.facts import sample_of
from tests.support.foreign import tell
from tests.support.service import Desk, serving

DESK = "/api/backoffice/demandes"
PEOPLE = ("Béatrice Lœuil", "Zoé Martin", "Driss Ben Ali", "Ève O'Neill")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path) as running:
        yield running


async def filed(desk: Desk, person: str, slug: str = "subvention-association") -> str:
    shown = (await desk.client.get(f"/api/demarches/{slug}", headers=desk.as_anonymous())).json()
    first, last = person.split(" ", 1)
    kind = shown["audience"][0]
    behalf = {"kind": kind, "name": f"Club de {person}", "identifier": "73282932000074"} if kind != "self" else None
    body = {
        "demarche": slug,
        "on_behalf_of": behalf or {"kind": "self"},
        "contact": {"email": "p@example.org", "first_name": first, "last_name": last},
        "answers": {field["name"]: field["example"] for field in shown["fields"] if field["example"] is not None},
        "terms_version": "2026-11",
    }
    answer = await desk.client.post("/api/demandes", json=body, headers=desk.as_anonymous())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def agent(desk: Desk, account: str = "i1", *services: str) -> dict[str, str]:
    return desk.as_account(account, "instructeur", services=services or ("vie-associative",))


async def listed(desk: Desk, headers: Mapping[str, str], **query: Any) -> list[str]:
    answer = await desk.client.get(DESK, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def act(desk: Desk, id: str, call: str, **body: Any) -> None:
    answer = await desk.client.post(f"{DESK}/{id}/{call}", json=body, headers=agent(desk))
    assert answer.status_code == 200, answer.text


async def discussed(desk: Desk, fact: type[DiscussionOpened] | type[DiscussionClosed], id: str) -> None:
    await tell(desk.run, "dashboard", fact.model_validate(sample_of(fact) | {"demande": id}))


async def test_each_tab_holds_what_its_name_says(desk: Desk) -> None:
    free, mine, waiting, done = [await filed(desk, person) for person in PEOPLE]
    await act(desk, mine, "assignment", agent="me")
    await discussed(desk, DiscussionOpened, waiting)
    for status in ("en_instruction", "acceptee"):
        await act(desk, done, "status", status=status)
    expected = {
        "a_prendre": [waiting, free],
        "les_miennes": [mine],
        "en_attente_usager": [waiting],
        "traitees": [done],
        "toutes": [done, waiting, mine, free],
    }
    for tab, ids in expected.items():
        assert await listed(desk, agent(desk), tab=tab) == ids, tab
    page = (await desk.client.get(DESK, headers=agent(desk))).json()
    assert page["counts"] == {"deposee": 3, "acceptee": 1}
    assert page["tabs"] == {tab: len(ids) for tab, ids in expected.items()}
    await discussed(desk, DiscussionClosed, waiting)
    assert await listed(desk, agent(desk), tab="en_attente_usager") == []


async def test_a_search_finds_every_word_without_accents_case_or_ligatures(desk: Desk) -> None:
    ids = {person: await filed(desk, person) for person in PEOPLE}
    for typed, person in (
        ("BEATRICE", "Béatrice Lœuil"),
        ("loeuil club", "Béatrice Lœuil"),
        ("zoe subvention", "Zoé Martin"),
        ("o'neill", "Ève O'Neill"),
    ):
        assert await listed(desk, agent(desk), q=typed) == [ids[person]], typed
    assert await listed(desk, agent(desk), q="zoe driss") == []
    assert await listed(desk, agent(desk), q="%") == []


@pytest.mark.parametrize("sort", ["newest", "oldest", "deadline", "updated"])
async def test_pages_of_every_order_hold_each_demande_once(desk: Desk, sort: str) -> None:
    ids = [await filed(desk, person) for person in PEOPLE]
    other = await filed(desk, "Zoé Martin", "amelioration-habitat")
    await act(desk, ids[0], "assignment", agent="me")
    for status in ("en_instruction", "sans_suite"):
        await act(desk, ids[1], "status", status=status)
    headers = agent(desk, "i1", "vie-associative", "habitat")
    whole = await listed(desk, headers, sort=sort)
    assert sorted(whole) == sorted([*ids, other])
    paged, cursor = [], None
    while True:
        params = {"sort": sort, "limit": "1"} | ({"cursor": cursor} if cursor else {})
        answer = (await desk.client.get(DESK, params=params, headers=headers)).json()
        paged += [item["id"] for item in answer["items"]]
        if (cursor := answer["next"]) is None:
            break
    assert paged == whole
    if sort == "deadline":
        assert whole[-1] == ids[1], "what is decided has no deadline, and comes last"
    if sort == "updated":
        assert whole[:2] == [ids[1], ids[0]]


async def test_a_cursor_of_another_order_or_list_is_refused(desk: Desk) -> None:
    for person in PEOPLE:
        await filed(desk, person)
    cursor = (await desk.client.get(DESK, params={"limit": 1}, headers=agent(desk))).json()["next"]
    for query in ({"sort": "updated", "cursor": cursor}, {"sort": "newest", "cursor": "WyJhIl0"}):
        answer = await desk.client.get(DESK, params=query, headers=agent(desk))
        assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request")


async def test_filters_that_make_no_sense_are_told_and_never_fail(desk: Desk) -> None:
    await filed(desk, "Zoé Martin")
    for name in (
        "tab",
        "status",
        "demarche",
        "assigned",
        "awaiting",
        "deadline_before",
        "q",
        "sort",
        "limit",
        "cursor",
    ):
        for value in ("", "'; DROP TABLE line;--", "\x00", "é" * 500, "-1", "0001-01-01", "9999-12-31", "\\%_", "𝔘"):
            answer = await desk.client.get(DESK, params={name: value}, headers=agent(desk))
            assert answer.status_code in (200, 422), (name, value, answer.text)


async def test_an_agent_sees_his_services_only_and_others_see_no_desk(desk: Desk) -> None:
    await filed(desk, "Zoé Martin")
    assert await listed(desk, agent(desk, "i2", "habitat")) == []
    assert (await desk.client.get(DESK, headers=desk.as_account("a1"))).status_code == 404
    assert (await desk.client.get(DESK, headers=desk.as_anonymous())).status_code == 401
