"""Filing a demande by clicking, without an account and with one, with script and without, and by keyboard alone."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser_keyboard import Keyboard
from tests.support.browser_people import fills_in, fills_in_and_signs_in, path_of
from tests.support.browser_visits import Visitor
from tests.support.browser_world import GRANT, World, examples

pytestmark = pytest.mark.journey
TITLE = "Bourse départementale pour un collégien"
NUMBER = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")


def somebody() -> dict[str, str]:
    return {
        "Adresse électronique": f"sans.compte.{secrets.token_hex(4)}@example.org",
        "Prénom": "Noé",
        "Nom": "Petit",
    }


def chooses(page: Page) -> None:
    """From the home page to the beginning of a demande."""
    page.get_by_role("navigation", name="Menu principal").get_by_role("link", name="Démarches").click()
    page.get_by_role("main").get_by_role("link", name=TITLE).click()
    page.get_by_role("main").get_by_role("link", name="Déposer").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Déposer une demande")


def files(page: Page) -> str:
    """From the review to the receipt page; the tracking number on it."""
    page.get_by_role("main").get_by_role("button", name="Déposer ma demande").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est déposée")
    number = page.locator(".tracking code").inner_text()
    assert NUMBER.fullmatch(number)
    return number


def test_a_demande_is_filed_without_an_account_and_found_again(page: Page, world: World) -> None:
    contact = somebody()
    chooses(page)
    page.get_by_role("button", name="Continuer sans compte").click()
    fills_in(page, examples(world.stack.portal(), GRANT), contact)
    for said in contact.values():
        expect(page.get_by_role("main").get_by_text(said, exact=True)).to_be_visible()
    page.get_by_role("button", name="Déposer ma demande").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page).to_have_title(re.compile("^Erreur : "))
    page.get_by_label("J'accepte les conditions générales d'utilisation").check()
    number = files(page)
    mail = world.stack.mailbox().wait(contact["Adresse électronique"], lambda mail: number in mail.text)
    assert "accusé de réception" in mail.text.lower()
    page.get_by_role("link", name="Suivre mes demandes").first.click()
    page.get_by_label("Adresse électronique").fill(contact["Adresse électronique"])
    page.get_by_label("Numéro de suivi").fill(number)
    page.get_by_role("button", name="Suivre ma demande").click()
    expect(page.get_by_role("main")).to_contain_text(TITLE)


def test_an_answer_is_changed_from_the_review(page: Page, world: World) -> None:
    contact = somebody()
    chooses(page)
    page.get_by_role("button", name="Continuer sans compte").click()
    fills_in(page, examples(world.stack.portal(), GRANT), contact)
    page.get_by_role("button", name="Modifier : Prénom", exact=True).click()
    page.get_by_label("Prénom", exact=True).fill("Noémie")
    page.get_by_role("main").get_by_role("button", name="Continuer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vérifiez")
    expect(page.get_by_role("main").get_by_text("Noémie", exact=True)).to_be_visible()


def test_a_draft_of_an_account_waits_and_is_filed(page: Page, world: World) -> None:
    lou = world.people["association"]
    chooses(page)
    page.get_by_role("link", name="Se connecter pour déposer").click()
    fills_in_and_signs_in(page, lou.email, lou.password)
    page.get_by_role("main").get_by_role("button", name=re.compile("^Commencer")).click()
    answers = examples(world.stack.portal(), GRANT)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vous déposez pour")
    draft = path_of(page)
    page.get_by_role("button", name="Continuer plus tard").click()
    expect(page.get_by_role("status").filter(has_text="Votre brouillon est enregistré")).to_be_visible()
    page.goto(draft)
    fills_in(page, answers, {})
    number = files(page)
    mail = world.stack.mailbox().wait(lou.email, lambda mail: number in mail.text)
    assert number in mail.text


def test_a_step_left_empty_names_what_is_missing_and_keeps_what_was_typed(page: Page, world: World) -> None:
    chooses(page)
    page.get_by_role("button", name="Continuer sans compte").click()
    page.get_by_role("main").get_by_role("button", name="Continuer", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Vos coordonnées")
    page.get_by_label("Prénom").fill("Noé")
    page.get_by_role("main").get_by_role("button", name="Continuer", exact=True).click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("Adresse électronique")).to_be_focused()
    expect(page.get_by_label("Prénom")).to_have_value("Noé")


def test_the_keyboard_alone_leads_from_home_to_a_filed_demande(visitor: Visitor, world: World) -> None:
    context = visitor.context()
    page = context.new_page()
    page.goto("/")
    keyboard, contact = Keyboard(page), somebody()
    keyboard.opens("Démarches")
    keyboard.opens(TITLE)
    keyboard.opens("Déposer une demande")
    keyboard.opens("Continuer sans compte", "button")
    keyboard.fills_in(examples(world.stack.portal(), GRANT), contact)
    keyboard.goes_to("the box of the conditions", lambda here: here.type == "checkbox")
    keyboard.press("Space")
    keyboard.opens("Déposer ma demande", "button")
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est déposée")
    number = page.locator(".tracking code").inner_text()
    mail = world.stack.mailbox().wait(contact["Adresse électronique"], lambda mail: number in mail.text)
    assert number in mail.text
    context.close()
