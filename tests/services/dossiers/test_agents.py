"""Who works beside an agent: folded from what identity says, never shown to anybody but agents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.dossiers.main import SERVICE
from services.dossiers.projections import agents
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountDisabled,
    AccountErased,
    EmailChanged,
    ProfileChanged,
    RoleGranted,
)
from tests.support.foreign import tell
from tests.support.service import Desk, serving

COLLEAGUES = "/api/backoffice/colleagues"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path) as running:
        yield running


async def hired(desk: Desk, account: str, name: str, *services: str, role: str = "instructeur") -> None:
    first, last = name.split(" ", 1)
    created = AccountCreated(
        account=account,
        terms_version="1",
        email=f"{account}@Example.org",
        first_name=first,
        last_name=last,
        lookup="0",
    )
    granted = RoleGranted(account=account, role=role, services=services)
    await tell(desk.run, "agents", created, granted, AccountActivated(account=account))


async def seen(desk: Desk, *services: str, **query: Any) -> list[str]:
    headers = desk.as_account("i1", "instructeur", services=services or ("vie-associative",))
    answer = await desk.client.get(COLLEAGUES, params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


async def test_colleagues_are_those_of_ones_services_by_name_without_accents(desk: Desk) -> None:
    await hired(desk, "a", "Zoé Érard", "vie-associative")
    await hired(desk, "b", "Luc Dupont", "vie-associative", "habitat")
    await hired(desk, "c", "Jeanne Roy", "habitat")
    await hired(desk, "d", "Paul Faure")
    await hired(desk, "e", "Ève Admin", role="administrateur")
    assert await seen(desk) == ["b", "a"]
    assert await seen(desk, "habitat", "vie-associative") == ["b", "a", "c"]
    assert await seen(desk, "education") == []
    assert await seen(desk, scope="all") == ["b", "a", "c"]
    assert await seen(desk, "vie") == [], "the name of a service is no part of another's"


async def test_the_list_goes_on_where_it_stopped(desk: Desk) -> None:
    for number in range(5):
        await hired(desk, f"a{number}", "Ada Martin", "vie-associative")
    headers = desk.as_account("i1", "instructeur", services=("vie-associative",))
    found, query = [], {"limit": "2"}
    while True:
        page = (await desk.client.get(COLLEAGUES, params=query, headers=headers)).json()
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == [f"a{number}" for number in range(5)]


async def test_names_follow_and_who_has_left_is_gone(desk: Desk) -> None:
    for account in ("a", "b", "c"):
        await hired(desk, account, "Ada Martin", "vie-associative")
    changed = ProfileChanged(account="a", first_name="Ada", last_name="Zola", phone="", postal_address="")
    moved = EmailChanged(account="a", email="Ada.Zola@example.org", previous="a@example.org", lookup="1")
    await tell(desk.run, "agents", changed, moved, AccountDisabled(account="b"))
    assert await seen(desk) == ["c", "a"]
    db = await desk.run.view(agents.projection)
    assert await agents.at(db, " ada.zola@EXAMPLE.org ") == "a"
    assert await agents.at(db, "b@example.org") is None, "who was disabled is nobody's colleague"
    assert await agents.names(db, ["a", "b", "x"]) == {"a": "Ada Zola", "b": "Ada Martin"}
    await tell(desk.run, "agents", AccountErased(account="a", email="ada.zola@example.org"))
    await tell(desk.run, "agents", RoleGranted(account="c", role="instructeur", services=()))
    assert await seen(desk) == []
    assert await agents.names(db, ["a"]) == {}


async def test_applicants_see_no_colleagues_and_nothing_odd_breaks_the_list(desk: Desk) -> None:
    assert (await desk.client.get(COLLEAGUES, headers=desk.as_account("a1"))).status_code == 404
    assert (await desk.client.get(COLLEAGUES, headers=desk.as_account("a1", "administrateur"))).status_code == 404
    assert (await desk.client.get(COLLEAGUES, headers=desk.as_anonymous())).status_code == 401
    headers = desk.as_account("i1", "instructeur", services=("vie-associative",))
    for query in ({"scope": "x"}, {"cursor": "x"}, {"cursor": "WzFd"}, {"limit": "0"}):
        assert (await desk.client.get(COLLEAGUES, params=query, headers=headers)).status_code == 422
