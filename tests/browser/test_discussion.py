"""« Discussion » by clicking, as the FAQ tells it: with an account and without, pieces sent and documents received."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from console.demo.command import PIECES
from console.demo.journey import ask_for_documents, upload
from tests.support.browser_people import fills_in_and_signs_in, path_of, signs_in
from tests.support.browser_world import World
from tests.support.residents import files, files_without_account, writes
from tests.support.stack import quiet

pytestmark = pytest.mark.journey
SUBJECT = "Pièces à compléter"


def answers_with_pieces(page: Page) -> None:
    """On the tab « Discussion »: a PDF, a JPEG and a PNG, and a message."""
    main = page.get_by_role("main")
    expect(main.get_by_role("heading", name=SUBJECT)).to_be_visible()
    main.get_by_label("Attestation signée").set_input_files(PIECES / "attestation.pdf")
    main.get_by_label("Photographie du lieu").set_input_files(PIECES / "photo.jpg")
    main.get_by_label("Autres documents").set_input_files(PIECES / "plan.png")
    main.get_by_label("Votre message").fill("Bonjour,\nvoici les documents.")
    main.get_by_role("button", name="Envoyer au service").click()
    expect(main.get_by_role("status").filter(has_text="Votre message est envoyé")).to_be_visible(timeout=30_000)
    for name in ("attestation.pdf", "photo.jpg", "plan.png"):
        expect(main.locator(".messages").get_by_role("link", name=name)).to_be_visible()
    expect(main.locator(".pieces .here")).to_have_count(2)


def has_arrived(world: World, demande: str) -> None:
    """The service sees both pieces, as they were sent."""
    agent = world.stack.agent("instructeur")
    discussion = agent.get(f"/api/demandes/{demande}/discussion")
    assert all(document["received"] for document in discussion["requested_documents"])
    sent = {file["name"]: file["id"] for file in discussion["messages"][-1]["attachments"]}
    assert set(sent) == {"attestation.pdf", "photo.jpg", "plan.png"}
    for name, id in sent.items():
        assert agent.call("GET", f"/api/files/{id}").content == (PIECES / name).read_bytes()


def test_without_an_account_by_the_loupe(page: Page, world: World) -> None:
    filed, email = files_without_account(world.stack.portal())
    ask_for_documents(world.stack.agent("instructeur"), quiet(), filed["id"])
    mail = world.stack.mailbox().wait(email, lambda mail: "Attestation signée" in mail.text)
    assert filed["tracking_number"] in mail.text
    page.goto(next(word for word in mail.text.split() if word.startswith("http")))
    page.get_by_role("link", name="Suivre mes demandes").first.click()
    page.get_by_label("Adresse électronique").fill(email)
    page.get_by_label("Numéro de suivi").fill(filed["tracking_number"])
    page.get_by_role("button", name="Suivre ma demande").click()
    assert path_of(page) == "/demandes"
    expect(page.get_by_role("columnheader", name="Actions")).to_be_visible()
    page.get_by_role("row").filter(has_text=filed["reference"]).get_by_role("link", name="Consulter").click()
    page.get_by_role("main").get_by_role("link", name="Discussion", exact=True).or_(
        page.get_by_role("main").get_by_role("link", name="Discussion 1")
    ).first.click()
    answers_with_pieces(page)
    has_arrived(world, filed["id"])


def test_with_an_account_by_the_notifications_after_signing_in(page: Page, world: World) -> None:
    somebody = world.people["association"]
    filed = files(somebody.portal)
    ask_for_documents(world.stack.agent("instructeur"), quiet(), filed["id"])
    world.stack.mailbox().wait(somebody.email, lambda mail: "Attestation signée" in mail.text)
    signs_in(page, somebody.email, somebody.password)
    news = page.get_by_role("region", name="Notifications de discussion")
    news.get_by_role("listitem").filter(has_text=filed["reference"]).get_by_role("link").first.click()
    answers_with_pieces(page)
    has_arrived(world, filed["id"])


def test_a_document_of_the_service_is_downloaded_from_the_thread(page: Page, world: World) -> None:
    somebody, agent = world.people["association"], world.stack.agent("instructeur")
    filed = files(somebody.portal)
    ask_for_documents(agent, quiet(), filed["id"])
    plan = upload(agent, quiet(), filed["id"], PIECES / "plan.png", "L'instructeur")
    writes(agent, filed["id"], "Voici le plan.", attachments=[plan])
    page.goto(f"/demandes/{filed['id']}/discussion")
    fills_in_and_signs_in(page, somebody.email, somebody.password)
    assert path_of(page) == f"/demandes/{filed['id']}/discussion"
    with page.expect_download() as begun:
        page.get_by_role("main").get_by_role("link", name="plan.png").click()
    assert begun.value.path().read_bytes() == (PIECES / "plan.png").read_bytes()


def test_a_document_of_another_kind_is_refused_in_words_and_the_message_stays(
    page: Page, world: World, tmp_path: Path
) -> None:
    note = tmp_path / "notes.txt"
    note.write_text("du texte")
    somebody = world.people["association"]
    filed = files(somebody.portal)
    ask_for_documents(world.stack.agent("instructeur"), quiet(), filed["id"])
    page.goto(f"/demandes/{filed['id']}/discussion")
    fills_in_and_signs_in(page, somebody.email, somebody.password)
    main = page.get_by_role("main")
    main.get_by_label("Votre message").fill("Ceci doit rester.")
    main.get_by_label("Autres documents").set_input_files(note)
    if not main.get_by_text("Ou déposez le document ici.").count():  # no script told it when the file was chosen
        main.get_by_role("button", name="Envoyer au service").click()
    expect(main.get_by_text(re.compile(r"^Erreur\s:")).first).to_be_visible()
    expect(main.get_by_text(re.compile(r"^Erreur\s:")).first).to_contain_text("PDF")
    assert "Ceci doit rester." in main.get_by_label("Votre message").input_value()
    assert len(somebody.portal.get(f"/api/demandes/{filed['id']}/discussion")["messages"]) == 1
