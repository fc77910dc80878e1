"""Drafts in a browser: saved while one types, found again elsewhere, never overwritten unawares; the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.support.browser_visits import Visitor
from tests.support.browser_world import World

pytestmark = pytest.mark.journey
GRANT = "subvention-association"
PROJECT, BUDGET = 4, 5  # its steps
SAVED = re.compile(r"Brouillon enregistré à \d{1,2}\sh\s\d\d$")


@pytest.fixture
def draft(world: World) -> str:
    """The address of a new draft."""
    portal = world.people["association"].portal
    begun = portal.post("/api/demandes", {"demarche": GRANT, "submit": False}, expect=201)
    return f"/demandes/{begun['id']}/saisie"


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def context(request: pytest.FixtureRequest, visitor: Visitor) -> Iterator[BrowserContext]:
    """The association's browser."""
    context = visitor.context("association", scripted=request.param)
    yield context
    context.close()


@pytest.fixture
def scripted(visitor: Visitor) -> Iterator[BrowserContext]:
    """The association's browser, which runs scripts."""
    context = visitor.context("association")
    yield context
    context.close()


def opened(context: BrowserContext, path: str) -> Page:
    page = context.new_page()
    page.goto(path)
    return page


def goes_on(page: Page, name: str = "Enregistrer et continuer") -> None:
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def state(page: Page) -> str:
    return page.locator("[data-etat]").inner_text()


def test_what_is_typed_is_saved_without_a_button(scripted: BrowserContext, draft: str) -> None:
    page = opened(scripted, f"{draft}/{PROJECT}")
    page.get_by_label("Titre du projet").fill("Fanfare des villages")
    page.get_by_label("Jour").first.fill("1")
    page.get_by_label("Mois").first.fill("3")
    page.get_by_label("Année").first.fill("2027")
    page.get_by_label("Environnement").check()
    expect(page.get_by_role("status")).to_have_text(SAVED)
    page.close()
    again = opened(scripted, f"{draft}/{PROJECT}")
    expect(again.get_by_label("Titre du projet")).to_have_value("Fanfare des villages")
    expect(again.get_by_label("Année").first).to_have_value("2027")
    expect(again.get_by_label("Environnement")).to_be_checked()


def test_a_wrong_value_is_not_saved_and_the_rest_is(scripted: BrowserContext, draft: str) -> None:
    page = opened(scripted, f"{draft}/{BUDGET}")
    page.get_by_label("Budget total du projet").fill("douze")
    page.get_by_label("Montant demandé au Conseil départemental").fill("4 500,5")
    expect(page.get_by_role("status")).to_contain_text("sauf une réponse à corriger")
    again = opened(scripted, f"{draft}/{BUDGET}")
    expect(again.get_by_label("Budget total du projet")).to_have_value("")
    expect(again.get_by_label("Montant demandé au Conseil départemental")).to_have_value("4500,50")
    goes_on(page)
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Budget total du projet")).to_have_value("douze")


def test_for_whom_one_files_is_judged_while_typing(scripted: BrowserContext, draft: str) -> None:
    page = opened(scripted, f"{draft}/1")
    page.get_by_label("Numéro RNA ou SIRET").fill("W45")
    expect(page.get_by_role("status")).to_contain_text("sauf une réponse à corriger")
    page.get_by_label("Numéro RNA ou SIRET").fill("W451234567")
    expect(page.get_by_role("status")).to_have_text(SAVED)
    expect(opened(scripted, f"{draft}/1").get_by_label("Numéro RNA ou SIRET")).to_have_value("W451234567")


