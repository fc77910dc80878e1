"""The pages of an account: links of mails, a forgotten password, the second factor, the conditions."""

from __future__ import annotations

import pytest

from tests.gateway.test_pages import HTML, OPENED, Page, accessible, submit, visit
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOKEN = "q8Zr1sVtUuYx2w3e4R5t6y7U8i9O0pAaSsDdFfGgHhJ"
LINK = f"/mot-de-passe/{TOKEN}"
ADDRESS = f"/adresse/{TOKEN}"
OTP = "/double-authentification"
TERMS = "/conditions-generales"
BAD_TOKEN = {"slug": "bad-token", "detail": "Ce lien n'est plus valable."}


def sign_in(door: Portal, town: Town) -> None:
    """A browser that is signed in."""
    token = town.signs_in()["Authorization"].removeprefix("Bearer ")
    door.client.cookies.set("guichet", token)


@pytest.mark.parametrize("path", ["/mot-de-passe", LINK, TERMS])
async def test_pages_for_everybody_are_accessible(door: Portal, town: Town, path: str) -> None:
    accessible(await visit(door, path))


@pytest.mark.parametrize("path", [ADDRESS, OTP, TERMS])
async def test_pages_of_an_account_are_accessible(door: Portal, town: Town, path: str) -> None:
    state = {"enabled": False, "required": True}
    town.says("identity", "GET /api/me", body={"second_factor": state, "terms_to_accept": "2027-01"})
    sign_in(door, town)
    accessible(await visit(door, path))


async def test_the_sign_in_page_leads_to_a_forgotten_password(door: Portal, town: Town) -> None:
    page = await visit(door, "/connexion")
    assert "Mot de passe oublié" in page.text
    assert page.text.index("Mot de passe oublié ?") < page.text.index(">SE CONNECTER</button>")


async def test_asking_for_a_link_looks_the_same_for_everybody(door: Portal, town: Town) -> None:
    town.says("identity", "POST /api/password-resets", 202, {"status": "reset-sent"})
    page = await visit(door, "/mot-de-passe")
    answer = await submit(door, "/mot-de-passe", page, email=" ada@example.org ")
    assert answer.status_code == 200
    assert "Si cette adresse est celle d'un compte" in answer.text
    assert "ada@example.org" not in answer.text
    assert town.last.body == b'{"email":"ada@example.org"}'
    empty = Page(await submit(door, "/mot-de-passe", page, email=""))
    assert empty.field("email")["aria-invalid"] == "true"


async def test_following_the_link_consumes_nothing_and_the_form_has_the_password_changed(
    door: Portal, town: Town
) -> None:
    page = await visit(door, LINK)
    assert town.heard == []
    assert page.field("password")["autocomplete"] == "new-password"
    weak = {
        "slug": "weak-password",
        "detail": "Trop court.",
        "errors": [{"pointer": "/password", "detail": "Trop court."}],
    }
    town.says("identity", "POST /api/password-resets/confirmation", 422, weak)
    again = Page(await submit(door, LINK, page, password="court"))
    accessible(again)
    assert again.title.startswith("Erreur : ")
    assert again.field("password")["aria-invalid"] == "true"
    town.says("identity", "POST /api/password-resets/confirmation", 422, BAD_TOKEN)
    assert "plus valable" in (await submit(door, LINK, page, password="quatre mots")).text
    town.says("identity", "POST /api/password-resets/confirmation", 204)
    done = await submit(door, LINK, page, password="quatre mots")
    assert "Votre mot de passe est changé" in done.text
    assert town.last.body == b'{"token":"%s","password":"quatre mots"}' % TOKEN.encode()
    empty = Page(await submit(door, LINK, page, password=""))
    assert empty.field("password")["aria-invalid"] == "true"


