"""What a person reads when something is refused: what happened, what to do, how long to wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.test_account_pages import sign_in
from tests.gateway.test_pages import HTML, Page, accessible, submit, visit
from tests.support.town import Portal, Town, portal

pytestmark = pytest.mark.asyncio(loop_scope="module")

SPACE = "\N{NO-BREAK SPACE}"
WAYS_OUT = {"/", "/aide", "/contact"}


def entity(text: str) -> str:
    return text.replace("&nbsp;", SPACE)


async def told(door: Portal, town: Town, status: int, **headers: str) -> Page:
    """The page of a sign-in that identity answers with this status."""
    page = await visit(door, "/connexion")
    said = {"slug": "some-slug", "detail": "Ce que dit <b>identity</b>."}
    town.says("identity", "POST /api/sessions", status, said, **headers)
    answer = await submit(door, "/connexion", page, email="ada@example.org", password="p")
    assert answer.status_code == (status if status < 500 else 503)
    found = Page(answer)
    accessible(found)
    assert {each.get("href") for each in found.all("a")} >= WAYS_OUT
    assert "<b>identity" not in found.text
    return found


@pytest.mark.parametrize(
    ("status", "title", "words"),
    [
        (400, "Demande illisible", "Ce que dit"),
        (403, "Accès refusé", "rechargez-la"),
        (404, "Page introuvable", "numéro de suivi"),
        (409, "Action impossible pour le moment", "Rien n'a été modifié"),
        (412, "La demande a changé entre-temps", "Rien n'a été modifié"),
        (413, "Envoi trop volumineux", "5 Mo"),
        (415, "Format non accepté", "PNG, JPEG et PDF"),
        (429, "Trop de tentatives", "se lève d'elle-même"),
        (500, "Service momentanément indisponible", "compté qu'une fois"),
        (503, "Service momentanément indisponible", "compté qu'une fois"),
    ],
)
async def test_each_refusal_says_what_to_do(door: Portal, town: Town, status: int, title: str, words: str) -> None:
    page = await told(door, town, status)
    assert page.title == f"{title} – Guichet"
    assert words in entity(page.text).replace(SPACE, " ")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ("1", "1&nbsp;seconde<"),
        ("35", "35&nbsp;secondes"),
        ("125", "3&nbsp;minutes"),
        ("3600", "60&nbsp;minutes"),
        ("80000", "23&nbsp;heures"),
    ],
)
async def test_a_limit_says_how_long_to_wait(door: Portal, town: Town, seconds: str, said: str) -> None:
    assert said in (await told(door, town, 429, Retry_After=seconds)).text


async def test_a_wait_that_is_no_number_is_left_out(door: Portal, town: Town) -> None:
    page = await told(door, town, 429, Retry_After="Wed, 25 Nov 2026 10:00:00 GMT")
    assert "Vous pourrez recommencer" not in page.text


async def test_who_is_refused_though_signed_in_reads_under_which_name(door: Portal, town: Town) -> None:
    sign_in(door, town)
    answer = await door.client.get("/audit", headers=HTML)
    assert answer.status_code == 403
    page = Page(answer)
    accessible(page)
    assert "Ada Martin" in page.text
    assert "/deconnexion" in {each.get("href") for each in page.all("a")}


async def test_a_page_that_is_not_there_leads_on(door: Portal, town: Town) -> None:
    answer = await door.client.get("/nulle-part", headers=HTML)
    page = Page(answer)
    accessible(page)
    assert {"/connexion", "/suivi", "/demarches"} <= {each.get("href") for each in page.all("a")}
    wrong_method = await door.client.post("/aide", headers=HTML | {"Origin": door.url})
    assert (wrong_method.status_code, "Page introuvable" in wrong_method.text) == (405, True)


async def test_without_identity_signing_in_says_so_and_the_catalogue_stays(tmp_path: Path) -> None:
    async with portal(tmp_path, down=("identity",)) as door:
        page = await visit(door, "/connexion")
        answer = await submit(door, "/connexion", page, email="ada@example.org", password="p")
        assert answer.status_code == 503
        assert "/demarches" in {each.get("href") for each in Page(answer).all("a")}
        assert (await door.client.get("/inscription", headers=HTML)).status_code == 503
        door.town.says("dossiers", "GET /api/demarches", body={"items": [], "next": None})
        assert "Aucune démarche" in (await visit(door, "/demarches")).text
