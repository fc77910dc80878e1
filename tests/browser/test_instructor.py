"""The instructor by clicking: inbox, desk, discussion with two pieces, download, and a decision in three clicks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from console.demo.command import PIECES
from console.demo.journey import reply, take, upload
from tests.support.browser_people import path_of, signs_in
from tests.support.browser_visits import Visitor
from tests.support.browser_world import World
from tests.support.residents import Resident, files
from tests.support.stack import quiet

pytestmark = pytest.mark.journey


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def page(request: pytest.FixtureRequest, visitor: Visitor) -> Iterator[Page]:
    """The instructor's browser, signed in by its form: it shows the inbox."""
    context = visitor.context(scripted=request.param)
    page = context.new_page()
    page.goto("/")
    signs_in(page, "instructeur@demo.example.org")
    assert path_of(page) == "/instruction"
    yield page
    context.close()


@pytest.fixture
def somebody(world: World) -> Resident:
    """Who files what is instructed."""
    return world.people["association"]


def finds(page: Page, reference: str) -> None:
    """Open a demande from the inbox, by its reference."""
    page.goto("/instruction?onglet=toutes")
    page.get_by_label("Rechercher", exact=True).fill(reference)
    page.get_by_role("button", name="Rechercher").click()
    page.get_by_role("link", name=reference, exact=True).click()
    expect(page.get_by_role("main")).to_contain_text(reference)


def test_a_demande_from_the_inbox_to_its_decision(page: Page, world: World, somebody: Resident) -> None:
    filed, main = files(somebody.portal), page.get_by_role("main")
    id, mailbox = filed["id"], world.stack.mailbox()
    finds(page, filed["reference"])
    main.get_by_role("button", name="Prendre et commencer l'instruction").click()
    expect(main.get_by_role("status").filter(has_text="son instruction a commencé")).to_be_visible()

    main.get_by_text("Ouvrir une discussion, demander des pièces").click()
    main.get_by_label("Objet").fill("Pièces à compléter")
    main.get_by_label("Message au demandeur").first.fill("Bonjour, il nous manque deux documents.")
    main.get_by_label("Pièce 1", exact=True).fill("Attestation signée")
    main.get_by_label("Pièce 2", exact=True).fill("Photographie du lieu")
    main.get_by_role("button", name="Ouvrir la discussion").click()
    expect(main.get_by_role("status").filter(has_text="La discussion est ouverte")).to_be_visible()
    mailbox.wait(somebody.email, lambda mail: "Photographie du lieu" in mail.text)

    pieces = [
        upload(somebody.portal, quiet(), id, PIECES / name, "Andréa") for name in ("attestation.pdf", "photo.jpg")
    ]
    reply(somebody.portal, quiet(), id, pieces)
    page.reload()
    with page.expect_download() as begun:
        main.locator(".messages").get_by_role("link", name="attestation.pdf").click()
    assert begun.value.path().read_bytes() == (PIECES / "attestation.pdf").read_bytes()

    finds(page, filed["reference"])  # a decision in three clicks, counted from the demande
    main.get_by_label("Accepter la demande").check()
    main.get_by_label("Message au demandeur").last.fill("Votre demande est acceptée.")
    main.get_by_role("button", name="Enregistrer la décision").click()
    expect(main.get_by_role("status").filter(has_text="La décision est enregistrée")).to_be_visible()
    mailbox.wait(somebody.email, lambda mail: filed["tracking_number"] in mail.text and "accept" in mail.text)
    assert somebody.portal.get(f"/api/demandes/{id}")["status"] == "acceptee"


def test_a_refusal_without_its_reasons_is_refused(page: Page, world: World, somebody: Resident) -> None:
    filed, main = files(somebody.portal), page.get_by_role("main")
    take(world.stack.agent("instructeur"), quiet(), filed["id"])
    finds(page, filed["reference"])
    main.get_by_label("Refuser la demande").check()
    main.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(main.get_by_label("Refuser la demande")).to_be_checked()
    assert somebody.portal.get(f"/api/demandes/{filed['id']}")["status"] == "en_instruction"


def test_a_colleague_who_was_faster_is_told_and_nothing_typed_is_lost(
    page: Page, world: World, somebody: Resident
) -> None:
    filed, main = files(somebody.portal), page.get_by_role("main")
    agent = world.stack.agent("instructeur")
    take(agent, quiet(), filed["id"])
    finds(page, filed["reference"])
    main.get_by_label("Accepter la demande").check()
    main.get_by_label("Message au demandeur").last.fill("Ceci doit rester.")
    version = agent.call("GET", f"/api/backoffice/demandes/{filed['id']}").headers["etag"]
    body = {"status": "refusee", "message": "Le dossier est arrivé après la date limite."}
    agent.post(f"/api/backoffice/demandes/{filed['id']}/status", body, headers={"If-Match": version})
    main.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_role("alert")).to_contain_text("Un collègue a été plus rapide")
    expect(main).to_contain_text("Ceci doit rester.")
    assert somebody.portal.get(f"/api/demandes/{filed['id']}")["status"] == "refusee"


def test_a_demande_is_taken_straight_from_the_list(page: Page, world: World, somebody: Resident) -> None:
    filed, main = files(somebody.portal), page.get_by_role("main")
    page.goto("/instruction")
    page.get_by_label("Rechercher", exact=True).fill(filed["reference"])
    page.get_by_role("button", name="Rechercher").click()
    main.get_by_role("button", name=f"Prendre la demande {filed['reference']}").click()
    expect(main.get_by_role("status").filter(has_text="La demande vous est confiée")).to_be_visible()
    desk = world.stack.agent("instructeur").get(f"/api/backoffice/demandes/{filed['id']}")
    assert desk["assigned_to"] is not None