async def test_a_new_address_is_confirmed_signed_in_only(door: Portal, town: Town) -> None:
    away = await door.client.get(ADDRESS, headers=HTML)
    assert (away.status_code, away.headers["location"]) == (303, f"/connexion?next={ADDRESS}")
    page = await visit(door, "/connexion")
    blind = await submit(door, ADDRESS, page)
    assert (blind.status_code, "Connectez-vous pour continuer" in blind.text) == (401, True)
    assert town.heard == []
    sign_in(door, town)
    page = await visit(door, ADDRESS)
    assert town.heard == []
    town.says("identity", "POST /api/me/email/confirmation", 422, BAD_TOKEN)
    assert "plus valable" in (await submit(door, ADDRESS, page)).text
    town.says("identity", "POST /api/me/email/confirmation", 204)
    assert "Votre adresse est changée" in (await submit(door, ADDRESS, page)).text
    assert town.last.body == b'{"token":"%s"}' % TOKEN.encode()


async def test_an_agent_enrols_an_application(door: Portal, town: Town) -> None:
    away = await door.client.get(OTP, headers=HTML)
    assert (away.status_code, away.headers["location"]) == (303, f"/connexion?next={OTP}")
    sign_in(door, town)
    town.says("identity", "GET /api/me", body={"second_factor": {"enabled": False, "required": True}})
    page = await visit(door, OTP)
    assert "rôles sont en sommeil" in page.text
    uri = "otpauth://totp/Guichet:ada@example.org?secret=ABCDEFGH&issuer=Guichet"
    town.says("identity", "POST /api/me/second-factor", body={"secret": "ABCDEFGH", "otpauth_uri": uri})
    page = Page(await submit(door, OTP, page))
    accessible(page)
    assert "ABCD EFGH" in page.text
    assert [each.get("class") for each in page.all("svg")] == ["qr"]
    assert not [each for _, each in page.tags if "style" in each]
    wrong = {"slug": "wrong-code", "detail": "Pas le bon.", "errors": [{"pointer": "/code", "detail": "Pas le bon."}]}
    town.says("identity", "POST /api/me/second-factor/confirmation", 422, wrong)
    page = Page(await submit(door, OTP, page, code="123456"))
    accessible(page)
    assert "ABCD EFGH" in page.text
    assert page.field("code")["aria-invalid"] == "true"
    assert "Saisissez le code" in (await submit(door, OTP, page, code=" ")).text
    town.says("identity", "POST /api/me/second-factor/confirmation", body={"recovery_codes": ["AAAAA-BBBBB"]})
    page = Page(await submit(door, OTP, page, code=" 123456 "))
    accessible(page)
    assert "AAAAA-BBBBB" in page.text
    assert town.last.body == b'{"code":"123456"}'


async def test_what_comes_back_with_the_form_cannot_link_elsewhere(door: Portal, town: Town) -> None:
    sign_in(door, town)
    town.says("identity", "GET /api/me", body={"second_factor": {"enabled": False, "required": False}})
    page = await visit(door, OTP)
    answer = await submit(door, OTP, page, secret="<b>x</b>", otpauth_uri="javascript:alert(1)", code="")
    assert "javascript:" not in answer.text
    assert "<b>x" not in answer.text


async def test_doing_without_a_second_factor_takes_the_password_and_a_code(door: Portal, town: Town) -> None:
    sign_in(door, town)
    enabled = {"second_factor": {"enabled": True, "required": True}}
    town.says("identity", "GET /api/me", body=enabled)
    path = f"{OTP}/desactivation"
    page = await visit(door, path)
    accessible(page)
    assert "en sommeil" in page.text
    empty = Page(await submit(door, path, page, password="", code=""))
    assert empty.field("password")["aria-invalid"] == empty.field("code")["aria-invalid"] == "true"
    wrong = {"slug": "wrong-code", "detail": "Pas le bon.", "errors": [{"pointer": "/code", "detail": "Pas le bon."}]}
    town.says("identity", "DELETE /api/me/second-factor", 422, wrong)
    again = Page(await submit(door, path, page, password="p", code="123456"))
    accessible(again)
    assert again.field("code")["aria-invalid"] == "true"
    town.says("identity", "DELETE /api/me/second-factor", 204)
    done = await submit(door, path, page, password="p", code="123456")
    assert done.headers["location"].startswith(f"{OTP}?fait=")
    town.says("identity", "GET /api/me", body={"second_factor": {"enabled": False, "required": True}})
    assert "est désactivée" in (await visit(door, done.headers["location"])).text
    assert (await door.client.get(path, headers=HTML)).headers["location"] == OTP


