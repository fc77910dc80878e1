"""What everybody may read: home, catalogue, help, the texts that the law asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from gateway.pages.public.catalogue import summary
from gateway.pages.public.duties import TEXTS
from tests.gateway.test_pages import HTML, Page, accessible, visit
from tests.support.town import Portal, Town, portal

pytestmark = pytest.mark.asyncio(loop_scope="module")

LEGAL = {
    "service_address": "1 rue du Port",
    "service_phone": "01 99 00 45 10",
    "service_email": "sport@example.org",
    "silence": "rejet",
    "delay_months": 2,
    "appeal": "Vous pouvez contester.",
    "texts": ["Un code, article 1"],
}
CLUB: dict[str, Any] = {
    "slug": "aide-au-sport",
    "title": "Aide à l'équipement sportif",
    "summary": "Pour les clubs.",
    "service": "sport",
    "service_label": "Service des sports",
    "audience": ["association"],
    "fields": [
        {"type": "section", "label": "Votre club", "required": False},
        {"type": "text", "label": "Objet", "required": True},
        {"type": "text", "label": "Site", "required": False},
        {"type": "text", "label": "Lequel ?", "required": True, "show_if": {"field": "x", "equals": True}},
        {"type": "explanation", "label": "Rien à joindre", "required": False},
    ],
    "legal": LEGAL,
    "open": True,
}
HOUSE = CLUB | {"slug": "habitat", "title": "Aide à l'amélioration de l'habitat", "audience": ["self"]}
PAGES = ("/", "/demarches", "/aide", "/avantages", *TEXTS)


def tells(town: Town, *demarches: dict[str, Any]) -> None:
    town.says("dossiers", "GET /api/demarches", body={"items": list(demarches), "next": None})
    for each in demarches:
        town.says("dossiers", f"GET /api/demarches/{each['slug']}", body=each)


def sign_in(door: Portal, town: Town, *roles: str) -> None:
    door.client.cookies.set("guichet", town.signs_in(*roles)["Authorization"].removeprefix("Bearer "))


@pytest.mark.parametrize("path", PAGES)
async def test_every_public_page_is_accessible(door: Portal, town: Town, path: str) -> None:
    tells(town, CLUB)
    page = await visit(door, path)
    accessible(page)
    assert "Accessibilité : non conforme" in page.text
    assert len(page.text.encode()) < 30_000


async def test_the_home_page_has_both_ways_in_and_the_way_to_an_account(door: Portal, town: Town) -> None:
    page = await visit(door, "/")
    text = page.text
    assert text.index("Mot de passe oublié ?") < text.index(">SE CONNECTER</button>")
    assert text.index("Pas encore de compte ?") < text.index(">S'INSCRIRE</a>")
    links = {each.get("href") for each in page.all("a")}
    assert {"/mot-de-passe", "/inscription", "/avantages", "/suivi", "/aide", "/contact"} <= links
    assert (page.field("email")["autocomplete"], page.field("password")["type"]) == ("username", "password")


async def test_franceconnect_comes_first_where_there_is_a_contract_with_it(tmp_path: Path) -> None:
    async with portal(tmp_path, franceconnect_issuer="https://fc.example.org/api/v2") as door:
        asks = {"id": "q", "question": "Combien ?", "expires_at": "x"}
        door.town.says("identity", "GET /api/security-question", body=asks)
        door.town.says("identity", "GET /api/terms", body={"version": "2026-11", "url": "x"})
        for path in ("/", "/connexion", "/inscription"):
            page = await visit(door, path)
            accessible(page)
            text = page.text
            assert "/api/franceconnect/login?next=" in text
            assert text.index("S'identifier avec") < text.index('name="password"') or path == "/inscription"
            assert "Qu'est-ce que FranceConnect" in text


async def test_without_a_contract_nothing_speaks_of_franceconnect(door: Portal, town: Town) -> None:
    assert "franceconnect" not in (await visit(door, "/")).text.lower()
    assert "franceconnect" not in (await visit(door, "/connexion")).text.lower()


async def test_who_is_signed_in_finds_his_name_and_his_unread_discussions(door: Portal, town: Town) -> None:
    sign_in(door, town, "instructeur")
    item = {
        "demande": {"id": "d1", "reference": "G-1", "demarche": {"slug": "s", "title": "Aide au sport"}},
        "discussion": {"id": "x", "subject": "Pièces <manquantes>"},
        "unread": 2,
        "at": "2026-11-24T13:05:00Z",
    }
    read = item | {"demande": item["demande"], "unread": 0, "discussion": {"id": "y", "subject": "Déjà lue"}}
    town.says("discussion", "GET /api/notifications", body={"items": [item, read], "next": None})
    page = await visit(door, "/")
    accessible(page)
    assert "Bonjour Ada Martin" in page.text
    assert "Pièces &lt;manquantes&gt;" in page.text
    assert "Déjà lue" not in page.text
    links = {each.get("href") for each in page.all("a")}
    assert {"/demandes/d1/discussion", "/instruction", "/tableau-de-bord", "/parametres"} <= links
    assert "/administration" not in links
    assert not [each for each in page.all("input") if each.get("type") == "password"]


async def test_without_discussion_the_home_page_of_an_account_stands(tmp_path: Path) -> None:
    async with portal(tmp_path, down=("discussion",)) as door:
        sign_in(door, door.town)
        page = await visit(door, "/")
        assert "momentanément indisponible" in page.text
        assert "Bonjour Ada Martin" in page.text


async def test_who_follows_one_demande_is_led_to_it(door: Portal, town: Town) -> None:
    door.client.cookies.set("guichet", town.tracks("d1")["Authorization"].removeprefix("Bearer "))
    page = await visit(door, "/")
    assert "/demandes" in {each.get("href") for each in page.all("a")}
    assert not [each for each in town.heard if each.service == "discussion"]


async def test_words_and_the_kind_of_applicant_are_what_the_catalogue_is_asked(door: Portal, town: Town) -> None:
    tells(town, CLUB, HOUSE)
    page = await visit(door, "/demarches?q=+AMELIORATION+habitat%00&pour=association")
    accessible(page)
    assert [each.query for each in town.heard] == ["q=AMELIORATION+habitat&audience=association"]
    assert page.title.startswith("2 démarches pour «&nbsp;AMELIORATION habitat&nbsp;»")
    assert page.field("q")["value"] == "AMELIORATION habitat"
    assert [each["value"] for each in page.all("option") if "selected" in each] == ["association"]
    town.forgets()
    tells(town)
    nothing = await visit(door, "/demarches?q=%3Cb%3Episcine&pour=nimporte")
    assert town.last.query == "q=%3Cb%3Episcine"
    assert "Aucune démarche" in nothing.text
    assert "<b>" not in nothing.text


async def test_the_catalogue_is_read_to_its_end(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /api/demarches", body={"items": [CLUB], "next": "c1"})
    await visit(door, "/demarches")
    asked = [each.query for each in town.heard if each.path == "/api/demarches"]
    assert asked[:2] == ["", "cursor=c1"]
    assert len(asked) <= 50  # a list that never ends does not hold the page for ever


@pytest.mark.parametrize("path", ["/demarches", "/"])
async def test_without_dossiers_the_page_says_so(tmp_path: Path, path: str) -> None:
    async with portal(tmp_path, down=("dossiers",)) as door:
        assert "momentanément indisponible" in (await visit(door, path)).text


async def test_the_catalogue_stands_while_identity_is_away(tmp_path: Path) -> None:
    async with portal(tmp_path, down=("identity",)) as door:
        tells(door.town, CLUB)
        door.client.cookies.set("guichet", "some-token")
        for path in ("/", "/demarches", "/demarches/aide-au-sport", "/aide"):
            page = await visit(door, path)
            assert "SE CONNECTER" in page.text
        assert "Aide à l&#39;équipement sportif" in (await visit(door, "/demarches")).text


async def test_a_demarche_says_what_is_asked_and_what_the_law_says(door: Portal, town: Town) -> None:
    tells(town, CLUB)
    page = await visit(door, "/demarches/aide-au-sport")
    accessible(page)
    text = page.text
    for words in (
        "Votre club",
        "Site (facultatif)",
        "Lequel ? (selon votre situation)",
        "RNA ou SIRET",
        "Service des sports",
        "1 rue du Port",
        "01 99 00 45 10",
        "considérée comme refusée",
        "2\N{NO-BREAK SPACE}mois",
        "Vous pouvez contester.",
        "Un code, article 1",
    ):
        assert words in text, words
    assert "Rien à joindre" not in text
    assert "/demarches/aide-au-sport/demande" in {each.get("href") for each in page.all("a")}
    accepted = CLUB | {"legal": LEGAL | {"silence": "acceptation"}}
    tells(town, accepted)
    assert "considérée comme acceptée" in (await visit(door, "/demarches/aide-au-sport")).text


async def test_a_closed_demarche_takes_no_demande(door: Portal, town: Town) -> None:
    tells(town, CLUB | {"open": False})
    page = await visit(door, "/demarches/aide-au-sport")
    accessible(page)
    assert "Cette démarche est fermée" in page.text
    assert "/demarches/aide-au-sport/demande" not in {each.get("href") for each in page.all("a")}


async def test_a_demarche_that_is_not_there_is_a_page_not_found(door: Portal, town: Town) -> None:
    answer = await door.client.get("/demarches/nulle-part", headers=HTML)
    assert answer.status_code == 404
    accessible(Page(answer))


async def test_what_comes_before_the_first_section_is_told_too() -> None:
    field = {"type": "text", "label": "Seul", "required": True}
    assert summary([field, {"type": "section", "label": "Vide"}]) == [("", ["Seul"])]


async def test_every_question_of_the_help_can_be_linked_to(door: Portal, town: Town) -> None:
    page = await visit(door, "/aide")
    ids = {each["id"] for _, each in page.tags if "id" in each}
    anchors = {str(each["href"])[1:] for each in page.all("a") if str(each.get("href", "")).startswith("#")}
    assert anchors <= ids
    assert len(anchors) > 12


async def test_the_texts_name_those_who_answer_for_them(door: Portal, town: Town) -> None:
    says = {
        "/contact": ("09 99 99 00 00", "1 place des Tilleuls"),
        "/confidentialite": ("responsable du traitement", "donnees.personnelles@", "CNIL", "archives publiques"),
        "/accessibilite": ("non conforme", "Défenseur des droits", "encore été publié", "accessibilite@"),
        "/mentions-legales": ("Directeur de la publication", "L112-9", "Hébergement"),
        "/plan-du-site": ("/demarches", "/confidentialite"),
    }
    for path, words in says.items():
        text = (await visit(door, path)).text
        assert all(word in text for word in words), path


async def test_no_link_of_the_public_pages_is_dead(door: Portal, town: Town) -> None:
    tells(town, CLUB)
    town.says("identity", "GET /api/security-question", body={"id": "q", "question": "?", "expires_at": "x"})
    town.says("identity", "GET /api/terms", body={"version": "2026-11", "url": "x"})
    found: set[str] = set()
    for path in (*PAGES, "/demarches/aide-au-sport"):
        links = (str(each.get("href", "")) for each in (await visit(door, path)).all("a"))
        found |= {link.partition("#")[0] for link in links if re.match(r"/(?!static)", link)}
    assert {"/aide", "/contact", "/accessibilite"} <= found
    dead = []
    for link in sorted(found):
        if (await door.client.get(link, headers=HTML)).status_code not in (200, 303, 503):
            dead.append(link)
    assert dead == []
