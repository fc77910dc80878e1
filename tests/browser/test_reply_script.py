"""What scripts add to the discussion: it shows what changes, keeps a reply begun, sends documents as they come."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Route, expect

from console.demo.command import PIECES
from console.demo.journey import ask_for_documents
from console.demo.portal import Portal
from tests.support.browser_visits import Visitor
from tests.support.browser_world import World
from tests.support.residents import files, moves_in, writes
from tests.support.stack import quiet, wait_for

pytestmark = pytest.mark.journey
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, {type: 'image/jpeg'}));
  return data;
}"""


@dataclass
class Talk:
    """A discussion that waits for its applicant, and his page of it."""

    page: Page
    portal: Portal
    agent: Portal
    id: str

    def unread(self) -> int:
        return sum(item["unread"] for item in self.portal.get("/api/notifications")["items"])

    def messages(self) -> list[str]:
        return [message["body"] for message in self.portal.get(f"/api/demandes/{self.id}/discussion")["messages"]]

    def open(self, tab: str = "/discussion") -> None:
        self.page.goto(f"/demandes/{self.id}{tab}")


@pytest.fixture
def talk(visitor: Visitor, world: World) -> Iterator[Talk]:
    somebody, agent = moves_in(world.stack), world.stack.agent("instructeur")
    id = files(somebody.portal)["id"]
    ask_for_documents(agent, quiet(), id)
    name = f"reply-{id}"
    world.sessions[name] = somebody.token
    context = visitor.context(name)
    yield Talk(context.new_page(), somebody.portal, agent, id)
    context.close()


def test_a_message_of_the_service_shows_by_itself_and_what_is_typed_stays(talk: Talk) -> None:
    talk.open()
    text = talk.page.get_by_label("Votre message")
    text.fill("En cours de rédaction")
    writes(talk.agent, talk.id, "Encore une précision.")
    expect(talk.page.locator(".messages")).to_contain_text("Encore une précision.")
    news = talk.page.get_by_role("status").filter(has_text="Nouveau message du service.")
    expect(news.get_by_role("link", name="Lire le message")).to_be_visible()
    expect(text).to_have_value("En cours de rédaction")
    expect(text).to_be_focused()


def test_suivi_tells_a_new_message_and_a_new_state(talk: Talk) -> None:
    talk.open("")
    writes(talk.agent, talk.id, "Encore une précision.")
    status = talk.page.get_by_role("status")
    expect(status.get_by_role("link", name="Discussion")).to_be_visible()
    talk.agent.post(f"/api/backoffice/demandes/{talk.id}/status", {"status": "en_instruction"})
    expect(talk.page.locator(".facts")).to_contain_text("En cours d'instruction")
    expect(talk.page.locator(".timeline")).to_contain_text("Demande en cours d'instruction")
    expect(status).to_contain_text("La demande vient de changer.")


def test_what_was_on_the_screen_is_read_and_what_was_not_is_not(talk: Talk) -> None:
    talk.page.set_viewport_size({"width": 1280, "height": 200})
    talk.open()
    talk.page.wait_for_timeout(1500)
    assert talk.unread() == 1
    talk.page.locator(".messages > li").last.scroll_into_view_if_needed()
    expect(talk.page.get_by_role("button", name="Marquer comme lu")).to_have_count(0)
    wait_for("the mark", lambda: talk.unread() == 0)


def test_a_reply_that_was_begun_is_found_again_until_it_is_sent(talk: Talk) -> None:
    talk.open()
    main = talk.page.get_by_role("main")
    main.get_by_label("Attestation signée").set_input_files(PIECES / "attestation.pdf")
    expect(main.get_by_text("attestation.pdf est joint à votre message.")).to_be_visible()
    main.get_by_label("Votre message").fill("Un long texte.")
    talk.page.context.clear_cookies()
    main.get_by_role("button", name="Envoyer au service").click()
    expect(talk.page.get_by_role("heading", level=1)).to_have_text("Connexion nécessaire")
    expect(main.get_by_text("votre texte y est encore")).to_be_visible()
    cookie = talk.portal._headers["Authorization"].removeprefix("Bearer ")
    talk.page.context.add_cookies([{"name": "guichet", "value": cookie, "url": talk.portal.url}])
    talk.open()
    expect(main.get_by_label("Votre message")).to_have_value("Un long texte.")
    expect(main.locator(".joined")).to_contain_text(["attestation.pdf", "", ""])
    main.get_by_role("button", name="Envoyer au service").click()
    expect(main.get_by_text("Votre message est envoyé")).to_be_visible()
    assert talk.messages()[-1] == "Un long texte."
    talk.page.reload()
    expect(main.get_by_label("Votre message")).to_have_value("")


def test_documents_are_dropped_taken_out_and_wait_for_each_other(talk: Talk) -> None:
    talk.open()
    page, main = talk.page, talk.page.get_by_role("main")
    photo = base64.b64encode((PIECES / "photo.jpg").read_bytes()).decode()
    dropped = page.evaluate_handle(DROP, ["photo.jpg", photo])
    zone = page.locator(".drop").filter(has_text="Photographie du lieu")
    zone.dispatch_event("drop", {"dataTransfer": dropped})
    expect(zone.locator(".joined")).to_contain_text("photo.jpg")
    zone.get_by_role("button", name="Retirer photo.jpg").click()
    expect(zone.locator("li")).to_have_count(0)
    expect(zone.locator("input[type=file]")).to_be_focused()

    held: list[Route] = []
    page.route("**/api/demandes/*/files", lambda route: held.append(route))
    main.get_by_label("Attestation signée").set_input_files(PIECES / "attestation.pdf")
    expect(main.get_by_role("progressbar", name="Envoi de attestation.pdf")).to_be_visible()
    main.get_by_role("button", name="Envoyer au service").click()
    expect(main.get_by_role("status").filter(has_text="votre message partira ensuite")).to_be_visible()
    assert len(talk.messages()) == 1
    held[0].continue_()
    expect(main.get_by_text("Votre message est envoyé")).to_be_visible()
    expect(page.locator(".pieces .here")).to_have_count(1)


def test_an_upload_is_cancelled_or_tried_again(talk: Talk) -> None:
    talk.open()
    page, main = talk.page, talk.page.get_by_role("main")
    held: list[Route] = []
    page.route("**/api/demandes/*/files", lambda route: held.append(route))
    field = main.get_by_label("Attestation signée")
    field.set_input_files(PIECES / "attestation.pdf")
    main.get_by_role("button", name="Annuler attestation.pdf").click()
    expect(main.get_by_text("L'envoi de attestation.pdf est annulé.")).to_be_visible()
    expect(page.locator(".joined li")).to_have_count(0)
    page.unroute("**/api/demandes/*/files")
    page.route("**/api/demandes/*/files", lambda route: route.abort())
    field.set_input_files(PIECES / "attestation.pdf")
    expect(page.locator(".failed")).to_contain_text("La connexion a été coupée.")
    page.unroute("**/api/demandes/*/files")
    main.get_by_role("button", name="Réessayer attestation.pdf").click()
    expect(page.locator(".joined").first).to_contain_text("attestation.pdf")
    expect(page.locator(".failed")).to_have_count(0)
