"""A forgotten password and « Paramètres » by clicking, as the FAQ tells them: each change, its mail, and leaving."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from console.demo.portal import Mail
from tests.support.browser_people import fills_in_and_signs_in, path_of, signs_in
from tests.support.browser_world import World
from tests.support.codes import code_of
from tests.support.residents import Resident, moves_in

pytestmark = pytest.mark.journey


@pytest.fixture
def somebody(world: World) -> Resident:
    """Somebody with an account of his own: the tests change it."""
    return moves_in(world.stack, first_name="Lou", last_name="Garnier")


def chosen() -> str:
    return f"Tournesol-{secrets.token_hex(6)}-2026"


def follows_the_link(page: Page, world: World, email: str, kind: str) -> None:
    """The link of that kind in a mail to this address."""

    def matching(mail: Mail) -> bool:
        return f"/{kind}/" in mail.text

    found = re.search(rf"https?://\S+/{kind}/[\w-]+", world.stack.mailbox().wait(email, matching).text)
    assert found is not None
    page.goto(found[0])


def opens(page: Page, section: str) -> None:
    """« Paramètres », by the name at the top of the page, then one of its pages."""
    page.get_by_role("banner").locator(".person summary").click()
    page.get_by_role("banner").get_by_role("link", name="Paramètres").click()
    page.get_by_role("navigation", name="Paramètres").get_by_role("link", name=section).click()


def saves(page: Page, says: str) -> None:
    page.get_by_role("main").get_by_role("button", name="ENREGISTRER").click()
    expect(page.get_by_role("main").get_by_role("status")).to_contain_text(says)


def test_a_lost_password_is_replaced_by_the_link_above_the_button(page: Page, world: World, somebody: Resident) -> None:
    main, password = page.get_by_role("main"), chosen()
    page.get_by_role("banner").get_by_role("link", name="SE CONNECTER").click()
    link, button = (
        main.get_by_role("link", name="Mot de passe oublié ?"),
        main.get_by_role("button", name="SE CONNECTER"),
    )
    above, below = link.bounding_box(), button.bounding_box()
    assert above is not None
    assert below is not None
    assert above["y"] + above["height"] <= below["y"]
    link.click()
    main.get_by_label("Adresse électronique").fill(somebody.email)
    main.get_by_role("button", name="Recevoir le lien").click()
    expect(main).to_contain_text("Si cette adresse est celle d'un compte")
    follows_the_link(page, world, somebody.email, "mot-de-passe")
    main.get_by_label("Nouveau mot de passe").fill(password)
    main.get_by_role("button", name="Changer mon mot de passe").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre mot de passe est changé")
    main.get_by_role("link", name="Se connecter").click()
    fills_in_and_signs_in(page, somebody.email, password)
    assert path_of(page) == "/tableau-de-bord"


def test_password_and_address_are_changed(page: Page, world: World, somebody: Resident) -> None:
    main, password, address = page.get_by_role("main"), chosen(), f"lou.{secrets.token_hex(4)}@example.org"
    signs_in(page, somebody.email, somebody.password)
    opens(page, "Mot de passe")
    main.get_by_label("Mot de passe actuel").fill(somebody.password)
    main.get_by_label("Nouveau mot de passe").fill(password)
    saves(page, "Votre mot de passe est changé")
    opens(page, "Adresse électronique")
    main.get_by_label("Nouvelle adresse électronique").fill(address)
    main.get_by_label("Votre mot de passe").fill(password)
    saves(page, "Un lien vient d'être envoyé")
    follows_the_link(page, world, address, "adresse")
    main.get_by_role("button", name="Utiliser cette adresse").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre adresse est changée")
    opens(page, "Adresse électronique")
    expect(main).to_contain_text(address)


def test_a_second_factor_is_enrolled_asked_for_and_given_up(page: Page, somebody: Resident) -> None:
    main = page.get_by_role("main")
    signs_in(page, somebody.email, somebody.password)
    opens(page, "Double authentification")
    main.get_by_role("button", name="Préparer l'application").click()
    expect(main.get_by_role("img", name=re.compile("Code QR"))).to_be_visible()
    secret = main.locator(".key").inner_text().replace(" ", "")
    main.get_by_label("Code affiché").fill(code_of(secret, datetime.now(UTC)))
    main.get_by_role("button", name="Activer la double authentification").click()
    codes = main.locator(".key").all_inner_texts()
    assert len(codes) == 10
    main.get_by_role("link", name="Continuer").click()
    page.context.clear_cookies()
    page.goto("/connexion")
    main.get_by_label("Adresse électronique").fill(somebody.email)
    main.get_by_label("Mot de passe", exact=True).fill(somebody.password)
    main.get_by_role("button", name="SE CONNECTER").click()
    main.get_by_label("Mot de passe", exact=True).fill(somebody.password)
    main.get_by_label("Code de validation").fill(codes[0])
    main.get_by_role("button", name="SE CONNECTER").click()
    opens(page, "Double authentification")
    main.get_by_role("link", name="Désactiver").click()
    main.get_by_label("Votre mot de passe").fill(somebody.password)
    main.get_by_label("Code de validation").fill(codes[1])
    main.get_by_role("button", name="Désactiver").click()
    expect(main.get_by_role("status")).to_have_text("La double authentification est désactivée.")


def test_everything_is_taken_away_then_the_account_is_erased(page: Page, somebody: Resident) -> None:
    main = page.get_by_role("main")
    signs_in(page, somebody.email, somebody.password)
    opens(page, "Sessions")
    main.get_by_role("button", name="Fermer toutes les autres sessions").click()
    expect(main.get_by_role("status")).to_have_text("Les autres sessions sont fermées.")
    expect(main.get_by_text("1 session ouverte")).to_be_visible()
    opens(page, "Mes données")
    with page.expect_download() as begun:
        main.get_by_role("link", name="Télécharger mes données").click()
    assert json.loads(begun.value.path().read_text())["account"]["email"] == somebody.email
    main.get_by_label("Votre mot de passe").fill(somebody.password)
    main.get_by_label("Je veux effacer mon compte").check()
    main.get_by_role("button", name="Effacer mon compte").click()
    expect(main.get_by_role("status")).to_contain_text("Votre compte est effacé")
    expect(page.get_by_role("banner").get_by_role("link", name="SE CONNECTER")).to_be_visible()
