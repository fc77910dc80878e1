"""One demande as its applicant follows it: the tabs « Suivi » and « Demande », and what he can do with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gateway.test_applicant_pages import links, said
from tests.gateway.test_pages import HTML, Page, accessible, submit, visit
from tests.support.demandes import AUTHOR, DISCUSSION, signs_in, tells
from tests.support.town import Portal, Town, portal

pytestmark = pytest.mark.asyncio(loop_scope="module")
ONE = "/demandes/d1"
REFUSED = {"status": "refusee", "at": "2026-12-01T09:00:00Z", "appeal": "Saisissez le tribunal.", "author": AUTHOR}
OVER = {"silence": "rejet", "delay_months": 2, "deadline": None, "state": "over"}


def clock(silence: str, state: str, deadline: str | None = "2027-01-24") -> dict[str, Any]:
    return {"silence": silence, "delay_months": 2, "deadline": deadline, "state": state}


async def test_suivi_says_where_the_demande_stands_and_what_is_awaited(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town, tracking=True)
    page = await visit(door, ONE)
    accessible(page)
    text = said(page)
    for words in (
        "2026-000001",
        "En cours d'instruction",
        "RIB, avant le 1er décembre 2026",
        "Vous avez 1 message non lu",
        "24 novembre 2026 à 14\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}05".replace("\N{NO-BREAK SPACE}", " "),
        "Demande déposée",
        "au plus tard le 24 janvier 2027",
        "Discussion 1 non lu",
    ):
        assert words in text, words
    assert "Statuts" not in text
    assert {f"{ONE}/demande", f"{ONE}/discussion", f"{ONE}/retrait", "/api/demandes/d1/receipt"} <= links(page)
    assert {heard.principal.kind for heard in town.heard} == {"tracking"}
    current = [each for each in page.all("a") if each.get("aria-current") == "page"]
    assert [each["href"] for each in current] == [ONE]


@pytest.mark.parametrize(
    ("legal_clock", "words"),
    [
        (clock("acceptation", "running"), "votre demande sera acceptée"),
        (clock("rejet", "running"), "considérée comme refusée"),
        (clock("rejet", "suspended"), "Le délai est suspendu"),
        (clock("acceptation", "waiting", None), "Le délai de 2 mois ne court pas"),
    ],
)
async def test_the_legal_clock_is_said_in_plain_words(
    door: Portal, town: Town, legal_clock: dict[str, Any], words: str
) -> None:
    tells(town, legal_clock=legal_clock)
    signs_in(door, town)
    assert words in said(await visit(door, ONE)).replace(" : ", " ").replace("  ", " ")


async def test_a_decision_shows_its_reasons_and_how_to_contest(door: Portal, town: Town) -> None:
    decision = REFUSED | {"kind": "express", "message": "Le dossier est arrivé trop tard."}
    tells(town, status="refusee", decision=decision, legal_clock=OVER, actions=["duplicate"])
    signs_in(door, town)
    page = await visit(door, ONE)
    accessible(page)
    text = said(page)
    for words in ("arrivé trop tard", "Saisissez le tribunal.", "Claire Moreau, instructrice", "1er décembre 2026"):
        assert words in text
    assert "Délai de réponse" not in text
    assert f"{ONE}/retrait" not in links(page)


async def test_silence_offers_to_ask_for_reasons_or_an_attestation(door: Portal, town: Town) -> None:
    decision = REFUSED | {"kind": "implicit", "on": "2027-01-24", "message": "", "author": None}
    tells(town, status="refusee", decision=decision, legal_clock=OVER, actions=["reasons-request"])
    signs_in(door, town)
    page = await visit(door, ONE)
    assert "ce silence vaut refus" in said(page)
    town.says("dossiers", "POST /api/demandes/d1/reasons-request", body={"id": "d1", "version": 5})
    done = await submit(door, f"{ONE}/motifs", page)
    assert (done.status_code, done.headers["location"]) == (303, f"{ONE}?fait=motifs-demandes")
    assert "Les motifs du refus sont demandés" in (await visit(door, done.headers["location"])).text
    accepted = decision | {"status": "acceptee"}
    tells(town, status="acceptee", decision=accepted, legal_clock=OVER, actions=["attestation-request"])
    assert "ce silence vaut acceptation" in said(await visit(door, ONE))
    town.says("dossiers", "POST /api/demandes/d1/attestation-request", body={"id": "d1", "version": 5})
    done = await submit(door, f"{ONE}/attestation", page)
    assert done.headers["location"] == f"{ONE}?fait=attestation-demandee"
    attested = {"requested_at": "2027-02-01T09:00:00Z", "issued_at": "2027-02-03T09:00:00Z", "author": AUTHOR}
    tells(town, status="acceptee", decision=accepted, legal_clock=OVER, actions=[], attestation=attested)
    assert "/api/demandes/d1/attestation" in links(await visit(door, ONE))


async def test_reasons_that_were_given_say_until_when_to_contest(door: Portal, town: Town) -> None:
    decision = REFUSED | {"kind": "implicit", "on": "2027-01-24", "message": "", "author": None}
    reasons = {"requested_at": "2027-01-30T09:00:00Z", "due": "2027-02-28", "given_at": None, "author": None}
    tells(town, status="refusee", decision=decision, legal_clock=OVER, reasons=reasons, actions=[])
    signs_in(door, town)
    assert "doit vous les donner avant le 28 février 2027" in said(await visit(door, ONE))
    given = {"given_at": "2027-02-10T09:00:00Z", "text": "Hors délai.", "author": AUTHOR, "appeal_until": "2027-04-11"}
    tells(town, status="refusee", decision=decision, legal_clock=OVER, reasons=reasons | given, actions=[])
    text = said(await visit(door, ONE))
    assert "Hors délai." in text
    assert "jusqu'au 11 avril 2027" in text


async def test_the_answers_are_shown_as_filed_by_section_under_the_version_they_answer(
    door: Portal, town: Town
) -> None:
    tells(town)
    signs_in(door, town)
    page = await visit(door, f"{ONE}/demande")
    accessible(page)
    text = said(page).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "Fanfare",
        "L'enfant",
        "Date de naissance 17 mai 2014",
        "Classe Sixième",
        "1 234,50 €",
        "alternée Non",
    ):
        assert words in text, words
    assert next(heard.query for heard in town.heard if heard.path == "/api/demarches/bourse") == "version=2"


async def test_the_answers_stand_without_the_text_of_their_questions(door: Portal, town: Town) -> None:
    tells(town)
    town.says("dossiers", "GET /api/demarches/bourse", 503, {"slug": "unavailable", "detail": "x"})
    signs_in(door, town)
    text = said(await visit(door, f"{ONE}/demande"))
    assert "momentanément indisponible" in text
    assert "1234.50" in text


async def test_withdrawing_asks_first(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town)
    page = await visit(door, f"{ONE}/retrait")
    accessible(page)
    assert all(heard.method == "GET" for heard in town.heard)
    too_long = {"slug": "invalid-request", "detail": "x", "errors": [{"pointer": "/reason", "detail": "Trop long."}]}
    town.says("dossiers", "POST /api/demandes/d1/withdrawal", 422, too_long)
    again = await submit(door, f"{ONE}/retrait", page, reason="Longue histoire")
    assert again.status_code == 422
    assert ">Longue histoire</textarea>" in again.text
    answer = {"id": "d1", "status": "retiree", "version": 3}
    town.says("dossiers", "POST /api/demandes/d1/withdrawal", body=answer)
    done = await submit(door, f"{ONE}/retrait", page, reason=" Trompée ")
    assert (done.status_code, done.headers["location"]) == (303, f"{ONE}?fait=retiree")
    assert town.last.body == '{"reason":"Trompée"}'.encode()
    assert town.last.headers["idempotency-key"] == page.hidden["cle"]
    tells(town, status="retiree", actions=["duplicate"])
    late = await visit(door, f"{ONE}/retrait")
    assert "ne peut plus être retirée" in said(late)
    assert len(late.all("form")) == 0


async def test_a_demande_is_asked_again_from_its_answers(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town)
    page = await visit(door, ONE)
    copy = {"id": "d9", "dropped": []}
    town.says("dossiers", "POST /api/demandes/d1/duplicate", 201, copy)
    done = await submit(door, f"{ONE}/copie", page)
    assert (done.status_code, done.headers["location"]) == (303, "/demandes/d9/saisie?fait=copie")
    town.says("dossiers", "POST /api/demandes/d1/duplicate", 201, copy | {"dropped": ["/answers/x"]})
    assert (await submit(door, f"{ONE}/copie", page)).headers["location"].endswith("fait=copie-partielle")
    closed = {"slug": "conflict", "detail": "Cette démarche est close."}
    town.says("dossiers", "POST /api/demandes/d1/duplicate", 409, closed)
    refused = await submit(door, f"{ONE}/copie", page)
    assert (refused.status_code, "Cette démarche est close." in refused.text) == (409, True)


@pytest.mark.parametrize("tab", ["", "/demande", "/discussion", "/retrait"])
async def test_a_draft_is_filled_in_where_drafts_are(door: Portal, town: Town, tab: str) -> None:
    tells(town, status="brouillon", submitted_at=None)
    signs_in(door, town)
    answer = await door.client.get(ONE + tab, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}/saisie")


@pytest.mark.parametrize("tab", ["", "/demande", "/discussion"])
async def test_the_demande_stands_while_its_discussion_does_not_answer(tmp_path: Path, tab: str) -> None:
    async with portal(tmp_path, down=("discussion",)) as door:
        tells(door.town)
        signs_in(door, door.town)
        page = await visit(door, ONE + tab)
        accessible(page)
        assert "2026-000001" in page.text
        assert ("momentanément indisponible" in page.text) == (tab == "/discussion")


@pytest.mark.parametrize("tab", ["", "/demande", "/discussion", "/retrait"])
async def test_somebody_elses_demande_does_not_exist(door: Portal, town: Town, tab: str) -> None:
    town.says("dossiers", "GET /api/demandes/d1", 404, {"slug": "not-found", "detail": "Introuvable."})
    town.says("discussion", "GET /api/demandes/d1/discussion", body=DISCUSSION)
    signs_in(door, town)
    answer = await door.client.get(ONE + tab, headers=HTML)
    assert answer.status_code == 404
    accessible(Page(answer))
    assert "Pièces manquantes" not in answer.text