@pytest.mark.parametrize(
    ("roles", "desk"),
    [
        (["demandeur"], "/tableau-de-bord"),
        (["demandeur", "instructeur"], "/instruction"),
        (["demandeur", "administrateur"], "/administration"),
        (["demandeur", "auditeur"], "/audit"),
    ],
)
async def test_after_signing_in_everybody_is_at_his_desk(door: Portal, town: Town, roles: list[str], desk: str) -> None:
    town.says("identity", "POST /api/sessions", 201, OPENED | {"account": {"roles": roles}})
    page = await visit(door, "/")
    answer = await submit(door, "/connexion", page, email="ada@example.org", password="p")
    assert (answer.status_code, answer.headers["location"]) == (303, desk)
    door.client.cookies.clear()
    door.client.cookies.set("guichet", town.signs_in(*roles)["Authorization"].removeprefix("Bearer "))
    assert (await door.client.get("/connexion", headers=HTML)).headers["location"] == desk


async def test_who_has_a_second_factor_is_told_so(door: Portal, town: Town) -> None:
    sign_in(door, town)
    town.says("identity", "GET /api/me", body={"second_factor": {"enabled": True, "required": True}})
    page = await visit(door, OTP)
    assert "est activée" in page.text
    assert len(page.all("form")) == 0


@pytest.mark.parametrize(
    ("demands", "target"),
    [
        ({"second_factor": {"enabled": False, "required": True}, "terms_to_accept": "2027-01"}, f"{OTP}?next=%2Fsuivi"),
        (
            {"second_factor": {"enabled": True, "required": True}, "terms_to_accept": "2027-01"},
            f"{TERMS}?next=%2Fsuivi",
        ),
        ({"second_factor": {"enabled": False, "required": False}, "terms_to_accept": None}, "/suivi"),
    ],
)
async def test_what_the_account_demands_comes_first_after_signing_in(
    door: Portal, town: Town, demands: dict[str, object], target: str
) -> None:
    town.says("identity", "POST /api/sessions", 201, OPENED | demands)
    page = await visit(door, "/connexion?next=/suivi")
    answer = await submit(door, "/connexion", page, email="ada@example.org", password="p")
    assert (answer.status_code, answer.headers["location"]) == (303, target)


async def test_the_conditions_are_read_by_anybody_and_accepted_by_who_must(door: Portal, town: Town) -> None:
    town.says("identity", "GET /api/terms", body={"version": "2027-01", "url": "x"})
    page = await visit(door, TERMS)
    assert "Version 2027-01" in page.text
    assert len(page.all("form")) == 0
    sign_in(door, town)
    town.says("identity", "GET /api/me", body={"terms_to_accept": "2027-01"})
    page = await visit(door, f"{TERMS}?next=/demandes")
    town.says("identity", "POST /api/me/terms", 204)
    answer = await submit(door, TERMS, page)
    assert (answer.status_code, answer.headers["location"]) == (303, "/demandes")
    elsewhere = await visit(door, f"{TERMS}?next=//evil.example")
    assert (await submit(door, TERMS, elsewhere)).headers["location"] == "/"
    assert town.last.body == b'{"version":"2027-01"}'
    town.says("identity", "POST /api/me/terms", 422, {"slug": "terms-not-accepted", "detail": "x"})
    assert (await submit(door, TERMS, page)).headers["location"] == f"{TERMS}?next=%2Fdemandes"


async def test_the_conditions_stand_without_identity(door: Portal, town: Town) -> None:
    page = await visit(door, TERMS)
    assert "Vos données personnelles" in page.text
    assert "Version " not in page.text


@pytest.mark.parametrize("path", ["/mot-de-passe", LINK, ADDRESS, OTP, TERMS])
async def test_a_form_that_was_not_shown_to_this_browser_is_refused(door: Portal, town: Town, path: str) -> None:
    fields = {"email": "a@example.org", "password": "p", "jeton": "0" * 64}
    assert (await door.client.post(path, data=fields, headers=HTML)).status_code in (401, 403)
    sign_in(door, town)
    assert (await door.client.post(path, data=fields, headers=HTML)).status_code == 403
    assert town.heard == []
