"""Filing without an account: one form carries everything, the service judges, nothing is lost."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pydantic_core import from_json

from gateway.pages.filing.typed import fill_of
from tests.gateway.test_pages import HTML, Page, accessible, visit
from tests.support.filing import ANSWERS, CONTACT, DEMARCHE, WHO, draft
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATH = "/demarches/tout/demande"
FILL = fill_of(DEMARCHE, draft())
COMPLETE = {"slug": "terms-not-accepted", "detail": "Acceptez les conditions."}
FILED = {
    "id": "d1",
    "reference": "2026-D1",
    "tracking_number": "4KQ7-M2XA-9TNB-0VHC",
    "status": "deposee",
    "submitted_at": "2026-11-24T13:05:00Z",
    "version": 1,
}


def faulty(*faults: tuple[str, str]) -> dict[str, Any]:
    errors = [{"pointer": pointer, "detail": detail} for pointer, detail in faults]
    return {"slug": "invalid-answers", "detail": "À corriger.", "errors": errors}


@pytest.fixture
def town(door: Portal, town: Town) -> Town:
    town.says("dossiers", "GET /api/demarches/tout", body=DEMARCHE)
    town.says("dossiers", "POST /api/demandes", 422, COMPLETE)
    town.says("identity", "GET /api/terms", body={"version": "2026-11", "url": "x"})
    return town


async def send(door: Portal, page: Page, *typed: tuple[str, str], action: str = "continuer") -> Page:
    """The form of a page with what a person typed in it, as a browser without script sends it."""
    answer = await posts(door, page, *typed, action=action)
    return Page(answer)


async def posts(door: Portal, page: Page, *typed: tuple[str, str], action: str = "continuer") -> httpx.Response:
    carried = [(str(e["name"]), e["value"] or "") for e in page.all("input") if e.get("type") == "hidden"]
    pairs = [*carried, *typed, ("action", action)]
    content = urlencode(pairs).encode()
    headers = HTML | {"Origin": door.url, "Content-Type": "application/x-www-form-urlencoded"}
    return await door.client.post(PATH, content=content, headers=headers)


async def at(door: Portal, number: int, **changes: list[str]) -> Page:
    """The page of a step, everything typed before it."""
    page = await visit(door, PATH)
    page = await send(door, page, action="")
    fill = {**FILL, **changes}
    pairs = [(name, value) for name, values in fill.items() for value in values]
    fields = {"etape": "9", "v": "3", "depot": "clef"}
    kept = [(str(e["name"]), e["value"] or "") for e in page.all("input") if e.get("type") == "hidden"]
    pairs += [(name, value) for name, value in kept if name in ("jeton", "cle")]
    body = urlencode([*pairs, *fields.items(), ("action", f"aller:{number}")]).encode()
    headers = HTML | {"Origin": door.url, "Content-Type": "application/x-www-form-urlencoded"}
    return Page(await door.client.post(PATH, content=body, headers=headers))


async def test_the_beginning_says_what_is_asked_and_the_two_ways(door: Portal, town: Town) -> None:
    page = await visit(door, PATH)
    accessible(page)
    for words in ("Tout demander", "Un particulier, une association, un établissement scolaire", "Nombres et dates"):
        assert words in page.text
    assert {f"/connexion?next={PATH}", "/inscription"} <= {each.get("href") for each in page.all("a")}
    assert len(page.all("form")) == 1


async def test_the_first_step_asks_for_whom(door: Portal, town: Town) -> None:
    page = await send(door, await visit(door, PATH), action="")
    accessible(page)
    assert page.title.startswith("Étape 1 sur 8&nbsp;: Vous déposez pour")
    kinds = [each["value"] for each in page.all("input") if each.get("name") == "kind"]
    assert kinds == ["self", "association", "school"]
    assert "À remplir seulement si vous déposez pour un organisme" in page.text
    assert page.field("name")["autocomplete"] == "organization"
    assert page.hidden["depot"].isalnum()


async def test_each_step_is_judged_by_the_service_that_can_file_nothing_by_it(door: Portal, town: Town) -> None:
    page = await send(door, await visit(door, PATH), action="")
    town.says(
        "dossiers",
        "POST /api/demandes",
        422,
        faulty(("/on_behalf_of/identifier", "Vérifiez ce numéro."), ("/contact/email", "Indiquez.")),
    )
    again = await send(door, page, ("kind", "association"), ("name", "Fanfare"), ("identifier", "W12"))
    accessible(again)
    assert again.title.startswith("Erreur : Étape 1")
    assert [each.get("href") for each in again.all("a") if each.get("href") in ("#identifier", "#email")] == [
        "#identifier"
    ]
    assert (again.field("identifier")["value"], again.field("identifier")["aria-invalid"]) == ("W12", "true")
    asked = from_json(town.last.body)
    assert asked["terms_version"] is None
    assert "idempotency-key" not in town.last.headers
    assert asked["on_behalf_of"] == {"kind": "association", "name": "Fanfare", "identifier": "W12"}


async def test_what_was_answered_travels_in_the_form_and_under_one_key(door: Portal, town: Town) -> None:
    page = await send(door, await visit(door, PATH), action="")
    key = page.hidden["depot"]
    page = await send(door, page, ("kind", "association"), ("name", "Fan & <fare>"), ("identifier", "W451234567"))
    assert "Vos coordonnées" in page.title
    accessible(page)
    tokens = {each.get("autocomplete") for each in (*page.all("input"), *page.all("textarea"))}
    assert {"email", "given-name", "family-name", "street-address"} <= tokens
    assert (page.hidden["name"], page.hidden["depot"]) == ("Fan & <fare>", key)
    page = await send(door, page, ("email", "noe@example.org"), ("first_name", "Noé"), ("last_name", "Petit"))
    assert (page.hidden["email"], page.hidden["name"], page.hidden["depot"]) == ("noe@example.org", "Fan & <fare>", key)
    back = await send(door, page, ("r-objet", "Un brouillon"), action="precedent")
    assert (back.field("email")["value"], back.hidden["r-objet"]) == ("noe@example.org", "Un brouillon")
    assert all(heard.query == "" for heard in town.heard)


async def test_the_script_is_small_and_the_only_one(door: Portal, town: Town) -> None:
    page = await send(door, await visit(door, PATH), action="")
    (script,) = page.all("script")
    answer = await door.client.get(str(script["src"]))
    assert answer.status_code == 200
    assert len(answer.content) <= 8192


async def test_a_page_may_be_shown_again_by_the_browser_but_by_nobody_else(door: Portal, town: Town) -> None:
    page = await visit(door, PATH)
    answer = await posts(door, page, action="")
    assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("number", range(1, 9))
async def test_every_step_shows_what_was_typed_and_is_accessible(door: Portal, town: Town, number: int) -> None:
    page = await at(door, number)
    accessible(page)
    sent = await send(door, page, *_typed(page))
    judged = next(heard for heard in reversed(town.heard) if heard.method == "POST")
    assert from_json(judged.body)["answers"].keys() == ANSWERS.keys()
    assert "Vérifiez" in sent.title  # where the way there came from


def _typed(page: Page) -> list[tuple[str, str]]:
    """What a browser would send of a page that nobody touched."""
    hidden = set(page.hidden)
    return [(name, value) for name, values in FILL.items() if name not in hidden for value in values]


async def test_wrong_values_come_back_as_they_were_typed(door: Portal, town: Town) -> None:
    page = await at(door, 4)
    town.says(
        "dossiers",
        "POST /api/demandes",
        422,
        faulty(("/answers/jour", "Corrigez."), ("/answers/montant", "Un montant.")),
    )
    typed = [("r-montant", " douze "), ("r-jour-jour", "31"), ("r-jour-mois", "2"), ("r-jour-annee", "2027")]
    again = await send(door, page, ("r-entier", "1 200"), *typed)
    accessible(again)
    assert again.field("r-montant")["value"] == " douze "
    assert [again.field(f"r-jour-{part}")["value"] for part in ("jour", "mois", "annee")] == ["31", "2", "2027"]
    assert again.field("r-jour-jour")["id"] == "r-jour"  # where the summary leads
    assert "#r-jour" in {each.get("href") for each in again.all("a")}
    assert from_json(town.last.body)["answers"]["jour"] == "31/2/2027"


async def test_rows_are_added_and_taken_away_without_script(door: Portal, town: Town) -> None:
    page = await at(door, 5)
    asked = len(town.heard)
    typed = _typed(page)
    more = await send(door, page, *typed, action="ajouter:lignes")
    accessible(more)
    assert more.hidden["r-lignes-n"] == "3"
    assert "Ajouter une ligne" not in more.text  # three at most
    assert more.field("r-lignes-0-qui")["value"] == "Commune"
    assert [each["id"] for each in more.all("fieldset") if "autofocus" in each] == ["r-lignes-2"]
    typed = [(name, value) for name, value in typed if name != "r-lignes-n"]
    less = await send(door, more, *typed, action="retirer:lignes:0")
    assert (less.hidden["r-lignes-n"], less.field("r-lignes-0-qui")["value"]) == ("2", "État")
    assert [heard for heard in town.heard[asked:] if heard.method == "POST"] == []


async def test_the_enter_key_goes_on_and_does_not_take_a_row_away(door: Portal, town: Town) -> None:
    first = (await at(door, 5)).all("button")[0]
    assert first["value"] == "continuer"


async def test_the_review_shows_every_answer_with_the_way_to_change_it(door: Portal, town: Town) -> None:
    page = await send(door, await at(door, 8), *_typed(await at(door, 8)))
    accessible(page)
    assert "Vérifiez avant d&#39;envoyer" in page.title or "Vérifiez avant d'envoyer" in page.title
    for words in ("Fanfare", "noe@example.org", "1er mars 2027", "Autre domaine", "Mémoire", "X1"):
        assert words in page.text
    changes = [each["value"] for each in page.all("button") if (each.get("value") or "").startswith("aller:")]
    assert {"aller:1", "aller:2", "aller:4", "aller:7", "aller:8"} <= set(changes)
    there = await send(door, page, action="aller:4")
    assert there.title.startswith("Étape 4 sur 9")
    assert "Vérifiez" in (await send(door, there, *_typed(there))).title


async def review(door: Portal) -> Page:
    page = await at(door, 8)
    return await send(door, page, *_typed(page))


async def test_nothing_is_filed_before_the_conditions_are_accepted(door: Portal, town: Town) -> None:
    page = await review(door)
    again = await send(door, page, action="deposer")
    accessible(again)
    assert again.field("terms")["aria-invalid"] == "true"
    assert all(from_json(heard.body)["terms_version"] is None for heard in town.heard if heard.body)


async def test_filing_sends_it_all_under_the_key_and_shows_the_receipt(door: Portal, town: Town) -> None:
    page = await review(door)
    town.says("dossiers", "POST /api/demandes", 201, FILED)
    for _ in range(2):  # a double click, a reload
        answer = await posts(door, page, ("terms", "oui"), action="deposer")
        assert town.last.headers["idempotency-key"] == page.hidden["depot"] == "clef"
    said = from_json(town.last.body)
    assert (said["demarche"], said["terms_version"]) == ("tout", "2026-11")
    assert (said["on_behalf_of"], said["contact"]) == (WHO, CONTACT)
    assert said["answers"]["jour"] == "1/3/2027"
    assert answer.headers["cache-control"] == "no-store"
    receipt = Page(answer)
    accessible(receipt)
    for words in ("4KQ7-M2XA-9TNB-0VHC", "2026-D1", "noe@example.org", "2 mois", "refusée", "Vous pouvez contester."):
        assert words in receipt.text
    assert receipt.hidden["tracking_number"] == FILED["tracking_number"]
    assert FILED["tracking_number"] not in str(answer.url)


async def test_what_the_service_refuses_at_the_end_leads_to_the_first_step_concerned(door: Portal, town: Town) -> None:
    page = await review(door)
    faults = (("/answers/lignes/1/qui", "Renseignez le financeur."), ("/answers/atteste", "Cochez."))
    town.says("dossiers", "POST /api/demandes", 422, faulty(*faults))
    step = await send(door, page, ("terms", "oui"), action="deposer")
    accessible(step)
    assert step.title.startswith("Erreur : Étape 5")
    assert step.field("r-lignes-1-qui")["aria-invalid"] == "true"
    town.says("dossiers", "POST /api/demandes", 422, COMPLETE)
    assert "Vérifiez" in (await send(door, step, *_typed(step))).title


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"slug": "terms-not-accepted", "detail": "De nouvelles conditions."}, 422, "De nouvelles conditions."),
        ({"slug": "idempotency-mismatch", "detail": "x"}, 409, "Cette demande est déjà déposée"),
        ({"slug": "demarche-closed", "detail": "x"}, 409, "Cette démarche est fermée"),
    ],
)
async def test_what_else_may_stand_in_the_way_is_said(
    door: Portal, town: Town, said: dict[str, str], status: int, words: str
) -> None:
    page = await review(door)
    town.says("dossiers", "POST /api/demandes", 422 if status == 422 else status, said)
    answer = await posts(door, page, ("terms", "oui"), action="deposer")
    assert answer.status_code == status
    assert words in answer.text
    accessible(Page(answer))


async def test_a_closed_demarche_says_so_and_asks_nothing(door: Portal, town: Town) -> None:
    page = await at(door, 2)
    town.says("dossiers", "GET /api/demarches/tout", body=DEMARCHE | {"open": False})
    closed = await visit(door, PATH)
    accessible(closed)
    assert "Cette démarche est fermée" in closed.text
    assert closed.all("form") == []
    answer = await posts(door, page)
    assert (answer.status_code, "Cette démarche est fermée" in answer.text) == (409, True)


async def test_a_new_version_of_the_form_keeps_what_was_typed(door: Portal, town: Town) -> None:
    page = await at(door, 4)
    town.says("dossiers", "GET /api/demarches/tout", body=DEMARCHE | {"version": 4})
    changed = await send(door, page, ("r-entier", "7"))
    assert "Le formulaire de cette démarche vient de changer" in changed.text
    assert (changed.hidden["v"], changed.hidden["r-entier"], changed.hidden["email"]) == ("4", "7", "noe@example.org")


async def test_an_unknown_demarche_is_a_page_that_does_not_exist(door: Portal, town: Town) -> None:
    assert (await door.client.get("/demarches/rien/demande", headers=HTML)).status_code == 404


async def test_a_form_that_was_not_shown_to_this_browser_is_refused(door: Portal, town: Town) -> None:
    answer = await door.client.post(PATH, data={"jeton": "0" * 64, "etape": "9"}, headers=HTML)
    assert answer.status_code == 403
    assert town.heard == []
