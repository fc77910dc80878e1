"""An account by clicking, as the FAQ tells it: signing up, activating, signing in, filing; and the link of a mail."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from console.demo.people import solve
from console.demo.portal import Mail
from tests.support.browser_people import fills_in, fills_in_and_signs_in, path_of, signs_in
from tests.support.browser_world import GRANT, World, examples
from tests.support.residents import files

pytestmark = pytest.mark.journey
QUESTION = re.compile("Question de sécurité")


def link(mail: Mail, kind: str) -> str:
    """The address that a mail leads to."""
    found = re.search(rf"https?://\S+/{kind}/[\w-]+[^\s>)]*", mail.text)
    assert found is not None, mail.text
    return found[0]


def test_from_s_inscrire_to_a_receipt_on_the_dashboard(page: Page, world: World) -> None:
    email, password = f"rose.{secrets.token_hex(4)}@example.org", f"Coquelicot-{secrets.token_hex(6)}-2026"
    mailbox, main = world.stack.mailbox(), page.get_by_role("main")
    zone = page.get_by_role("region", name="Pas encore de compte ?")
    zone.get_by_role("link", name="S'INSCRIRE").click()
    main.get_by_label("Prénom", exact=True).fill("Rose")
    main.get_by_label("Nom", exact=True).fill("Lemaire")
    main.get_by_label("Adresse électronique").fill(email)
    main.get_by_label("Mot de passe", exact=True).fill(password)
    question = page.locator("label").filter(has_text=QUESTION).inner_text()
    main.get_by_label(QUESTION).fill(solve(question))
    main.get_by_label("J'ai lu et j'accepte").check()
    main.get_by_role("button", name="ENREGISTRER").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Consultez vos courriers électroniques")

    mail = mailbox.wait(email, lambda mail: "/activation/" in mail.text)
    page.goto(link(mail, "activation"))
    main.get_by_label("Mot de passe", exact=True).fill(password)
    main.get_by_role("button", name="Activer mon compte").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre compte est activé")
    signs_in(page, email, password)
    expect(page.get_by_role("heading", level=1)).to_have_text("Tableau de bord")

    page.get_by_role("navigation", name="Menu principal").get_by_role("link", name="Démarches").click()
    main.get_by_role("link", name="Bourse départementale pour un collégien").click()
    main.get_by_role("link", name="Déposer une demande").first.click()
    main.get_by_role("button", name="Commencer").click()
    fills_in(page, examples(world.stack.portal(), GRANT), {})
    main.get_by_role("button", name="Déposer ma demande").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est déposée")
    number = page.locator(".tracking code").inner_text()
    receipt = mailbox.wait(email, lambda mail: number in mail.text)
    assert "accusé de réception" in receipt.text.lower()

    page.get_by_role("navigation", name="Menu principal").get_by_role("link", name="Tableau de bord").click()
    main.get_by_role("link", name="Mes démarches", exact=True).first.click()
    main.get_by_role("link", name="Consulter la demande").click()
    expect(page.get_by_role("main")).to_contain_text("Votre demande est déposée.")


def test_a_mistake_while_signing_up_keeps_what_was_typed_and_asks_another_question(page: Page) -> None:
    main = page.get_by_role("main")
    page.get_by_role("region", name="Pas encore de compte ?").get_by_role("link", name="S'INSCRIRE").click()
    main.get_by_label("Prénom", exact=True).fill("Rose")
    main.get_by_label("Nom", exact=True).fill("Lemaire")
    main.get_by_label("Adresse électronique").fill("rose@example.org")
    main.get_by_label("Mot de passe", exact=True).fill("azerty")
    main.get_by_label(QUESTION).fill("un million")
    main.get_by_label("J'ai lu et j'accepte").check()
    main.get_by_role("button", name="ENREGISTRER").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(main.get_by_label("Prénom", exact=True)).to_have_value("Rose")
    expect(main.get_by_label("Mot de passe", exact=True)).to_have_value("")
    expect(main.get_by_label(QUESTION)).to_have_value("")


def test_the_link_of_a_mail_leads_to_its_demande_after_signing_in(page: Page, world: World) -> None:
    somebody = world.people["association"]
    filed = files(somebody.portal)
    mail = world.stack.mailbox().wait(somebody.email, lambda mail: filed["tracking_number"] in mail.text)
    page.goto(link(mail, "demandes"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Se connecter")
    fills_in_and_signs_in(page, somebody.email, somebody.password)
    assert path_of(page) == f"/demandes/{filed['id']}"
    expect(page.get_by_role("main")).to_contain_text(filed["reference"])


def test_settings_are_changed_by_the_menu_on_the_name(page: Page, world: World) -> None:
    somebody = world.people["association"]
    signs_in(page, somebody.email, somebody.password)
    page.get_by_role("banner").locator(".person summary").click()
    page.get_by_role("banner").get_by_role("link", name="Paramètres").click()
    phone = f"06 12 34 {secrets.randbelow(90) + 10} {secrets.randbelow(90) + 10}"
    page.get_by_label("Téléphone").fill(phone)
    page.get_by_role("button", name="ENREGISTRER").click()
    expect(page.get_by_role("main").get_by_role("status")).to_be_visible()
    assert somebody.portal.get("/api/me")["phone"].replace(" ", "")[-8:] == phone.replace(" ", "")[-8:]


def test_signing_out_asks_then_forgets(page: Page, world: World) -> None:
    somebody = world.people["association"]
    signs_in(page, somebody.email, somebody.password)
    page.get_by_role("banner").locator(".person summary").click()
    page.get_by_role("banner").get_by_role("link", name="Se déconnecter").click()
    page.get_by_role("main").get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("banner").get_by_role("link", name="SE CONNECTER")).to_be_visible()
    page.goto("/tableau-de-bord")
    expect(page.get_by_role("heading", level=1)).to_have_text("Se connecter")
