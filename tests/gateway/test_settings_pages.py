"""Signing up, and the settings of an account: what is typed is kept, what is done is said, nothing tells too much."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import from_json

from tests.gateway.test_account_pages import sign_in
from tests.gateway.test_pages import HTML, Page, accessible, submit, visit
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

UP = "/inscription"
PROFILE = "/parametres"
PASSWORD = "/parametres/mot-de-passe"
ADDRESS = "/parametres/adresse-electronique"
SESSIONS = "/parametres/sessions"
DATA = "/parametres/donnees"
ME: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Martin",
    "email": "ada@example.org",
    "phone": None,
    "postal_address": "1 rue du Port\n99000 Vive",
    "roles": ["demandeur"],
    "franceconnect": False,
    "has_password": True,
    "email_proven": True,
    "second_factor": {"enabled": False, "required": False},
    "terms_to_accept": None,
}
TYPED = {
    "first_name": "Ada",
    "last_name": "Martin <b>",
    "email": "ada@example.org",
    "password": "quatre mots sans rapport",
    "answer": "douze",
    "terms": "2026-11",
}


def asks(town: Town, id: str = "q1") -> None:
    town.says("identity", "GET /api/security-question", body={"id": id, "question": f"Question {id} ?"})
    town.says("identity", "GET /api/terms", body={"version": "2026-11", "url": "x"})


def fault(slug: str, pointer: str, detail: str = "À revoir.") -> dict[str, Any]:
    return {"slug": slug, "detail": detail, "errors": [{"pointer": pointer, "detail": detail}]}


def at_home(door: Portal, town: Town, **changes: Any) -> None:
    sign_in(door, town)
    town.says("identity", "GET /api/me", body=ME | changes)


async def test_signing_up_sends_what_was_typed_once(door: Portal, town: Town) -> None:
    asks(town)
    page = await visit(door, UP)
    accessible(page)
    for words in ("ENREGISTRER", "Question q1 ?", "conditions générales", "version 2026-11"):
        assert words in page.text
    assert page.field("password")["autocomplete"] == "new-password"
    town.says("identity", "POST /api/accounts", 202, {"status": "activation-sent"})
    answer = await submit(door, UP, page, **TYPED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/inscription/courriel")
    assert from_json(town.last.body) == {
        "email": "ada@example.org",
        "first_name": "Ada",
        "last_name": "Martin <b>",
        "password": "quatre mots sans rapport",
        "terms_version": "2026-11",
        "security_question": {"id": "q1", "answer": "douze"},
    }
    key = town.last.headers["idempotency-key"]
    await submit(door, UP, page, **TYPED)
    assert town.last.headers["idempotency-key"] == key  # a double click opens one account
    sent = await visit(door, "/inscription/courriel")
    accessible(sent)
    assert "ada@example.org" not in sent.text


async def test_a_form_shown_again_asks_another_question_and_keeps_all_but_the_password(
    door: Portal, town: Town
) -> None:
    asks(town)
    page = await visit(door, UP)
    town.says("identity", "POST /api/accounts", 422, fault("wrong-answer", "/security_question/answer"))
    asks(town, "q2")
    answer = await submit(door, UP, page, **TYPED)
    assert answer.status_code == 422
    again = Page(answer)
    accessible(again)
    assert again.title.startswith("Erreur : ")
    assert again.hidden["question"] == "q2"
    assert "Question q2 ?" in again.text
    assert (again.field("answer")["value"], again.field("answer")["aria-invalid"]) == ("", "true")
    assert again.field("password")["value"] == ""
    assert again.field("last_name")["value"] == "Martin <b>"
    assert "checked" in again.field("terms")
    town.says("identity", "POST /api/accounts", 422, fault("weak-password", "/password"))
    assert Page(await submit(door, UP, again, **TYPED)).field("password")["aria-invalid"] == "true"
    town.says("identity", "POST /api/accounts", 422, fault("terms-not-accepted", "/terms_version"))
    assert Page(await submit(door, UP, again, **TYPED)).field("terms")["aria-invalid"] == "true"


async def test_an_empty_sign_up_names_every_field_without_asking_identity(door: Portal, town: Town) -> None:
    asks(town)
    page = await visit(door, UP)
    empty = Page(await submit(door, UP, page))
    accessible(empty)
    for name in TYPED:
        assert empty.field(name)["aria-invalid"] == "true"
    assert [each for each in town.heard if each.method == "POST"] == []


async def test_another_activation_link_looks_the_same_for_everybody(door: Portal, town: Town) -> None:
    page = await visit(door, "/activation")
    accessible(page)
    assert Page(await submit(door, "/activation", page, email=" ")).field("email")["aria-invalid"] == "true"
    town.says("identity", "POST /api/accounts/activation/resend", 202, {"status": "activation-sent"})
    answer = await submit(door, "/activation", page, email="ada@example.org")
    assert answer.status_code == 200
    assert "ada@example.org" not in answer.text


@pytest.mark.parametrize("path", [PROFILE, PASSWORD, ADDRESS, DATA])
async def test_the_settings_are_accessible_to_their_owner_only(door: Portal, town: Town, path: str) -> None:
    away = await door.client.get(path, headers=HTML)
    assert (away.status_code, away.headers["location"]) == (303, f"/connexion?next={path}")
    at_home(door, town)
    page = await visit(door, path)
    accessible(page)
    assert {PROFILE, PASSWORD, ADDRESS, SESSIONS, DATA} <= {each.get("href") for each in page.all("a")}


async def test_names_telephone_and_address_are_changed(door: Portal, town: Town) -> None:
    at_home(door, town)
    page = await visit(door, PROFILE)
    assert (page.field("first_name")["value"], page.field("phone")["value"]) == ("Ada", "")
    assert page.all("textarea")[0]["autocomplete"] == "street-address"
    assert "1 rue du Port\n99000 Vive</textarea>" in page.text
    typed = {"first_name": "Ada", "last_name": "Byron", "phone": " 02 38 25 45 45 ", "postal_address": ""}
    town.says("identity", "PATCH /api/me", 422, fault("invalid-request", "/phone"))
    again = Page(await submit(door, PROFILE, page, **typed))
    accessible(again)
    assert (again.field("phone")["aria-invalid"], again.field("last_name")["value"]) == ("true", "Byron")
    town.says("identity", "PATCH /api/me", 200, ME)
    done = await submit(door, PROFILE, again, **typed)
    assert from_json(town.last.body) == typed | {"phone": "02 38 25 45 45"}
    assert "Vos informations sont enregistrées" in (await visit(door, done.headers["location"])).text
    assert Page(await submit(door, PROFILE, page, first_name=" ")).field("first_name")["aria-invalid"] == "true"


async def test_a_password_is_changed_with_the_present_one(door: Portal, town: Town) -> None:
    at_home(door, town)
    page = await visit(door, PASSWORD)
    wrong = fault("wrong-password", "/current")
    town.says("identity", "POST /api/me/password", 422, wrong)
    again = Page(await submit(door, PASSWORD, page, current="a", password="b"))
    accessible(again)
    assert again.field("current")["aria-invalid"] == "true"
    assert [each.get("value") for each in again.all("input") if each.get("type") == "password"] == ["", ""]
    town.says("identity", "POST /api/me/password", 204)
    done = await submit(door, PASSWORD, again, current="a", password=" b ")
    assert town.last.body == b'{"current":"a","password":" b "}'
    assert "Vos autres sessions ont été fermées" in (await visit(door, done.headers["location"])).text
    empty = Page(await submit(door, PASSWORD, page, current="", password=""))
    assert empty.field("current")["aria-invalid"] == empty.field("password")["aria-invalid"] == "true"


async def test_who_has_no_password_confirms_his_identity_first(door: Portal, town: Town) -> None:
    at_home(door, town, has_password=False, franceconnect=True)
    page = await visit(door, PASSWORD)
    assert not [each for each in page.all("input") if each.get("name") == "current"]
    assert "/api/franceconnect/login?purpose=confirm&next=/parametres/mot-de-passe" in {
        each.get("href") for each in page.all("a")
    }
    said = {"slug": "reauthentication-required", "detail": "Confirmez votre identité."}
    town.says("identity", "POST /api/me/password", 401, said)
    again = await submit(door, PASSWORD, page, password="quatre mots")
    assert (again.status_code, "Confirmez votre identité." in again.text) == (422, True)
    town.says("identity", "POST /api/me/password", 204)
    assert (await submit(door, PASSWORD, page, password="quatre mots")).status_code == 303
    assert town.last.body == b'{"current":"","password":"quatre mots"}'


async def test_a_new_address_is_asked_for_with_the_password(door: Portal, town: Town) -> None:
    at_home(door, town)
    page = await visit(door, ADDRESS)
    assert "ada@example.org" in page.text
    empty = Page(await submit(door, ADDRESS, page, email="", password=""))
    assert empty.field("email")["aria-invalid"] == empty.field("password")["aria-invalid"] == "true"
    town.says("identity", "POST /api/me/email", 202, {"status": "confirmation-sent"})
    done = await submit(door, ADDRESS, page, email="b@example.org", password="p")
    assert town.last.body == b'{"email":"b@example.org","password":"p"}'
    said = await visit(door, done.headers["location"])
    assert "Un lien vient d&#39;être envoyé" in said.text
    assert "b@example.org" not in said.text


OPEN = [
    {"id": f"sid-{n}", "created_at": "2026-11-24T08:00:00Z", "last_seen_at": "2026-11-24T09:00:00Z"}
    | {"expires_at": "2026-11-24T16:00:00Z", "current": n == 1}
    for n in (1, 2, 3)
]


async def test_the_other_sessions_are_closed_one_by_one_or_all(door: Portal, town: Town) -> None:
    at_home(door, town)
    town.says("identity", "GET /api/sessions", body={"items": OPEN, "next": None})
    page = await visit(door, SESSIONS)
    accessible(page)
    assert "Cette session" in page.text
    for n in (2, 3):
        town.says("identity", f"DELETE /api/sessions/sid-{n}", 204)
    done = await submit(door, SESSIONS, page, session="sid-2")
    assert closed(town) == ["sid-2"]
    assert "La session est fermée" in (await visit(door, done.headers["location"])).text
    await submit(door, SESSIONS, page, session="autres")
    assert closed(town) == ["sid-2", "sid-2", "sid-3"]
    for wanted in ("sid-1", "../me", ""):
        assert (await submit(door, SESSIONS, page, session=wanted)).status_code == 303
    assert len(closed(town)) == 3


def closed(town: Town) -> list[str]:
    return [each.path.rpartition("/")[2] for each in town.heard if each.method == "DELETE"]


async def test_an_account_is_erased_on_purpose_only(door: Portal, town: Town) -> None:
    at_home(door, town)
    page = await visit(door, DATA)
    assert "/api/me/export" in {each.get("href") for each in page.all("a")}
    town.says("identity", "DELETE /api/me", 204)
    unsure = Page(await submit(door, DATA, page, password="p"))
    accessible(unsure)
    assert unsure.field("sure")["aria-invalid"] == "true"
    assert [each for each in town.heard if each.method == "DELETE"] == []
    town.says("identity", "DELETE /api/me", 422, fault("wrong-password", "/password"))
    wrong = Page(await submit(door, DATA, page, password="x", sure="oui"))
    assert wrong.field("password")["aria-invalid"] == "true"
    town.says("identity", "DELETE /api/me", 204)
    gone = await submit(door, DATA, page, password="p", sure="oui")
    assert gone.headers["location"] == "/?fait=compte-efface"
    assert any(cookie.startswith("guichet=;") for cookie in gone.headers.get_list("set-cookie"))


async def test_an_agent_is_told_why_his_account_stays(door: Portal, town: Town) -> None:
    at_home(door, town, roles=["demandeur", "instructeur"])
    page = await visit(door, DATA)
    assert "agent" in page.text
    assert page.all("form") == []


@pytest.mark.parametrize("path", [UP, "/activation", PROFILE, PASSWORD, ADDRESS, SESSIONS, DATA])
async def test_a_form_that_was_not_shown_to_this_browser_is_refused(door: Portal, town: Town, path: str) -> None:
    fields = {"email": "a@example.org", "password": "p", "jeton": "0" * 64, "sure": "oui", "session": "autres"}
    sign_in(door, town)
    assert (await door.client.post(path, data=fields, headers=HTML)).status_code == 403
    assert town.heard == []
