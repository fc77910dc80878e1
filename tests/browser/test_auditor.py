"""The auditor by clicking: search, story, time travel to before the decision, verification, replay."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser_people import signs_in
from tests.support.browser_visits import Visitor
from tests.support.browser_world import World

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def page(visitor: Visitor) -> Iterator[Page]:
    """The auditor's browser, signed in by its form."""
    context = visitor.context()
    page = context.new_page()
    page.goto("/")
    signs_in(page, "auditeur@demo.example.org")
    yield page
    context.close()


def finds(page: Page, world: World, name: str) -> str:
    """Looks for a demande by its reference; the reference."""
    reference: str = world.people["camille"].portal.get(f"/api/demandes/{world.named[name]}")["reference"]
    page.get_by_role("navigation", name="Menu principal").get_by_role("link", name="Audit").click()
    page.get_by_label("Référence, identifiant ou adresse de la demande").fill(reference)
    page.get_by_role("button", name="Voir son histoire").click()
    return reference


def test_a_reference_leads_to_the_story_of_a_demande_across_services(page: Page, world: World) -> None:
    reference = finds(page, world, "discutee")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Histoire de la demande {reference}")
    story = page.locator(".facts-list")
    for told in ("Demande déposée", "Discussion ouverte par le service"):
        expect(story.get_by_text(told, exact=True).first).to_be_visible()
    services = page.get_by_role("navigation", name="Services")
    services.get_by_role("link", name="Discussions").click()
    expect(services.get_by_role("link", name="Discussions")).to_have_attribute("aria-current", "page")
    expect(story.get_by_text("Demande déposée", exact=True)).to_have_count(0)


def test_the_slider_travels_to_before_the_decision_and_back(page: Page, world: World) -> None:
    finds(page, world, "acceptee")
    expect(page.locator(".badge")).to_have_text("Acceptée")
    page.get_by_role("link", name="Voyager dans le temps").click()
    slider, state = page.get_by_role("slider"), page.locator("#instant")
    expect(state).to_contain_text("acceptee")
    slider.focus()
    for _ in range(12):
        if "acceptee" not in state.inner_text():
            break
        version = int(slider.input_value())
        slider.press("ArrowLeft")
        expect(state.get_by_role("heading")).to_have_text(f"L'état à la version {version - 1}")
    expect(state).to_contain_text("en_instruction")
    expect(page.locator(".travel output")).to_have_text(slider.input_value())
    expect(page).to_have_title(f"dossiers.demande-{world.named['acceptee']}, version {slider.input_value()} – Guichet")
    page.reload()
    expect(state).to_contain_text("en_instruction")
    page.get_by_role("link", name="Version suivante").click()
    expect(state).not_to_contain_text("en_instruction")


def test_an_instant_before_it_was_filed_is_refused_in_words(page: Page, world: World) -> None:
    finds(page, world, "acceptee")
    page.get_by_role("link", name="Voyager dans le temps").click()
    page.get_by_label("Ou à un instant précis").fill("2020-01-01T00:00:00Z")
    page.get_by_role("button", name="Voir à cet instant").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("n'existait pas encore")


def test_the_chains_of_every_service_are_verified(page: Page) -> None:
    page.goto("/audit")
    page.get_by_role("link", name="Vérifier les empreintes").click()
    page.get_by_role("button", name="Vérifier").click()
    expect(page.get_by_role("status").filter(has_text="Vérification terminée.")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("cell", name="toutes les empreintes sont intactes")).to_have_count(5)


def test_a_read_model_is_replayed_from_the_first_event_and_found_identical(page: Page) -> None:
    page.goto("/audit")
    page.get_by_role("link", name="Relire l'histoire").click()
    page.get_by_role("button", name="Relire le modèle tracking").click()
    expect(page.get_by_role("status").filter(has_text="Identique")).to_be_visible(timeout=30_000)


def test_the_facts_of_a_service_are_filtered_and_opened(page: Page, world: World) -> None:
    page.goto("/audit")
    page.get_by_role("main").get_by_role("link", name="Demandes").click()
    page.get_by_label("Type d'événement").select_option(label="Demande déposée")
    page.get_by_role("button", name="Chercher").click()
    facts = page.locator(".facts-list > li")
    expect(facts.first).to_contain_text("Demande déposée")
    facts.first.get_by_text("Détail").click()
    expect(facts.first.get_by_text("Empreinte", exact=True)).to_be_visible()
    page.get_by_role("link", name="Afficher la suite").click()
    expect(facts.first).to_contain_text("Demande déposée")
