"""What an applicant finds when signed in: the dashboard, his account, the list of his demandes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.test_pages import HTML, OPENED, Page, accessible, submit, visit
from tests.support.town import Portal, Town, portal

pytestmark = pytest.mark.asyncio(loop_scope="module")
BOARD, ACCOUNT, LIST = "/tableau-de-bord", "/compte", "/demandes"
PERSON = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Martin", "phone": None, "postal_address": None}
ASKED = {"id": "r1", "label": "Attestation", "required": True, "due": "2026-12-01", "received": None}


def demande(id: str, status: str = "deposee", **changes: Any) -> dict[str, Any]:
    return {
        "id": id,
        "reference": f"2026-{id.upper()}",
        "demarche": {"slug": "bourse", "title": f"Bourse {id}"},
        "status": status,
        "submitted_at": None if status == "brouillon" else "2026-11-24T13:05:00Z",
        "updated_at": "2026-11-25T08:00:00Z",
        "unread_messages": 0,
    } | changes


def notification(id: str, unread: int = 1) -> dict[str, Any]:
    return {
        "demande": {"id": id, "reference": f"2026-{id.upper()}", "demarche": {"slug": "bourse", "title": "Bourse"}},
        "discussion": {"id": "x1", "subject": "Pièces à compléter"},
        "unread": unread,
        "at": "2026-11-24T14:00:00Z",
    }


def asks(*documents: Mapping[str, Any], status: str = "open") -> dict[str, Any]:
    return {"status": status, "requested_documents": list(documents), "messages": []}


def signs_in(door: Portal, headers: Mapping[str, str]) -> None:
    door.client.cookies.set("guichet", headers["Authorization"].removeprefix("Bearer "))


def tells(town: Town, *rows: Mapping[str, Any], news: tuple[Mapping[str, Any], ...] = ()) -> None:
    town.says("identity", "GET /api/me", body=PERSON)
    town.says("dossiers", "GET /api/demandes", body={"items": list(rows), "next": None})
    town.says("discussion", "GET /api/notifications", body={"items": list(news), "next": None})


def said(page: Page) -> str:
    """Its text, blanks made one."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.text).replace("&nbsp;", " ").replace("&#39;", "'").split())


def links(page: Page) -> set[str | None]:
    return {each.get("href") for each in page.all("a")}


async def test_the_dashboard_lists_the_notifications_of_discussion_first(door: Portal, town: Town) -> None:
    tells(town, demande("d1", "en_instruction"), demande("d2", "brouillon"), news=(notification("d1", 2),))
    town.says("discussion", "GET /api/demandes/d1/discussion", body=asks(ASKED))
    signs_in(door, town.signs_in())
    page = await visit(door, BOARD)
    accessible(page)
    text = said(page)
    assert "Pièces à compléter 2 messages non lus" in text
    assert text.index("Notifications de discussion") < text.index("attendent de vous") < text.index("par état")
    assert "à envoyer avant le 1er décembre 2026" in text
    assert "1 En cours d'instruction" in text
    assert {"/demandes/d1/discussion", "/demandes/d2/saisie", "/demandes", "/demarches"} <= links(page)
    assert "/demandes?etat=en_instruction" in links(page)


async def test_what_is_awaited_comes_by_date_and_only_from_open_discussions(door: Portal, town: Town) -> None:
    rows = [demande(id, "en_instruction") for id in ("d1", "d2", "d3", "d4")]
    tells(town, *rows)
    late, soon = ASKED | {"due": "2027-02-01"}, ASKED | {"due": "2026-12-24"}
    for id, body in (
        ("d1", asks(late)),
        ("d2", asks(soon, late)),
        ("d3", asks(soon, status="closed")),
        ("d4", asks(soon | {"received": "f1"})),
    ):
        town.says("discussion", f"GET /api/demandes/{id}/discussion", body=body)
    signs_in(door, town.signs_in())
    text = said(await visit(door, BOARD)).partition("par état")[0]
    assert text.index("Bourse d2") < text.index("Bourse d1")
    assert "Bourse d3" not in text
    assert "Bourse d4" not in text


async def test_an_empty_dashboard_says_what_to_do(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town.signs_in())
    page = await visit(door, BOARD)
    accessible(page)
    assert "Vous n'avez aucun message à lire" in said(page)
    assert {"/demarches", "/compte#rattacher"} <= links(page)


@pytest.mark.parametrize("path", [BOARD, ACCOUNT])
async def test_the_dashboard_and_the_account_stand_while_services_are_away(tmp_path: Path, path: str) -> None:
    async with portal(tmp_path, down=("discussion", "dossiers")) as door:
        door.town.says("identity", "GET /api/me", body=PERSON)
        signs_in(door, door.town.signs_in())
        page = await visit(door, path)
        accessible(page)
        assert "momentanément indisponible" in page.text
        assert "/demandes" in links(page)


