"""Agents who come by ProConnect: by our own grant, with a second factor, from a body of ours, one `sub` each."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic_core import from_json

from tests.federation.conftest import Abroad
from tests.support.federation import SIRET, Browser

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOGIN = "/api/proconnect/login"


def comes(abroad: Abroad, sub: str, email: str, acr: str = "eidas1-mfa", siret: str = SIRET, **claims: Any) -> Browser:
    """Whoever goes to ProConnect next is this agent; his browser."""
    abroad.proconnect.next(sub, acr, email=email, siret=siret, given_name="Claire", usual_name="Moreau", **claims)
    return abroad.office.browser()


async def refused(browser: Browser, status: int, said: str) -> None:
    """He is told why, and has no session."""
    answer = await browser.follow(LOGIN)
    assert answer.status_code == status
    assert said in answer.text.replace("&#39;", "'")
    assert await browser.me() is None


async def test_proconnect_is_asked_for_a_second_factor_and_proven_the_code(abroad: Abroad) -> None:
    answer = await abroad.office.browser().get(LOGIN)
    asked = {name: value for name, (value,) in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert "acr_values" not in asked
    assert asked["scope"] == "openid email siret"
    wanted = {"essential": True, "values": ["eidas0-mfa", "eidas1-mfa", "eidas2", "eidas3"]}
    assert from_json(asked["claims"]) == {"id_token": {"acr": wanted}}


async def test_an_invited_agent_enters_with_his_roles_and_neither_password_nor_code(abroad: Abroad) -> None:
    id = await abroad.office.hires("claire@departement.example.org")
    browser = comes(abroad, "agent-1", "Claire@departement.example.org")
    await browser.follow(LOGIN)
    me = await browser.me()
    assert me is not None
    assert (me["id"], me["roles"], me["services"]) == (id, ["demandeur", "instructeur"], ["education"])
    assert me["second_factor"] == {"enabled": False, "required": False}
    assert (me["franceconnect"], me["has_password"], me["email_proven"]) == (False, False, True)
    facts = await abroad.office.facts(id)
    assert facts[-3:] == ["IdentityLinked", "AccountActivated", "IdentityUsed"]


async def test_nobody_becomes_an_agent_by_coming(abroad: Abroad) -> None:
    await refused(comes(abroad, "stranger", "stranger@departement.example.org"), 403, "Aucun agent n'est enregistré")
    await abroad.office.joins("citizen@departement.example.org")
    await refused(comes(abroad, "citizen", "citizen@departement.example.org"), 403, "Aucun agent n'est enregistré")


async def test_an_agent_of_another_body_is_refused_even_if_he_is_known(abroad: Abroad) -> None:
    await abroad.office.hires("elsewhere@departement.example.org")
    for siret in ("35600000000048", "", "22450001800013 "):
        browser = comes(abroad, "elsewhere", "elsewhere@departement.example.org", siret=siret)
        await refused(browser, 403, "Aucun agent n'est enregistré")


async def test_the_first_sub_that_comes_for_an_agent_is_the_only_one(abroad: Abroad) -> None:
    id = await abroad.office.hires("pinned@departement.example.org")
    first = comes(abroad, "pinned-1", "pinned@departement.example.org")
    await first.follow(LOGIN)
    assert (await first.me() or {})["id"] == id
    await refused(comes(abroad, "pinned-2", "pinned@departement.example.org"), 403, "Aucun agent n'est enregistré")
    renamed = comes(abroad, "pinned-1", "another@departement.example.org")
    await renamed.follow(LOGIN)
    assert (await renamed.me() or {})["id"] == id, "the sub counts, whatever the address is by then"


async def test_a_disabled_agent_is_refused(abroad: Abroad) -> None:
    id = await abroad.office.hires("gone@departement.example.org")
    browser = comes(abroad, "gone", "gone@departement.example.org")
    await browser.follow(LOGIN)
    assert await browser.me() is not None
    headers = abroad.office.desk.as_service("console", "operate")
    answer = await abroad.office.people.post(f"/internal/agents/{id}/disable", {}, headers)
    assert answer.status_code == 200
    await refused(comes(abroad, "gone", "gone@departement.example.org"), 403, "désactivé")


async def test_an_agent_leaves_proconnect_too(abroad: Abroad) -> None:
    await abroad.office.hires("out@departement.example.org")
    browser = comes(abroad, "out", "out@departement.example.org")
    await browser.follow(LOGIN)
    away = await browser.submit(await browser.get("/deconnexion"), "/deconnexion")
    assert away.headers["location"].startswith(f"{abroad.proconnect.issuer}/session/end?")


async def test_franceconnects_state_is_of_no_use_at_proconnect(abroad: Abroad) -> None:
    await abroad.office.hires("mixed@departement.example.org")
    browser = comes(abroad, "mixed", "mixed@departement.example.org")
    back = await browser.follow(LOGIN, until=f"{browser.home}/api/")
    crossed = back.headers["location"].replace("/proconnect/", "/franceconnect/")
    answer = await browser.get(crossed)
    assert answer.status_code == 422
    assert await browser.me() is None


async def test_resetting_the_second_factor_lets_the_former_identity_go(abroad: Abroad) -> None:
    id = await abroad.office.hires("moves@departement.example.org")
    first = comes(abroad, "moves-1", "moves@departement.example.org")
    await first.follow(LOGIN)
    assert await abroad.office.people.verified(first.token) is not None
    headers = abroad.office.desk.as_service("console", "operate")
    answer = await abroad.office.people.post(f"/internal/agents/{id}/second-factor/reset", {}, headers)
    assert answer.status_code == 200, answer.text
    assert await abroad.office.people.verified(first.token) is None
    second = comes(abroad, "moves-2", "moves@departement.example.org")
    await second.follow(LOGIN)
    assert (await second.me() or {})["id"] == id
    await refused(comes(abroad, "moves-1", "moves@departement.example.org"), 403, "Aucun agent n'est enregistré")
