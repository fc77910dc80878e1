"""The tab « Discussion »: reading without marking, answering with documents, losing nothing on the way."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic_core import from_json

from gateway.uploads import BODY, MAX_FILE
from tests.gateway.test_applicant_pages import links, said
from tests.gateway.test_pages import HTML, Page, accessible, submit, visit
from tests.support.demandes import DISCUSSION, signs_in, tells
from tests.support.town import Heard, Portal, Town, portal

pytestmark = pytest.mark.asyncio(loop_scope="module")
TAB = "/demandes/d1/discussion"
FILES, MESSAGES = "/api/demandes/d1/files", "/api/demandes/d1/discussion/messages"
PDF = ("relevé.pdf", b"%PDF-1.7 r", "application/pdf")
CLOSED = DISCUSSION | {"status": "closed"}
NONE: dict[str, Any] = {
    "id": None,
    "status": "none",
    "earlier": [],
    "subject": None,
    "requested_documents": [],
    "messages": [],
}


def takes(town: Town, id: str = "f7", name: str = "relevé.pdf", **changes: Any) -> None:
    """The files service takes in what it is sent."""
    taken = {"id": id, "name": name, "media_type": "application/pdf", "size": 10, "status": "clean", "sha256": "0"}
    town.says("files", f"POST {FILES}", 201, taken | changes)


def posts(town: Town) -> None:
    town.says("discussion", f"POST {MESSAGES}", 201, {"id": "m2"})
    town.says("discussion", "POST /api/demandes/d1/discussion/read", 204)


async def reply(door: Portal, page: Page, *files: tuple[str, tuple[str, bytes, str]], **fields: Any) -> httpx.Response:
    nothing = ("autres", ("", b"", "application/octet-stream"))
    return await door.client.post(
        TAB, data=page.hidden | fields, files=[*files, nothing], headers=HTML | {"Origin": door.url}
    )


def sent(town: Town, path: str) -> list[Heard]:
    return [heard for heard in town.heard if heard.path == path and heard.method == "POST"]


def joints(page: Page) -> list[str | None]:
    return [each["value"] for each in page.all("input") if each.get("name") == "joint"]


async def test_the_tab_shows_messages_and_pieces_and_marks_nothing_as_read(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town, tracking=True)
    page = await visit(door, TAB)
    accessible(page)
    assert "<script>" not in page.text
    text = said(page)
    for words in ("Pièces manquantes", "Attendu RIB, avant le 1er décembre 2026", "Reçu Statuts, modèle.pdf"):
        assert words in text, words
    assert "modèle.pdf (PDF, 120\N{NO-BREAK SPACE}ko)".replace("\N{NO-BREAK SPACE}", " ") in text
    assert {"/api/files/f1", f"{TAB}?echange=x1"} <= links(page)
    fields = [each for each in page.all("input") if each.get("type") == "file"]
    assert [each["name"] for each in fields] == ["piece-r1", "autres"]
    assert all(each["accept"] and ".pdf" in each["accept"] for each in fields)
    assert "PNG, JPEG ou PDF, 5 Mo au plus" in text
    assert all(heard.method == "GET" for heard in town.heard)


@pytest.mark.parametrize(("status", "words"), [("pending", "antivirus en cours"), ("rejected", "refusé par")])
async def test_a_document_that_is_not_vetted_is_named_and_has_no_link(
    door: Portal, town: Town, status: str, words: str
) -> None:
    message = DISCUSSION["messages"][0]
    kept = message | {"attachments": [message["attachments"][0] | {"status": status}]}
    tells(town, DISCUSSION | {"messages": [kept]})
    signs_in(door, town)
    page = await visit(door, TAB)
    assert "modèle.pdf" in page.text
    assert words in said(page)
    assert "/api/files/f1" not in links(page)


async def test_marking_as_read_is_asked_for(door: Portal, town: Town) -> None:
    tells(town)
    posts(town)
    signs_in(door, town)
    page = await visit(door, TAB)
    done = await submit(door, f"{TAB}/lecture", page)
    assert (done.status_code, done.headers["location"]) == (303, f"{TAB}?fait=lu")
    assert (town.last.path, town.last.body) == ("/api/demandes/d1/discussion/read", b'{"up_to":"m1"}')
    unknown = {"slug": "invalid-request", "detail": "Ce message n'existe pas."}
    town.says("discussion", "POST /api/demandes/d1/discussion/read", 422, unknown)
    assert (await submit(door, f"{TAB}/lecture", page)).headers["location"] == TAB


async def test_one_form_sends_the_documents_then_the_message_that_carries_them(door: Portal, town: Town) -> None:
    tells(town)
    takes(town)
    posts(town)
    signs_in(door, town, tracking=True)
    page = await visit(door, TAB)
    done = await reply(door, page, ("piece-r1", PDF), message=" Bonjour,\r\nvoici. ")
    assert (done.status_code, done.headers["location"]) == (303, f"{TAB}?fait=message-envoye")
    (file,) = sent(town, FILES)
    assert file.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="requested_document"\r\n\r\nr1\r\n' in file.body
    assert 'name="file"; filename="relevé.pdf"'.encode() in file.body
    assert b"\r\n\r\n%PDF-1.7 r\r\n--" in file.body
    (message,) = sent(town, MESSAGES)
    assert from_json(message.body) == {
        "body": "Bonjour,\r\nvoici.",
        "attachments": ["f7"],
        "requested_documents": {"r1": "f7"},
    }
    assert file.headers["idempotency-key"].startswith(page.hidden["cle"])
    assert file.headers["idempotency-key"] != message.headers["idempotency-key"]
    assert sent(town, "/api/demandes/d1/discussion/read")[0].body == b'{"up_to":"m1"}'
    assert {heard.principal.kind for heard in town.heard} == {"tracking"}


async def test_a_double_click_repeats_and_a_corrected_choice_does_not(door: Portal, town: Town) -> None:
    tells(town)
    takes(town)
    posts(town)
    signs_in(door, town)
    page = await visit(door, TAB)
    for content in (b"%PDF-1", b"%PDF-1", b"%PDF-2"):
        await reply(door, page, ("autres", ("a.pdf", content, "application/pdf")), message=content.decode())
    for path in (FILES, MESSAGES):
        keys = [heard.headers["idempotency-key"] for heard in sent(town, path)]
        assert keys[0] == keys[1] != keys[2]


async def test_what_is_refused_is_said_at_its_field_and_all_the_rest_is_kept(door: Portal, town: Town) -> None:
    tells(town)
    posts(town)
    signs_in(door, town)
    page = await visit(door, TAB)
    hint = "Ce fichier contient un programme. Imprimez-le au format PDF."
    town.says("files", f"POST {FILES}", 422, {"slug": "active-content", "detail": hint})
    refused = await reply(door, page, ("piece-r1", PDF), message="Mon texte")
    assert refused.status_code == 422
    again = Page(refused)
    accessible(again)
    assert again.title.startswith("Erreur : ")
    assert again.field("piece-r1")["aria-invalid"] == "true"
    assert "piece-r1-erreur-1" in str(again.field("piece-r1")["aria-describedby"])
    assert "relevé.pdf" in refused.text
    assert hint in refused.text
    assert ">Mon texte</textarea>" in refused.text
    assert sent(town, MESSAGES) == []

    takes(town, "f8", "photo;1.jpg", status="pending")
    heavy = ("autres", ("gros.pdf", b"0" * (MAX_FILE + 1), "application/pdf"))
    refused = await reply(door, page, ("piece-r1", PDF), heavy, message="Mon texte")
    again = Page(refused)
    assert len(sent(town, FILES)) == 2
    assert again.field("autres")["aria-invalid"] == "true"
    assert "Ce document dépasse 5\N{NO-BREAK SPACE}Mo" in refused.text.replace(" Mo", "\N{NO-BREAK SPACE}Mo")
    assert "photo;1.jpg" in refused.text
    assert "contrôle antivirus en cours" in refused.text
    assert joints(again) == ["f8;r1;10;pending;photo;1.jpg"]
    done = await reply(door, again, message="Mon texte", joint=joints(again))
    assert done.status_code == 303
    assert from_json(sent(town, MESSAGES)[0].body)["requested_documents"] == {"r1": "f8"}
    assert len(sent(town, FILES)) == 2


async def test_an_empty_reply_is_not_sent(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town)
    page = await visit(door, TAB)
    refused = await reply(door, page, message="  ", joint=["<b>;;1;clean;x", "sans", "f1;<i>;1;clean;x"])
    assert refused.status_code == 422
    assert "Écrivez un message, ou joignez un document." in refused.text
    assert joints(Page(refused)) == []
    assert [heard.method for heard in town.heard if heard.method != "GET"] == []


async def test_a_document_that_cannot_be_joined_leaves_the_reply(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town)
    page = await visit(door, TAB)
    gone = [{"pointer": "/attachments/1", "detail": "Ce fichier n'existe plus : envoyez-le de nouveau."}]
    town.says("discussion", f"POST {MESSAGES}", 422, {"slug": "unknown-file", "detail": "x", "errors": gone})
    kept = ["f1;;9;clean;un.pdf", "f2;;9;clean;deux.pdf"]
    refused = await reply(door, page, message="Texte", joint=kept)
    assert refused.status_code == 422
    assert re.search("deux.pdf.{3}: Ce fichier n&#39;existe plus", refused.text)
    assert joints(Page(refused)) == kept[:1]


async def test_a_discussion_closed_meanwhile_gives_the_text_back(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town)
    page = await visit(door, TAB)
    tells(town, CLOSED)
    town.says("discussion", f"POST {MESSAGES}", 409, {"slug": "discussion-closed", "detail": "Close."})
    refused = await reply(door, page, message="Mon texte")
    assert refused.status_code == 409
    accessible(Page(refused))
    assert "votre message n&#39;a pas été envoyé" in refused.text
    assert "Mon texte" in refused.text
    assert Page(refused).all("textarea") == []


@pytest.mark.parametrize(("discussion", "words"), [(CLOSED, "Le service a clos cette discussion"), (NONE, "Aucune")])
async def test_without_an_open_discussion_the_page_says_why_nothing_can_be_sent(
    door: Portal, town: Town, discussion: dict[str, Any], words: str
) -> None:
    tells(town, discussion)
    signs_in(door, town)
    page = await visit(door, TAB)
    accessible(page)
    assert words in said(page)
    assert "Attendu" not in said(page)
    assert [each for each in page.all("input") if each.get("type") == "file"] == []


async def test_an_earlier_discussion_is_read_and_not_answered(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town)
    earlier = CLOSED | {"id": "x1", "subject": "Première question", "requested_documents": []}
    town.says("discussion", "GET /api/demandes/d1/discussion?discussion=x1", body=earlier)
    page = await visit(door, f"{TAB}?echange=x1")
    accessible(page)
    assert '<h2 id="sujet">Première question</h2>' in page.text
    assert TAB in links(page)
    assert page.all("form") == []
    town.says("discussion", "GET /api/demandes/d1/discussion?discussion=x9", 404, {"slug": "not-found", "detail": "x"})
    assert (await door.client.get(f"{TAB}?echange=x9", headers=HTML)).status_code == 404


async def test_a_reply_survives_a_service_that_is_away(tmp_path: Path) -> None:
    async with portal(tmp_path, down=("files",)) as door:
        tells(door.town)
        signs_in(door, door.town)
        page = await visit(door, TAB)
        refused = await reply(door, page, ("piece-r1", PDF), message="Mon texte")
        assert refused.status_code == 422
        assert "momentanément indisponible" in refused.text
        assert ">Mon texte</textarea>" in refused.text
        door.town.says("discussion", f"POST {MESSAGES}", 503, {"slug": "unavailable", "detail": "x"})
        refused = await reply(door, page, message="Mon texte")
        assert "La discussion ne répond pas" in refused.text
        assert ">Mon texte</textarea>" in refused.text


async def test_a_form_that_was_not_shown_to_this_browser_sends_nothing(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town)
    page = await visit(door, TAB)
    town.heard.clear()
    forged = await reply(door, page, ("piece-r1", PDF), message="x", jeton="0" * 64)
    foreign = await door.client.post(
        TAB, data=page.hidden, files=[("autres", PDF)], headers=HTML | {"Origin": "https://evil.example"}
    )
    assert (forged.status_code, foreign.status_code) == (403, 403)
    urlencoded = await submit(door, TAB, page, message="x")
    assert urlencoded.status_code == 415
    broken = {"Content-Type": "multipart/form-data; boundary=x", "Origin": door.url} | HTML
    assert (await door.client.post(TAB, content=b"--y\r\nnothing", headers=broken)).status_code == 422
    assert town.heard == []


@pytest.mark.parametrize("charset", ["undefined", "utf-7", "rot13", "utf-16"])
async def test_the_charset_a_client_declares_changes_nothing(door: Portal, town: Town, charset: str) -> None:
    tells(town)
    posts(town)
    signs_in(door, town)
    page = await visit(door, TAB)
    fields = page.hidden | {"message": "Voilà +2AA-"}
    part = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = "".join(part.format(*field) for field in fields.items()) + "--x--\r\n"
    headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}", "Origin": door.url} | HTML
    answer = await door.client.post(TAB, content=body.encode(), headers=headers)
    assert answer.status_code == 303, answer.text
    (message,) = sent(town, "/api/demandes/d1/discussion/messages")
    assert from_json(message.body)["body"] == "Voilà +2AA-"


async def test_more_than_a_message_carries_is_refused_with_its_limit(door: Portal, town: Town) -> None:
    head = (
        f"POST {TAB} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nContent-Length: {BODY + 1}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(*door.url.removeprefix("http://").split(":"))
    writer.write(head.encode())
    answer = b""
    while b"</html>" not in answer:
        answer += await reader.read(65_536)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"(55 Mo)" in answer
    assert town.heard == []


async def test_an_eleventh_document_waits_for_another_message(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town)
    page = await visit(door, TAB)
    kept = [f"f{n};;9;clean;{n}.pdf" for n in range(10)]
    refused = await reply(door, page, ("autres", PDF), message="x", joint=kept)
    assert "10 documents au plus" in refused.text
    assert joints(Page(refused)) == kept
    assert sent(town, FILES) == []


async def test_an_expired_session_says_that_the_text_is_on_the_page_before(door: Portal, town: Town) -> None:
    tells(town)
    signs_in(door, town)
    page = await visit(door, TAB)
    town.sessions.clear()
    door.client.cookies.clear()
    answer = await reply(door, page, message="Mon texte")
    assert answer.status_code == 401
    assert "Revenez à la page précédente" in answer.text
