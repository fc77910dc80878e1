"""Saved views: named filters of one agent, as good as the list's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.dossiers.adapters.views import MOST
from services.dossiers.main import SERVICE
from services.dossiers.reactions.drafts import leavers
from services.identity.events import AccountErased
from tests.services.dossiers.test_desk import filed
from tests.support.foreign import recorded
from tests.support.service import Desk, serving

VIEWS = "/api/backoffice/views"
EMPTY = {"name": "a", "filters": dict[str, str]()}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path) as running:
        yield running


def agent(desk: Desk, account: str = "i1") -> dict[str, str]:
    return desk.as_account(account, "instructeur", services=("vie-associative",))


async def save(
    desk: Desk, id: str, expect: int = 200, *, name: str = "Ma vue", account: str = "i1", **filters: Any
) -> Any:
    body = {"name": name, "filters": filters}
    answer = await desk.client.put(f"{VIEWS}/{id}", json=body, headers=agent(desk, account))
    assert answer.status_code == expect, answer.text
    return answer.json()


async def named(desk: Desk, account: str = "i1") -> dict[str, Any]:
    answer = await desk.client.get(VIEWS, headers=agent(desk, account))
    assert answer.status_code == 200
    return {item["name"]: item["filters"] for item in answer.json()["items"]}


async def test_a_view_is_kept_replaced_and_forgotten(desk: Desk) -> None:
    await save(desk, "lundi", name="À voir  lundi", tab="a_prendre", q="fanfare")
    await save(desk, "autre", name="Autre", status="deposee")
    await save(desk, "lundi", name="À voir mardi", deadline_before="2026-12-31", sort="deadline")
    assert await named(desk) == {
        "Autre": {"status": "deposee"},
        "À voir mardi": {"deadline_before": "2026-12-31", "sort": "deadline"},
    }
    assert await named(desk, "i2") == {}
    stranger = await desk.client.delete(f"{VIEWS}/autre", headers=agent(desk, "i2"))
    assert (stranger.status_code, list(await named(desk))) == (204, ["Autre", "À voir mardi"])
    for _ in range(2):
        assert (await desk.client.delete(f"{VIEWS}/autre", headers=agent(desk))).status_code == 204
    assert list(await named(desk)) == ["À voir mardi"]
    assert (await desk.client.delete(f"{VIEWS}/%07", headers=agent(desk))).status_code == 404


async def test_a_view_without_a_name_is_called_by_its_id(desk: Desk) -> None:
    body = {"filters": {"tab": "traitees"}}
    answer = await desk.client.put(f"{VIEWS}/Été%202026", json=body, headers=agent(desk))
    assert (answer.status_code, answer.json()["id"], answer.json()["name"]) == (200, "Été 2026", "Été 2026")
    assert (await desk.client.delete(f"{VIEWS}/Été%202026", headers=agent(desk))).status_code == 204
    assert await named(desk) == {}


async def test_what_was_saved_is_the_query_of_the_list(desk: Desk) -> None:
    id = await filed(desk, "Zoé Martin")
    await filed(desk, "Béatrice Lœuil")
    filters = (await save(desk, "zoe", q="zoe", tab="a_prendre", sort="oldest"))["filters"]
    answer = await desk.client.get("/api/backoffice/demandes", params=filters, headers=agent(desk))
    assert [item["id"] for item in answer.json()["items"]] == [id]


@pytest.mark.parametrize(
    "filters",
    [{"tab": "x"}, {"status": "perdue"}, {"sort": "x"}, {"deadline_before": "demain"}, {"limit": 5}, {"q": "x" * 201}],
)
async def test_a_filter_the_list_does_not_know_is_refused(desk: Desk, filters: dict[str, Any]) -> None:
    await save(desk, "x", 422, **filters)
    assert await named(desk) == {}


async def test_an_agent_has_so_many_views_at_most(desk: Desk) -> None:
    for number in range(MOST):
        await save(desk, f"v{number}")
    assert (await save(desk, "trop", 409))["slug"] == "too-many-views"
    await save(desk, "v3", tab="traitees")
    await save(desk, "chez-une-autre", account="i2")
    for name in (" ", "x" * 61, "\x00", "a\x07b"):
        await save(desk, "v4", 422, name=name)
    for id in ("%20", "x" * 61, "%00", "a%07"):
        await save(desk, id, 422)


async def test_views_are_for_agents_and_go_with_their_account(desk: Desk) -> None:
    await save(desk, "a", name="a", q="martin")
    await save(desk, "b", name="b", account="i2")
    for headers, status in ((desk.as_account("a1"), 404), (desk.as_anonymous(), 401)):
        assert (await desk.client.get(VIEWS, headers=headers)).status_code == status
        assert (await desk.client.put(f"{VIEWS}/a", json=EMPTY, headers=headers)).status_code == status
        assert (await desk.client.delete(f"{VIEWS}/a", headers=headers)).status_code == status
    gone = AccountErased(account="i1", email="i1@example.org")
    await leavers.reactions[("identity", "AccountErased")](desk.run, gone, recorded(gone))
    assert (await named(desk), list(await named(desk, "i2"))) == ({}, ["b"])