def test_saving_while_typing_does_not_stand_in_the_way_of_the_button(scripted: BrowserContext, draft: str) -> None:
    page = opened(scripted, f"{draft}/1")
    page.get_by_label("Nom de l'organisme").fill("Fanfare des villages")
    page.get_by_label("Numéro RNA ou SIRET").fill("W451234567")
    page.wait_for_timeout(1450)  # the save and the button meet
    goes_on(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vos coordonnées")


def test_two_tabs_that_disagree_are_both_shown(context: BrowserContext, draft: str) -> None:
    first, second = opened(context, f"{draft}/3"), opened(context, f"{draft}/3")
    second.get_by_label("Objet de l'association").fill("Organiser des concerts")
    goes_on(second)
    first.get_by_label("Objet de l'association").fill("Enseigner la musique")
    goes_on(first)
    expect(first.get_by_role("alert")).to_contain_text("modifié dans un autre onglet")
    expect(first.get_by_role("alert")).to_contain_text("Organiser des concerts")
    expect(first.get_by_label("Objet de l'association")).to_have_value("Enseigner la musique")
    goes_on(first)
    expect(first.get_by_role("heading", level=1)).to_contain_text("Votre projet")
    expect(opened(context, f"{draft}/3").get_by_label("Objet de l'association")).to_have_value("Enseigner la musique")


def test_saving_while_typing_stops_where_it_would_overwrite(scripted: BrowserContext, draft: str) -> None:
    first, second = opened(scripted, f"{draft}/3"), opened(scripted, f"{draft}/3")
    second.get_by_label("Objet de l'association").fill("Organiser des concerts")
    expect(second.get_by_role("status")).to_have_text(SAVED)
    first.get_by_label("Objet de l'association").fill("Enseigner la musique")
    expect(first.get_by_role("status")).to_contain_text("modifié dans un autre onglet")
    again = opened(scripted, f"{draft}/3")
    expect(again.get_by_label("Objet de l'association")).to_have_value("Organiser des concerts")


def test_a_question_that_depends_on_another_comes_with_it(context: BrowserContext, draft: str, world: World) -> None:
    live = context.new_page()
    live.goto(f"{draft}/{BUDGET}")
    scripts = live.locator(".condition").count() == 0
    rows = live.get_by_role("group", name=re.compile("^Autres financements publics"))
    expect(rows).to_be_visible(visible=not scripts)
    live.get_by_role("group", name="Avez-vous demandé").get_by_label("Oui").check()
    expect(rows).to_be_visible()
    live.get_by_label("Nom du financeur").fill("Commune d'Orléans")
    live.get_by_label("Montant", exact=True).fill("2 500")
    live.get_by_label("Accordé").check()
    goes_on(live, "Ajouter une ligne")
    expect(live.get_by_role("group", name="Ligne 2")).to_be_focused()
    live.get_by_role("group", name="Ligne 2").get_by_label("Nom du financeur").fill("État")
    goes_on(live, "Retirer la ligne 2")
    goes_on(live, "Continuer plus tard")
    said = world.people["association"].portal.get(f"/api/demandes/{draft.split('/')[2]}")["answers"]
    row = {"financeur": "Commune d'Orléans", "financeur_montant": "2500.00", "financeur_statut": "accorde"}
    assert (said["autres_financements"], said["financements"]) == (True, [row])


@pytest.mark.parametrize("scripted_too", [True, False], ids=["with-script", "without-script"])
def test_the_browsers_way_back_keeps_everything_without_an_account(visitor: Visitor, scripted_too: bool) -> None:
    context = visitor.context(scripted=scripted_too)
    page = opened(context, f"/demarches/{GRANT}/demande")
    goes_on(page, "Continuer sans compte")
    page.get_by_label("Nom de l'organisme").fill("Fanfare des villages")
    page.get_by_label("Numéro RNA ou SIRET").fill("W451234567")
    page.get_by_label("Numéro RNA ou SIRET").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vos coordonnées")
    page.go_back()
    expect(page.get_by_label("Nom de l'organisme")).to_have_value("Fanfare des villages")
    goes_on(page, "Continuer")
    page.get_by_label("Adresse électronique").fill("noe@example.org")
    page.get_by_label("Prénom").fill("Noé")
    page.get_by_label("Nom", exact=True).fill("Petit")
    goes_on(page, "Étape précédente")
    expect(page.get_by_label("Nom de l'organisme")).to_have_value("Fanfare des villages")
    goes_on(page, "Continuer")
    expect(page.get_by_label("Prénom")).to_have_value("Noé")
    page.reload()
    expect(page.get_by_label("Prénom")).to_have_value("Noé")
    assert "?" not in page.url
    context.close()
