"""What becomes of an account that FranceConnect opens: names, address, password, leaving, unlinking, linking."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest

from tests.federation.conftest import Abroad
from tests.support.codes import secret_of
from tests.support.federation import Browser
from tests.support.people import PASSWORD

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOGIN = "/api/franceconnect/login"
CHOICE = "/connexion/franceconnect"
SETTINGS = "/parametres/franceconnect"
CONFIRM = f"{LOGIN}?purpose=confirm&next={SETTINGS}"
ANGELA: dict[str, Any] = {"given_name": "Angela Claire", "family_name": "DUBOIS", "birthdate": "1962-08-24"}


def comes(abroad: Abroad, sub: str, **changes: Any) -> Browser:
    """Whoever goes to FranceConnect next is this person; her browser."""
    abroad.franceconnect.next(sub, **(ANGELA | {"email": f"{sub}@example.org"} | changes))
    return abroad.office.browser()


async def enters(abroad: Abroad, sub: str, **changes: Any) -> Browser:
    """She has signed in."""
    browser = comes(abroad, sub, **changes)
    await browser.follow(LOGIN)
    assert await browser.me() is not None
    return browser


async def proof(abroad: Abroad, account: str) -> str:
    """The token that was last mailed to prove an address of this account."""
    facts = [fact for fact in await abroad.office.people.feed() if ".EmailChangeRequested." in fact["type"]]
    return str([fact["data"]["token"] for fact in facts if fact["data"]["account"] == account][-1])


async def test_the_names_of_the_civil_status_stay_as_they_are(abroad: Abroad) -> None:
    browser = await enters(abroad, "names")
    refused = await browser.call(
        "PATCH", "/api/me", {"first_name": "Ange", "last_name": "Dupont", "phone": "0612345678"}
    )
    assert refused.status_code == 422
    assert refused.json()["slug"] == "verified-identity"
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/first_name", "/last_name"]
    same = {"first_name": "Angela Claire", "last_name": "DUBOIS", "phone": "06 12 34 56 78"}
    kept = await browser.call("PATCH", "/api/me", same)
    assert (kept.status_code, kept.json()["phone"]) == (200, "06 12 34 56 78")
    assert kept.json()["franceconnect"] is True


async def test_the_address_is_proven_by_its_link_and_opens_nothing_before(abroad: Abroad) -> None:
    browser = await enters(abroad, "proves")
    me = await browser.me() or {}
    asked = await abroad.office.browser().call("POST", "/api/password-resets", {"email": me["email"]})
    assert asked.status_code == 202
    assert "PasswordResetRequested" not in await abroad.office.facts(me["id"])
    confirmed = await browser.call("POST", "/api/me/email/confirmation", {"token": await proof(abroad, me["id"])})
    assert confirmed.status_code == 204, confirmed.text
    assert (await browser.me() or {})["email_proven"] is True
    assert (await abroad.office.facts(me["id"]))[-1] == "AddressConfirmed"
    await abroad.office.browser().call("POST", "/api/password-resets", {"email": me["email"]})
    assert (await abroad.office.facts(me["id"]))[-1] == "PasswordResetRequested"


async def test_an_address_that_is_not_proven_yet_keeps_nobody_out(abroad: Abroad) -> None:
    await enters(abroad, "squats", email="squatted@example.org")
    owner = await abroad.office.joins("squatted@example.org", "Paul", "Durand")
    assert (await abroad.office.browser().signs_in("squatted@example.org"))["id"] == owner


async def test_without_a_password_an_identity_just_confirmed_is_asked_for(abroad: Abroad) -> None:
    browser = await enters(abroad, "leaves")
    id = (await browser.me() or {})["id"]
    for method, path, body in (
        ("DELETE", "/api/me", {}),
        ("DELETE", "/api/me", {"password": "x"}),
        ("POST", "/api/me/password", {"password": PASSWORD}),
        ("POST", "/api/me/email", {"email": "elsewhere@example.org"}),
    ):
        refused = await browser.call(method, path, body)
        assert (refused.status_code, refused.json()["slug"]) == (403, "reauthentication-required"), path
    away = await browser.get(CONFIRM)
    assert parse_qs(urlsplit(away.headers["location"]).query)["prompt"] == ["login"]
    assert (await browser.follow(CONFIRM)).status_code == 200
    assert (await browser.call("DELETE", "/api/me", {})).status_code == 204
    assert await browser.me() is None
    again = await enters(abroad, "leaves")
    assert (await again.me() or {})["id"] != id, "the erased account let the person go"


async def test_somebody_elses_identity_confirms_nothing(abroad: Abroad) -> None:
    browser = await enters(abroad, "confirms")
    browser.forgets(abroad.franceconnect.origin)
    abroad.franceconnect.next("not-confirms", **ANGELA, email="x@example.org")
    answer = await browser.follow(CONFIRM)
    assert answer.status_code == 403
    assert "pas celle de ce compte" in answer.text.replace("&#39;", "'")
    assert (await browser.call("DELETE", "/api/me", {})).status_code == 403


async def test_a_first_password_can_be_chosen_and_the_account_unlinked(abroad: Abroad) -> None:
    browser = await enters(abroad, "unlinks")
    id = (await browser.me() or {})["id"]
    assert "Détacher mon compte de FranceConnect" not in (await browser.get(SETTINGS)).text
    await browser.follow(CONFIRM)
    chosen = await browser.call("POST", "/api/me/password", {"password": PASSWORD})
    assert chosen.status_code == 204, chosen.text
    refused = await browser.call("DELETE", "/api/me/franceconnect")
    assert (refused.status_code, refused.json()["slug"]) == (409, "last-credential")
    await browser.call("POST", "/api/me/email/confirmation", {"token": await proof(abroad, id)})
    done = await browser.submit(await browser.get(SETTINGS), SETTINGS)
    assert (done.status_code, done.headers["location"]) == (303, f"{SETTINGS}?fait=franceconnect-detache")
    me = await browser.me() or {}
    assert (me["franceconnect"], me["civil_identity"]) == (False, None)
    renamed = await browser.call("PATCH", "/api/me", {"first_name": "Ange"})
    assert renamed.status_code == 200
    assert (await abroad.office.browser().signs_in("unlinks@example.org"))["id"] == id
    stranger = comes(abroad, "unlinks", email="unlinks-2@example.org")
    await stranger.follow(LOGIN)
    assert (await stranger.me() or {})["id"] != id


async def test_an_account_is_linked_from_its_settings_with_its_password(abroad: Abroad) -> None:
    id = await abroad.office.joins("links@example.org", "Angela", "Dubois")
    browser = comes(abroad, "links")
    await browser.signs_in("links@example.org")
    page = await browser.follow(f"{LOGIN}?purpose=link&next={SETTINGS}")
    assert "Rattacher votre compte" in page.text
    assert (await browser.me() or {})["franceconnect"] is False
    for password in ("", "non"):
        refused = await browser.submit(page, CHOICE, action="link", password=password)
        assert refused.status_code == 422
    done = await browser.submit(page, CHOICE, action="link", password=PASSWORD)
    assert done.headers["location"] == f"{SETTINGS}?fait=franceconnect-rattache"
    me = await browser.me() or {}
    assert (me["id"], me["franceconnect"], me["last_name"]) == (id, True, "DUBOIS")


async def test_an_identity_opens_one_account_only(abroad: Abroad) -> None:
    await enters(abroad, "taken")
    await abroad.office.joins("wants@example.org", "Angela", "Dubois")
    browser = comes(abroad, "taken")
    await browser.signs_in("wants@example.org")
    page = await browser.follow(f"{LOGIN}?purpose=link&next={SETTINGS}")
    answer = await browser.submit(page, CHOICE, action="link", password=PASSWORD)
    assert answer.status_code == 422
    assert "ouvre déjà un autre compte" in answer.text
    assert (await browser.me() or {})["franceconnect"] is False


async def test_linking_takes_an_account(abroad: Abroad) -> None:
    for purpose in ("link", "confirm"):
        browser, address = abroad.office.browser(), f"{LOGIN}?purpose={purpose}"
        answer = await browser.get(address)
        assert parse_qs(urlsplit(answer.headers["location"]).query) == {"next": [address]}
        answer = await browser.get(address, Accept="application/json")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert (await abroad.office.browser().get(f"{LOGIN}?purpose=everything")).status_code == 422


async def test_a_second_factor_is_asked_for_after_franceconnect_too(abroad: Abroad) -> None:
    browser = await enters(abroad, "factor")
    prepared = await browser.call("POST", "/api/me/second-factor")
    secret = secret_of(prepared.json()["otpauth_uri"])
    code = abroad.office.people.code(secret)
    assert (await browser.call("POST", "/api/me/second-factor/confirmation", {"code": code})).status_code == 200
    again = comes(abroad, "factor")
    page = await again.follow(LOGIN)
    assert await again.me() is None
    refused = await again.submit(page, CHOICE, action="code", code="000000")
    assert refused.status_code == 422
    for action in ("create", "link"):
        sneaky = await again.submit(page, CHOICE, action=action, email="factor@example.org", password=PASSWORD)
        assert sneaky.status_code == 422
    right = await again.submit(page, CHOICE, action="code", code=abroad.office.people.code(secret, steps=1))
    assert right.status_code == 303
    assert await again.me() is not None


async def test_a_corrected_civil_status_links_again_and_somebody_elses_does_not(abroad: Abroad) -> None:
    browser = await enters(abroad, "married-1")
    id = (await browser.me() or {})["id"]
    for sub, changes, linked in (
        ("married-2", {"family_name": "LEROY"}, 303),
        ("twin", {"given_name": "Alice", "family_name": "LEROY"}, 422),
        ("cousin", {"birthdate": "1970-01-01"}, 422),
    ):
        browser.forgets(abroad.franceconnect.origin)
        abroad.franceconnect.next(sub, **(ANGELA | {"email": "e@example.org"} | changes))
        page = await browser.follow(f"{LOGIN}?purpose=link&next={SETTINGS}")
        answer = await browser.submit(page, CHOICE, action="link")
        assert answer.status_code == linked, sub
    assert (await browser.me() or {})["last_name"] == "LEROY"
    for sub in ("married-1", "married-2"):
        again = await enters(abroad, sub)
        assert (await again.me() or {})["id"] == id


async def test_an_agents_account_is_not_opened_by_franceconnect(abroad: Abroad) -> None:
    browser = await enters(abroad, "becomes-agent")
    me = await browser.me() or {}
    await browser.call("POST", "/api/me/email/confirmation", {"token": await proof(abroad, me["id"])})
    assert await abroad.office.hires("becomes-agent@example.org") == me["id"]
    again = comes(abroad, "becomes-agent")
    answer = await again.follow(LOGIN)
    assert answer.status_code == 403
    assert "FranceConnect ne l&#39;ouvre pas" in answer.text
    assert await again.me() is None


async def test_leaving_leaves_franceconnect_too(abroad: Abroad) -> None:
    browser = await enters(abroad, "signs-out")
    id = (await browser.me() or {})["id"]
    page = await browser.get("/deconnexion")
    assert f"form-action 'self' {abroad.franceconnect.origin}" in page.headers["content-security-policy"]
    away = await browser.submit(page, "/deconnexion")
    there = away.headers["location"]
    assert there.startswith(f"{abroad.franceconnect.issuer}/session/end?")
    kept = await abroad.office.desk.run.state.read("SELECT account FROM federated_session")
    assert id not in {row["account"] for row in kept}, "the id token is kept as long as the session"
    asked = parse_qs(urlsplit(there).query)
    assert asked["post_logout_redirect_uri"] == [f"{abroad.office.url}/"]
    assert len(asked["state"][0]) >= 32
    assert await browser.me() is None
    form = await browser.get(there)
    xsrf = re.search(r'name="xsrf" value="([^"]+)"', form.text)
    action = re.search(r'action="([^"]+)"', form.text)
    assert xsrf is not None
    assert action is not None
    back = await browser.post(urljoin(there, action[1]), {"xsrf": xsrf[1], "logout": "yes"})
    assert back.headers["location"].startswith(f"{abroad.office.url}/?state=")


async def test_leaving_a_session_of_a_password_leads_nowhere_else(abroad: Abroad) -> None:
    await abroad.office.joins("plain@example.org")
    browser = abroad.office.browser()
    await browser.signs_in("plain@example.org")
    away = await browser.submit(await browser.get("/deconnexion"), "/deconnexion")
    assert away.status_code == 303
    assert urlsplit(away.headers["location"])[:3] == ("", "", "/")