async def test_counts_go_through_every_page_of_the_list(door: Portal, town: Town) -> None:
    tells(town)
    town.says("dossiers", "GET /api/demandes", body={"items": [demande("d1", "acceptee")], "next": "c"})
    signs_in(door, town.signs_in())
    page = await visit(door, BOARD)
    asked = [heard.query for heard in town.heard if heard.path == "/api/demandes"]
    assert asked == ["limit=100", "limit=100&cursor=c", "limit=100&cursor=c"]
    assert "3 ou plus Acceptée" in said(page)


async def test_the_account_leads_to_mes_demandes_and_to_the_settings(door: Portal, town: Town) -> None:
    tells(town, demande("d1"), demande("d2", "acceptee"))
    signs_in(door, town.signs_in())
    page = await visit(door, ACCOUNT)
    accessible(page)
    text = said(page)
    assert text.index("Mes démarches en cours") < text.index("Mes demandes") < text.index("Bourse d1")
    assert "Bourse d2" not in text
    assert "ada@example.org" in text
    assert {"/demandes", "/parametres"} <= links(page)


async def test_a_demande_filed_without_an_account_is_joined_by_its_number(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town.signs_in())
    page = await visit(door, ACCOUNT)
    empty = Page(await submit(door, ACCOUNT, page, tracking_number=" "))
    assert empty.field("tracking_number")["aria-invalid"] == "true"
    unknown = {"slug": "unknown-tracking", "detail": "Ce numéro n'est pas celui d'une demande de votre adresse."}
    town.says("dossiers", "POST /api/demandes/attachment", 404, unknown)
    again = await submit(door, ACCOUNT, page, tracking_number="4KQ7")
    assert again.status_code == 422
    accessible(Page(again))
    assert Page(again).field("tracking_number")["value"] == "4KQ7"
    assert "Ce numéro" in again.text
    town.says("dossiers", "POST /api/demandes/attachment", body=demande("d7") | {"version": 2})
    done = await submit(door, ACCOUNT, page, tracking_number="4KQ7-M2XA-9TNB-0VHC")
    assert (done.status_code, done.headers["location"]) == (303, "/demandes/d7?fait=rattachee")
    assert town.last.body == b'{"tracking_number":"4KQ7-M2XA-9TNB-0VHC"}'
    assert town.last.headers["idempotency-key"] == page.hidden["cle"]


async def test_the_list_has_a_loupe_at_the_end_of_each_row(door: Portal, town: Town) -> None:
    tells(town, demande("d1", unread_messages=3), demande("d2", "brouillon"))
    signs_in(door, town.signs_in())
    page = await visit(door, LIST)
    accessible(page)
    assert "<h1>Mes démarches</h1>" in page.text
    headings = re.findall(r'<th scope="col">(.*?)</th>', page.text)
    assert headings[0] == "Référence"
    assert headings[-1] == "Actions"
    assert "Consulter la demande 2026-D1" in said(page)
    assert "Consulter la demande 2026-D2" not in said(page)
    assert {"/demandes/d1", "/demandes/d1/discussion", "/demandes/d2/saisie"} <= links(page)


async def test_the_list_is_filtered_searched_and_paged_by_the_api(door: Portal, town: Town) -> None:
    tells(town)
    town.says("dossiers", "GET /api/demandes", body={"items": [demande("d1")], "next": "n&xt"})
    signs_in(door, town.signs_in())
    page = await visit(door, f"{LIST}?etat=deposee&q=collège")
    assert town.last.query == "limit=25&status=deposee&q=coll%C3%A8ge"
    assert "/demandes?etat=deposee&amp;q=coll%C3%A8ge&amp;suite=n%26xt" in page.text
    assert page.field("q")["value"] == "collège"
    await visit(door, f"{LIST}?etat=nimporte&suite=n%26xt")
    assert town.last.query == "limit=25&cursor=n%26xt"
    town.says("dossiers", "GET /api/demandes", body={"items": [], "next": None})
    assert "Aucune demande ne correspond" in (await visit(door, f"{LIST}?q=rien")).text
    assert "Choisissez une démarche" in (await visit(door, LIST)).text


async def test_a_tracking_session_sees_its_one_row_in_the_same_list(door: Portal, town: Town) -> None:
    town.says("identity", "POST /api/tracking-sessions", 201, OPENED | {"demande": {"id": "d1"}})
    page = await visit(door, "/suivi")
    answer = await submit(door, "/suivi", page, email="t@example.org", tracking_number="4KQ7-M2XA")
    assert (answer.status_code, answer.headers["location"]) == (303, LIST)
    tells(town, demande("d1"))
    door.client.cookies.clear()
    signs_in(door, town.tracks("d1"))
    page = await visit(door, LIST)
    accessible(page)
    assert "Consulter la demande 2026-D1" in said(page)
    assert len(page.all("form")) == 0
    assert {heard.principal.kind for heard in town.heard if heard.path == "/api/demandes"} == {"tracking"}
    assert LIST in links(await visit(door, "/suivi"))


@pytest.mark.parametrize("path", [BOARD, ACCOUNT, LIST])
async def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(door: Portal, town: Town, path: str) -> None:
    answer = await door.client.get(path, headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/connexion?next={path}")
    assert town.heard == []
