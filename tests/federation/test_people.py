"""People who come by FranceConnect: a real provider, set up as it is, and the real gateway and identity."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.federation.conftest import Abroad
from tests.support.federation import Browser
from tests.support.people import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOGIN = "/api/franceconnect/login"
ANGELA: dict[str, Any] = {
    "given_name": "Angela Claire Louise",
    "family_name": "DUBOIS",
    "preferred_username": "",
    "birthdate": "1962-08-24",
}


def comes(abroad: Abroad, sub: str, email: str, **changes: Any) -> Browser:
    """Whoever goes to FranceConnect next is this person; her browser."""
    abroad.franceconnect.next(sub, **(ANGELA | {"email": email} | changes))
    return abroad.office.browser()


def asked(answer: httpx.Response) -> dict[str, str]:
    """The parameters that a browser is sent to a provider with."""
    assert answer.status_code in (302, 303), answer.text
    return {name: value for name, (value,) in parse_qs(urlsplit(answer.headers["location"]).query).items()}


async def test_a_first_sign_in_opens_an_account_with_the_civil_identity(abroad: Abroad) -> None:
    browser = comes(abroad, "first-v1", "first@example.org", preferred_username="MARTIN")
    answer = await browser.follow(LOGIN)
    assert urlsplit(str(answer.request.url)).path == "/conditions-generales"
    me = await browser.me()
    assert me is not None
    assert me | {"id": ""} == {
        "id": "",
        "email": "first@example.org",
        "first_name": "Angela Claire Louise",
        "last_name": "DUBOIS",
        "phone": None,
        "postal_address": None,
        "roles": ["demandeur"],
        "services": [],
        "franceconnect": True,
        "civil_identity": {
            "given_name": "Angela Claire Louise",
            "family_name": "DUBOIS",
            "usual_name": "MARTIN",
            "birthdate": "1962-08-24",
        },
        "email_proven": False,
        "has_password": False,
        "second_factor": {"enabled": False, "required": False},
        "terms_to_accept": "2026-11",
        "unread_discussions": None,
    }
    names = ["AccountCreated", "IdentityLinked", "AccountActivated", "EmailChangeRequested", "IdentityUsed"]
    assert await abroad.office.facts(me["id"]) == names


async def test_the_terms_come_first_and_then_where_the_person_was_going(abroad: Abroad) -> None:
    browser = comes(abroad, "terms-v1", "terms@example.org")
    answer = await browser.follow(f"{LOGIN}?next=/parametres/franceconnect", until=f"{browser.home}/conditions")
    assert answer.headers["location"] == "/conditions-generales?next=%2Fparametres%2Ffranceconnect"
    assert (await browser.call("POST", "/api/me/terms", {"version": "2026-11"})).status_code == 204
    answer = await browser.follow(f"{LOGIN}?next=/parametres/franceconnect")
    assert (answer.status_code, urlsplit(str(answer.request.url)).path) == (200, "/parametres/franceconnect")
    assert "DUBOIS" in answer.text


async def test_a_program_is_sent_where_it_was_going(abroad: Abroad) -> None:
    abroad.franceconnect.next("program-v1", **ANGELA, email="program@example.org")
    async with httpx.AsyncClient(base_url=abroad.office.url) as client:
        answer = await client.get(LOGIN, params={"next": "/demandes?x=1"})
        assert answer.status_code == 302
        while answer.headers["location"].startswith(("http://127.0.0.1", "/api/v2")):
            answer = await client.get(str(answer.url.join(answer.headers["location"])))
        assert (answer.status_code, answer.headers["location"]) == (303, "/demandes?x=1")
        assert (await client.get("/api/me")).json()["franceconnect"] is True


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
async def test_nobody_is_sent_to_another_site(abroad: Abroad, target: str) -> None:
    browser = comes(abroad, "same-site-v1", "same-site@example.org")
    await browser.follow(LOGIN)
    await browser.call("POST", "/api/me/terms", {"version": "2026-11"})
    answer = await browser.follow(f"{LOGIN}?next={target}", until=f"{browser.home}/?")
    assert answer.headers.get("location", "/") == "/"


async def test_franceconnect_is_asked_what_it_knows_and_nothing_else(abroad: Abroad) -> None:
    browser = abroad.office.browser()
    answer = await browser.get(LOGIN)
    given = asked(answer)
    assert given | {"state": "", "nonce": ""} == {
        "client_id": "guichet",
        "redirect_uri": f"{abroad.office.url}/api/franceconnect/callback",
        "response_type": "code",
        "scope": "openid given_name family_name preferred_username birthdate email",
        "acr_values": "eidas1",
        "state": "",
        "nonce": "",
    }
    assert len(given["state"]) >= 32
    assert len(given["nonce"]) >= 32
    (cookie,) = [value for name, value in answer.headers.multi_items() if name == "set-cookie"]
    assert cookie.startswith("guichet-federation=")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax; Max-Age=600")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_second_sign_in_opens_the_same_account_whatever_the_address_is_by_then(abroad: Abroad) -> None:
    browser = comes(abroad, "again-v1", "again@example.org")
    await browser.follow(LOGIN)
    before = await browser.me()
    await abroad.office.joins("moved@example.org")
    again = comes(abroad, "again-v1", "moved@example.org")
    await again.follow(LOGIN)
    assert await again.me() == before


async def test_an_address_that_has_an_account_lets_nobody_in(abroad: Abroad) -> None:
    await abroad.office.joins("taken@example.org", "Angela", "Dubois")
    browser = comes(abroad, "taken-v1", "taken@example.org")
    page = await browser.follow(LOGIN)
    assert urlsplit(str(page.request.url)).path == "/connexion/franceconnect"
    assert "taken@example.org" in page.text
    assert await browser.me() is None


async def test_the_password_of_the_account_links_it(abroad: Abroad) -> None:
    id = await abroad.office.joins("mine@example.org", "Angela", "Dubois")
    browser = comes(abroad, "mine-v1", "mine@example.org")
    page = await browser.follow(f"{LOGIN}?next=/parametres/franceconnect")
    wrong = await browser.submit(
        page, "/connexion/franceconnect", action="link", email="mine@example.org", password="non"
    )
    assert wrong.status_code == 422
    assert "mot de passe incorrect" in wrong.text
    assert await browser.me() is None
    right = await browser.submit(
        wrong, "/connexion/franceconnect", action="link", email="mine@example.org", password=PASSWORD
    )
    assert (right.status_code, right.headers["location"]) == (303, "/parametres/franceconnect")
    me = await browser.me()
    assert me is not None
    assert (me["id"], me["franceconnect"], me["last_name"]) == (id, True, "DUBOIS")
    assert (await browser.get("/connexion/franceconnect")).status_code == 422, "it was settled"
    assert (await abroad.office.facts(id))[-3:] == ["IdentityLinked", "ProfileChanged", "IdentityUsed"]
    other = comes(abroad, "mine-v1", "mine@example.org")
    await other.follow(LOGIN)
    assert (await other.me() or {})["id"] == id


async def test_an_account_of_other_names_is_not_linked(abroad: Abroad) -> None:
    id = await abroad.office.joins("spouse@example.org", "Paul", "Dubois")
    browser = comes(abroad, "spouse-v1", "spouse@example.org")
    page = await browser.follow(LOGIN)
    answer = await browser.submit(
        page, "/connexion/franceconnect", action="link", email="spouse@example.org", password=PASSWORD
    )
    assert answer.status_code == 422
    assert "ne sont pas ceux que FranceConnect a transmis" in answer.text
    assert await browser.me() is None
    assert "IdentityLinked" not in await abroad.office.facts(id)


async def test_another_account_may_have_the_address_of_a_relative(abroad: Abroad) -> None:
    owner = await abroad.office.joins("shared@example.org", "Paul", "Dubois")
    browser = comes(abroad, "shared-v1", "shared@example.org")
    page = await browser.follow(LOGIN)
    empty = await browser.submit(page, "/connexion/franceconnect", action="create")
    assert empty.status_code == 422
    assert 'href="#new-email"' in empty.text
    answer = await browser.submit(empty, "/connexion/franceconnect", action="create", email="shared@example.org")
    assert answer.status_code == 303
    me = await browser.me()
    assert me is not None
    assert me["id"] != owner
    assert (me["email"], me["email_proven"]) == ("shared@example.org", False)
    assert (await abroad.office.facts(owner))[-1] == "AddressClaimed"
    assert (await abroad.office.browser().signs_in("shared@example.org"))["id"] == owner


async def test_whoever_renounces_leaves_nothing(abroad: Abroad) -> None:
    await abroad.office.joins("renounces@example.org", "Angela", "Dubois")
    browser = comes(abroad, "renounces-v1", "renounces@example.org")
    page = await browser.follow(LOGIN)
    answer = await browser.submit(page, "/connexion/franceconnect", action="drop")
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion")
    assert (await browser.get("/connexion/franceconnect")).status_code == 422


async def test_without_an_address_one_is_asked_for(abroad: Abroad) -> None:
    browser = comes(abroad, "silent-v1", "")
    page = await browser.follow(LOGIN)
    assert "transmis d'adresse" in page.text
    bad = await browser.submit(page, "/connexion/franceconnect", action="create", email="pas une adresse")
    assert bad.status_code == 422
    answer = await browser.submit(bad, "/connexion/franceconnect", action="create", email="silent@example.org")
    assert answer.status_code == 303
    assert (await browser.me() or {})["email"] == "silent@example.org"


async def test_giving_up_is_said_plainly(abroad: Abroad) -> None:
    abroad.franceconnect.gives_up()
    browser = abroad.office.browser()
    answer = await browser.follow(LOGIN)
    assert answer.status_code == 403
    assert "Vous avez interrompu votre identification" in answer.text
    assert await browser.me() is None


async def test_two_first_sign_ins_at_once_open_one_account(abroad: Abroad) -> None:
    ways = []
    for _ in range(3):
        browser = comes(abroad, "hasty-v1", "hasty@example.org")
        back = await browser.follow(LOGIN, until=f"{browser.home}/api/franceconnect/callback")
        ways.append((browser, back.headers["location"]))
    answers = await asyncio.gather(*(browser.get(address) for browser, address in ways))
    assert {answer.status_code for answer in answers} <= {303, 409, 503}
    accounts = {me["id"] for browser, _ in ways if (me := await browser.me()) is not None}
    assert len(accounts) == 1
    later = comes(abroad, "hasty-v1", "hasty@example.org")
    await later.follow(LOGIN)
    assert {(await later.me() or {})["id"]} == accounts
