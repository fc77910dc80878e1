"""Filling in a draft of an account: saved at each step, resumed anywhere, never overwritten unawares."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from pydantic_core import from_json

from gateway.pages.filing.typed import fill_of
from tests.gateway.test_filing_pages import FILED, faulty
from tests.gateway.test_pages import HTML, Page, accessible, visit
from tests.support.filing import ANSWERS, DEMARCHE, draft
from tests.support.town import Heard, Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

START, DRAFT = "/demarches/tout/demande", "/demandes/d1/saisie"
FILL = fill_of(DEMARCHE, draft())
SAVED = {"id": "d1", "status": "brouillon", "version": 5, "updated_at": "2026-11-24T13:05:00Z"}
SAVE, FILE = "PATCH /api/demandes/d1/answers", "POST /api/demandes/d1/submission"
STALE = {"slug": "stale-version", "detail": "Modifié ailleurs."}


@pytest.fixture
def town(door: Portal, town: Town) -> Town:
    town.says("dossiers", "GET /api/demarches/tout", body=DEMARCHE)
    town.says("dossiers", "GET /api/demandes/d1", body=draft())
    town.says("dossiers", SAVE, body=SAVED)
    door.client.cookies.set("guichet", town.signs_in()["Authorization"].removeprefix("Bearer "))
    return town


async def posts(door: Portal, path: str, page: Page, **typed: str) -> httpx.Response:
    """The form of a page; what was not typed anew is sent as it was shown."""
    shown = {name: values for name, values in FILL.items() if name not in page.hidden and name not in typed}
    pairs = [*page.hidden.items(), *((name, value) for name, values in shown.items() for value in values)]
    content = urlencode([*pairs, *typed.items()]).encode()
    headers = HTML | {"Origin": door.url, "Content-Type": "application/x-www-form-urlencoded"}
    return await door.client.post(path, content=content, headers=headers)


def commands(town: Town) -> list[Heard]:
    return [heard for heard in town.heard if heard.method in ("PATCH", "POST")]


def leads(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.headers.get("location")


async def test_beginning_makes_one_draft_however_often_it_is_sent(door: Portal, town: Town) -> None:
    rows = [
        {"id": "d7", "reference": "2026-D7", "demarche": {"slug": "tout"}, "updated_at": "2026-11-24T13:05:00Z"},
        {"id": "d8", "reference": "2026-D8", "demarche": {"slug": "autre"}, "updated_at": "2026-11-24T13:05:00Z"},
    ]
    town.says("dossiers", "GET /api/demandes", body={"items": rows, "next": None})
    page = await visit(door, START)
    accessible(page)
    links = {each.get("href") for each in page.all("a")}
    assert "/demandes/d7/saisie" in links
    assert "/demandes/d8/saisie" not in links
    town.says("dossiers", "POST /api/demandes", 201, FILED | {"status": "brouillon"})
    for _ in range(2):
        answer = await door.client.post(START, data=page.hidden, headers=HTML | {"Origin": door.url})
        assert leads(answer) == (303, DRAFT)
    first, second = commands(town)
    assert first.body == second.body == b'{"demarche":"tout","submit":false}'
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


@pytest.mark.parametrize(
    ("address", "contact"),
    [("12 rue des Tilleuls", {"contact": {"postal_address": "12 rue des Tilleuls"}}), (None, {}), ("x" * 501, {})],
)
async def test_a_draft_begins_with_the_address_of_the_account(
    door: Portal, town: Town, address: str | None, contact: dict[str, Any]
) -> None:
    town.says("identity", "GET /api/me", body={"postal_address": address})
    town.says("dossiers", "POST /api/demandes", 201, FILED | {"status": "brouillon"})
    page = await visit(door, START)
    await door.client.post(START, data=page.hidden, headers=HTML | {"Origin": door.url})
    assert from_json(commands(town)[0].body) == {"demarche": "tout", "submit": False} | contact


async def test_a_draft_is_resumed_at_its_first_step_that_is_not_complete(door: Portal, town: Town) -> None:
    assert leads(await door.client.get(DRAFT, headers=HTML)) == (303, f"{DRAFT}/9")
    missing = draft((("/answers/atteste", "Cochez."), ("/answers/montant", "Renseignez.")))
    town.says("dossiers", "GET /api/demandes/d1", body=missing)
    assert leads(await door.client.get(DRAFT, headers=HTML)) == (303, f"{DRAFT}/4")


@pytest.mark.parametrize("number", range(1, 10))
async def test_every_step_shows_what_was_saved_and_is_accessible(door: Portal, town: Town, number: int) -> None:
    page = await visit(door, f"{DRAFT}/{number}")
    accessible(page)
    assert page.title.startswith(f"Étape {number} sur 9&nbsp;: ")
    assert page.hidden["version"] == "4"


async def test_a_step_that_does_not_exist_leads_to_one_that_does(door: Portal, town: Town) -> None:
    for number in ("0", "10", "x", "²", "99999999"):
        assert leads(await door.client.get(f"{DRAFT}/{number}", headers=HTML)) == (303, DRAFT)


async def test_a_step_saves_what_it_asks_and_nothing_else_and_goes_on(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/4")
    for _ in range(2):
        answer = await posts(door, f"{DRAFT}/4", page, **{"r-montant": "12,50", "action": "continuer"})
        assert leads(answer) == (303, f"{DRAFT}/5")
    first, second = commands(town)
    numbers = {"entier": "1200", "decimale": "12,5", "montant": "12,50", "jour": "1/3/2027"}
    assert from_json(first.body) == {"answers": numbers}
    assert first.headers["if-match"] == '"4"'
    # A double click is one command; what is typed anew from the browser's history is another.
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    await posts(door, f"{DRAFT}/4", page, **{"r-montant": "13", "action": "continuer"})
    assert commands(town)[2].headers["idempotency-key"] != first.headers["idempotency-key"]


@pytest.mark.parametrize(
    ("number", "body"),
    [
        (1, {"on_behalf_of": {"kind": "association", "name": "Fanfare", "identifier": "W451234567"}}),
        (
            2,
            {
                "contact": {
                    "email": "noe@example.org",
                    "first_name": "Noé",
                    "last_name": "Petit",
                    "postal_address": None,
                }
            },
        ),
        (8, {"answers": {"atteste": True}}),
    ],
)
async def test_each_step_has_its_part(door: Portal, town: Town, number: int, body: dict[str, Any]) -> None:
    page = await visit(door, f"{DRAFT}/{number}")
    await posts(door, f"{DRAFT}/{number}", page, action="continuer")
    assert from_json(commands(town)[0].body) == body


async def test_what_is_missing_in_a_step_holds_one_there_once_it_is_saved(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/4")
    missing = draft((("/answers/jour", "Renseignez la date."), ("/answers/atteste", "Cochez.")), version=5)
    town.says("dossiers", "GET /api/demandes/d1", body=missing)
    answer = await posts(door, f"{DRAFT}/4", page, action="continuer")
    assert answer.status_code == 422
    again = Page(answer)
    accessible(again)
    assert again.title.startswith("Erreur : Étape 4")
    assert {"#r-jour"} == {each.get("href") for each in again.all("a") if (each.get("href") or "").startswith("#r-")}
    assert again.hidden["version"] == "5"
    for action, target in (("plus-tard", "/demandes?fait=brouillon-enregistre"), ("precedent", f"{DRAFT}/3")):
        assert leads(await posts(door, f"{DRAFT}/4", again, action=action)) == (303, target)


async def test_a_wrong_value_comes_back_as_typed_and_does_not_lose_the_others(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/4")
    town.says("dossiers", SAVE, 422, faulty(("/answers/montant", "Saisissez un montant.")))
    answer = await posts(door, f"{DRAFT}/4", page, **{"r-montant": "douze", "action": "plus-tard"})
    assert answer.status_code == 422
    again = Page(answer)
    accessible(again)
    assert (again.field("r-montant")["value"], again.field("r-montant")["aria-invalid"]) == ("douze", "true")
    whole, rest = (from_json(heard.body)["answers"] for heard in commands(town))
    assert rest == {name: value for name, value in whole.items() if name != "montant"}


async def test_two_tabs_that_disagree_are_both_shown_and_nothing_is_overwritten(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/4")
    town.says("dossiers", SAVE, 412, STALE)
    elsewhere = draft(version=9, answers=ANSWERS | {"montant": "777.00"})
    town.says("dossiers", "GET /api/demandes/d1", body=elsewhere)
    answer = await posts(door, f"{DRAFT}/4", page, **{"r-montant": "888", "action": "continuer"})
    assert answer.status_code == 412
    again = Page(answer)
    accessible(again)
    assert "a été modifié dans un autre onglet" in again.text
    assert "777\N{NO-BREAK SPACE}€" in again.text
    assert "1er mars 2027" not in again.text  # only what differs
    assert (again.field("r-montant")["value"], again.hidden["version"]) == ("888", "9")
    town.says("dossiers", SAVE, body=SAVED)
    assert leads(await posts(door, f"{DRAFT}/4", again, **{"r-montant": "888", "action": "continuer"}))[0] == 303
    assert commands(town)[-1].headers["if-match"] == '"9"'


async def test_two_tabs_that_agree_trouble_nobody(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/4")
    town.says("dossiers", SAVE, 412, STALE)
    town.says("dossiers", "GET /api/demandes/d1", body=draft(version=9))
    await posts(door, f"{DRAFT}/4", page, action="continuer")
    assert [heard.headers["if-match"] for heard in commands(town)] == ['"4"', '"9"']


async def test_rows_come_and_go_before_they_are_saved(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/5")
    more = Page(await posts(door, f"{DRAFT}/5", page, action="ajouter:lignes"))
    accessible(more)
    assert (more.hidden["r-lignes-n"], more.hidden["version"]) == ("3", "4")
    assert commands(town) == []


async def test_the_review_says_what_is_missing_and_leads_there(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demandes/d1", body=draft((("/answers/lignes", "Ajoutez une ligne."),)))
    page = await visit(door, f"{DRAFT}/9")
    links = {each.get("href") for each in page.all("a")}
    assert {f"{DRAFT}/2?retour=1", f"{DRAFT}/4?retour=1"} <= links
    assert "Une réponse reste à compléter" in page.text
    step = Page(await door.client.get(f"{DRAFT}/5?retour=1&corriger=1", headers=HTML))
    accessible(step)
    assert "Ajoutez une ligne." in step.text
    assert step.title.startswith("Erreur : ")
    there = await visit(door, f"{DRAFT}/2?retour=1")
    town.says("dossiers", "GET /api/demandes/d1", body=draft())
    assert leads(await posts(door, f"{DRAFT}/2", there, action="continuer")) == (303, f"{DRAFT}/9")


async def test_filing_twice_is_filing_once_and_shows_the_number(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/9")
    town.says("dossiers", FILE, body=FILED)
    filed = {
        "status": "deposee",
        "legal": DEMARCHE["legal"],
        "service": {"label": "Direction"},
        "contact": {"email": "noe@example.org"},
        "legal_clock": {"deadline": "2027-01-25"},
    }
    town.says("dossiers", "GET /api/demandes/d1", body=draft() | filed)
    for _ in range(2):
        answer = await posts(door, f"{DRAFT}/9", page, action="deposer")
        assert answer.status_code == 200
    first, second = commands(town)
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.headers["if-match"] == '"4"'
    receipt = Page(answer)
    accessible(receipt)
    for words in (FILED["tracking_number"], "25 janvier 2027", "refusée", "noe@example.org"):
        assert str(words) in receipt.text
    assert "/demandes/d1/accuse-de-reception" in {each.get("href") for each in receipt.all("a")}


async def test_what_the_service_refuses_leads_to_the_first_step_concerned(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/9")
    town.says("dossiers", FILE, 422, faulty(("/answers/atteste", "Cochez."), ("/answers/montant", "Renseignez.")))
    answer = await posts(door, f"{DRAFT}/9", page, action="deposer")
    assert leads(answer) == (303, f"{DRAFT}/4?corriger=1")
    town.says("dossiers", FILE, 412, STALE)
    changed = await posts(door, f"{DRAFT}/9", page, action="deposer")
    assert (changed.status_code, "a changé depuis que vous l&#39;avez relu" in changed.text) == (412, True)
    town.says("dossiers", FILE, 409, {"slug": "demarche-closed", "detail": "x"})
    closed = await posts(door, f"{DRAFT}/9", page, action="deposer")
    assert (closed.status_code, "Cette démarche est fermée" in closed.text) == (409, True)


async def test_a_closed_demarche_leaves_only_the_draft_to_throw_away(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches/tout", body=DEMARCHE | {"open": False})
    for path in (DRAFT, f"{DRAFT}/4"):
        page = await visit(door, path)
        accessible(page)
        assert "Cette démarche est fermée" in page.text
        assert f"{DRAFT}/suppression" in {each.get("href") for each in page.all("a")}


async def test_a_new_version_of_the_form_keeps_what_was_typed_and_says_so(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/4")
    town.says("dossiers", "GET /api/demarches/tout", body=DEMARCHE | {"version": 4})
    answer = await posts(door, f"{DRAFT}/4", page, action="continuer")
    assert leads(answer) == (303, f"{DRAFT}?fait=nouvelle-version")
    assert len(commands(town)) == 1
    on = await door.client.get(f"{DRAFT}?fait=nouvelle-version", headers=HTML)
    assert leads(on) == (303, f"{DRAFT}/9?fait=nouvelle-version")
    assert "Le formulaire de cette démarche vient de changer" in (await visit(door, on.headers["location"])).text


async def test_what_is_filed_is_filled_in_no_more(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/4")
    town.says("dossiers", SAVE, 409, {"slug": "bad-transition", "detail": "x"})
    filed = (303, "/demandes/d1?fait=deja-deposee")
    assert leads(await posts(door, f"{DRAFT}/4", page, action="continuer")) == filed
    town.says("dossiers", "GET /api/demandes/d1", body=draft(status="deposee"))
    assert leads(await door.client.get(DRAFT, headers=HTML)) == (303, "/demandes/d1")
    assert leads(await door.client.get(f"{DRAFT}/4", headers=HTML)) == filed
    assert leads(await posts(door, f"{DRAFT}/4", page, action="continuer")) == filed
    town.says("dossiers", FILE, 409, {"slug": "bad-transition", "detail": "x"})
    assert leads(await posts(door, f"{DRAFT}/9", page, action="deposer")) == filed


async def test_throwing_a_draft_away_is_asked_first_and_never_withdraws_a_filed_demande(
    door: Portal, town: Town
) -> None:
    page = await visit(door, f"{DRAFT}/suppression")
    accessible(page)
    assert commands(town) == []
    withdrawn = {"id": "d1", "status": "retiree", "version": 2}
    town.says("dossiers", "POST /api/demandes/d1/withdrawal", body=withdrawn)
    answer = await posts(door, f"{DRAFT}/suppression", page)
    assert leads(answer) == (303, "/demandes?fait=brouillon-supprime")
    assert commands(town)[-1].headers["if-match"] == '"4"'
    town.says("dossiers", "GET /api/demandes/d1", body=draft(status="deposee"))
    count = len(commands(town))
    assert leads(await posts(door, f"{DRAFT}/suppression", page))[0] == 303
    assert leads(await door.client.get(f"{DRAFT}/suppression", headers=HTML)) == (303, "/demandes/d1")
    assert len(commands(town)) == count


async def test_somebody_elses_draft_is_a_page_that_does_not_exist(door: Portal, town: Town) -> None:
    page = await visit(door, f"{DRAFT}/4")
    town.says("dossiers", "GET /api/demandes/d1", 404, {"slug": "not-found", "detail": "Introuvable."})
    for path in (DRAFT, f"{DRAFT}/4", f"{DRAFT}/suppression", "/demandes/d1/accuse-de-reception"):
        assert (await door.client.get(path, headers=HTML)).status_code == 404
    for path in (f"{DRAFT}/4", f"{DRAFT}/suppression"):
        assert (await posts(door, path, page, action="continuer")).status_code == 404
    assert commands(town) == []


async def test_the_receipt_is_passed_on_or_said_to_be_on_its_way(door: Portal, town: Town) -> None:
    path = "/demandes/d1/accuse-de-reception"
    headers = {"Content_Type": "application/pdf", "Content_Disposition": 'attachment; filename="a.pdf"'}
    town.says("dossiers", "GET /api/demandes/d1/receipt", 200, b"%PDF-1.7", **headers)
    answer = await door.client.get(path, headers=HTML)
    assert (answer.content, answer.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    town.says("dossiers", "GET /api/demandes/d1/receipt", 503, {"slug": "unavailable", "detail": "x"})
    waiting = await door.client.get(path, headers=HTML)
    assert waiting.status_code == 503
    accessible(Page(waiting))
    assert path in {each.get("href") for each in Page(waiting).all("a")}


async def test_a_form_that_was_not_shown_to_this_browser_is_refused(door: Portal, town: Town) -> None:
    for path in (f"{DRAFT}/4", f"{DRAFT}/9", f"{DRAFT}/suppression"):
        fields = {"jeton": "0" * 64, "action": "deposer"}
        assert (await door.client.post(path, data=fields, headers=HTML)).status_code == 403
    assert town.heard == []
