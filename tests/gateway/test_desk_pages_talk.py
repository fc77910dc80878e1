"""The discussion from the desk: opening, asking for pieces, answering with documents; the document of a decision."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pydantic_core import from_json

from tests.gateway.test_desk_pages import asked, links, said
from tests.gateway.test_pages import HTML, Page, accessible, submit, visit
from tests.support.desk import DEMANDE, ID, NONE, ONE, OPEN, PAGE, in_days, shows, works
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")
DISCUSSION, MESSAGES = f"{ONE}/discussion", f"/api/demandes/{ID}/discussion/messages"
FILES, READ = f"/api/demandes/{ID}/files", f"/api/demandes/{ID}/discussion/read"
PDF = ("plan.pdf", b"%PDF-1.7 r", "application/pdf")


async def send(
    door: Portal, tail: str, page: Page, *files: tuple[str, tuple[str, bytes, str]], **fields: Any
) -> httpx.Response:
    nothing = ("rien", ("", b"", "application/octet-stream"))
    hidden = {name: value for name, value in page.hidden.items() if name not in ("decision", "lu")}
    headers = HTML | {"Origin": door.url}
    return await door.client.post(f"{PAGE}/{tail}", data=hidden | fields, files=[*files, nothing], headers=headers)


def takes(town: Town) -> None:
    """The files service takes in what it is sent."""
    taken = {"id": "f7", "name": "plan.pdf", "media_type": "application/pdf", "size": 10, "status": "clean"}
    town.says("files", f"POST {FILES}", 201, taken)


def kept(page: Page) -> list[str | None]:
    return [each["value"] for each in page.all("input") if each.get("name") == "joint"]


async def test_a_discussion_opens_with_pieces_to_bring_and_a_document(door: Portal, town: Town) -> None:
    works(door, town)
    takes(town)
    town.says("discussion", f"POST {DISCUSSION}", 201, {"id": "x2", "status": "open"})
    page = await visit(door, PAGE)
    due = in_days(20)
    fields = {"objet": "Pièces", "texte": "Bonjour", "piece-1": "RIB", "piece-1-avant": due, "piece-3": "Photo"}
    answer = await send(door, "discussion", page, ("autres", PDF), **fields, **{"piece-3-facultative": "oui"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?fait=discussion")
    (sent,) = asked(town, DISCUSSION, "POST")
    assert from_json(sent.body) == {
        "subject": "Pièces",
        "body": "Bonjour",
        "requested_documents": [
            {"label": "RIB", "required": True, "due": due},
            {"label": "Photo", "required": False, "due": None},
        ],
        "attachments": ["f7"],
    }


async def test_what_is_missing_is_told_at_its_field_and_all_the_rest_is_kept(door: Portal, town: Town) -> None:
    works(door, town)
    takes(town)
    page = await visit(door, PAGE)
    fields = {"objet": " ", "texte": "Bonjour", "piece-2-avant": in_days(20)}
    page = Page(await send(door, "discussion", page, ("autres", PDF), **fields))
    accessible(page)
    assert {"#objet", "#piece-2"} <= links(page)
    assert "Bonjour</textarea>" in page.text
    assert kept(page) == ["f7;;10;clean;plan.pdf"]
    past = {"pointer": "/requested_documents/0/due", "detail": "Indiquez une date qui n'est pas passée."}
    refused = {"slug": "invalid-request", "detail": "À corriger.", "errors": [past]}
    town.says("discussion", f"POST {DISCUSSION}", 422, refused)
    fields = {"objet": "Pièces", "texte": "Bonjour", "piece-2": "RIB", "piece-2-avant": "2020-01-01"}
    answer = await send(door, "discussion", page, **fields, joint=kept(page)[0])
    assert answer.status_code == 422
    page = Page(answer)
    assert "#piece-2-avant" in links(page)
    assert page.field("piece-2")["value"] == "RIB"
    assert from_json(asked(town, DISCUSSION, "POST")[0].body)["attachments"] == ["f7"]
    assert len(asked(town, FILES, "POST")) == 1  # sent once, kept from one attempt to the next


async def test_more_pieces_can_be_asked_for_without_script(door: Portal, town: Town) -> None:
    works(door, town)
    page = await visit(door, PAGE)
    assert page.field("piece-3")
    longer = Page(await send(door, "discussion", page, objet="Pièces", **{"piece-3": "RIB", "lignes-en-plus": "oui"}))
    accessible(longer)
    assert (longer.field("piece-3")["value"], longer.field("objet")["value"]) == ("RIB", "Pièces")
    assert longer.field("piece-6")
    assert not longer.title.startswith("Erreur")
    assert asked(town, DISCUSSION, "POST") == []


async def test_a_reply_carries_documents_and_what_was_shown_counts_as_read(door: Portal, town: Town) -> None:
    works(door, town)
    shows(town, OPEN)
    takes(town)
    town.says("discussion", f"POST {MESSAGES}", 201, {"id": "m2"})
    town.says("discussion", f"POST {READ}", 204)
    page = await visit(door, PAGE)
    assert page.hidden["lu"] == "m1"
    answer = await send(door, "message", page, ("autres", PDF), texte="Merci.", lu="m1")
    assert answer.headers["location"] == f"{PAGE}?fait=reponse"
    body = {"body": "Merci.", "attachments": ["f7"], "requested_documents": {}}
    assert from_json(asked(town, MESSAGES, "POST")[0].body) == body
    assert from_json(asked(town, READ, "POST")[0].body) == {"up_to": "m1"}
    empty = Page(await send(door, "message", page, texte=" "))
    assert "#texte" in links(empty)


async def test_a_reply_to_a_discussion_closed_meanwhile_is_kept(door: Portal, town: Town) -> None:
    works(door, town)
    shows(town, OPEN)
    page = await visit(door, PAGE)
    closed = {"slug": "discussion-closed", "detail": "Cette discussion est close."}
    town.says("discussion", f"POST {MESSAGES}", 409, closed)
    shows(town, OPEN | {"status": "closed"})
    answer = await send(door, "message", page, texte="Merci <encore>.")
    assert answer.status_code == 409
    assert "Cette discussion est close." in answer.text
    assert "Merci &lt;encore&gt;.</textarea>" in answer.text


async def test_a_document_that_is_refused_is_told_and_the_message_stays(door: Portal, town: Town) -> None:
    works(door, town)
    shows(town, OPEN)
    detail = "Convertissez ce document en PDF."
    town.says("files", f"POST {FILES}", 415, {"slug": "unsupported-type", "detail": detail})
    page = await visit(door, PAGE)
    answer = await send(door, "message", page, ("autres", ("a.exe", b"MZ", "application/octet-stream")), texte="Merci.")
    assert answer.status_code == 422
    page = Page(answer)
    accessible(page)
    assert "#autres" in links(page)
    assert detail in said(page)
    assert "Merci.</textarea>" in page.text
    assert asked(town, MESSAGES, "POST") == []


async def test_reading_and_closing_are_asked_for(door: Portal, town: Town) -> None:
    works(door, town)
    shows(town, OPEN)
    town.says("discussion", f"POST {READ}", 204)
    town.says("discussion", f"POST {DISCUSSION}/closure", 204)
    page = await visit(door, PAGE)
    read = await submit(door, f"{PAGE}/lecture", page)
    assert (read.headers["location"], town.last.body) == (f"{PAGE}?fait=discussion-lue", b'{"up_to":"m1"}')
    closed = await submit(door, f"{PAGE}/cloture", page)
    assert closed.headers["location"] == f"{PAGE}?fait=discussion-close"
    town.says("discussion", f"POST {DISCUSSION}/closure", 409, {"slug": "no-discussion", "detail": "Rien à clore."})
    again = await submit(door, f"{PAGE}/cloture", page)
    assert (again.status_code, "Rien à clore." in again.text) == (409, True)


async def test_an_earlier_discussion_is_read_and_not_answered(door: Portal, town: Town) -> None:
    works(door, town)
    shows(town, OPEN | {"status": "closed", "id": "x0", "subject": "Première", "earlier": []})
    page = await visit(door, f"{PAGE}?echange=x0")
    accessible(page)
    assert asked(town, f"/api/demandes/{ID}/discussion")[0].query == "discussion=x0"
    assert "Vous lisez une discussion close." in said(page)
    assert "Ouvrir une autre discussion" not in said(page)


@pytest.mark.parametrize("discussion", [OPEN, NONE, OPEN | {"status": "closed"}], ids=["open", "none", "closed"])
async def test_the_document_of_a_decision_goes_into_the_discussion_before_it(
    door: Portal, town: Town, discussion: dict[str, Any]
) -> None:
    works(door, town)
    shows(town, discussion)
    takes(town)
    where = MESSAGES if discussion["status"] == "open" else DISCUSSION
    town.says("discussion", f"POST {where}", 201, {"id": "m2"})
    town.says("dossiers", f"POST {ONE}/status", 200, {"id": ID, "status": "acceptee", "version": 8})
    page = await visit(door, PAGE)
    answer = await send(door, "etat", page, ("document", PDF), decision="acceptee", motif="")
    assert answer.headers["location"] == f"{PAGE}?fait=decision"
    done = [heard.path for heard in town.heard if heard.method == "POST"]
    assert done == [FILES, where, f"{ONE}/status"]
    assert from_json(asked(town, where, "POST")[0].body)["attachments"] == ["f7"]
    keys = {heard.headers["idempotency-key"] for heard in town.heard if heard.method == "POST"}
    assert len(keys) == 3


async def test_no_document_is_sent_for_a_decision_that_comes_too_late(door: Portal, town: Town) -> None:
    works(door, town)
    page = await visit(door, PAGE)
    shows(town, version=DEMANDE["version"] + 1)
    answer = await send(door, "etat", page, ("document", PDF), decision="acceptee", motif="Bravo")
    assert answer.status_code == 412
    assert "Un collègue a été plus rapide" in answer.text
    assert "Bravo</textarea>" in answer.text
    assert [heard for heard in town.heard if heard.method == "POST"] == []


async def test_a_document_of_a_decision_that_is_refused_leaves_the_demande_as_it_was(door: Portal, town: Town) -> None:
    works(door, town)
    town.says("files", f"POST {FILES}", 422, {"slug": "infected", "detail": "Ce document contient un virus."})
    page = await visit(door, PAGE)
    answer = await send(door, "etat", page, ("document", PDF), decision="acceptee", motif="Bravo")
    assert answer.status_code == 422
    page = Page(answer)
    accessible(page)
    assert "#document" in links(page)
    assert "Ce document contient un virus." in said(page)
    assert asked(town, f"{ONE}/status", "POST") == []
    takes(town)
    fault = {"slug": "bad-transition", "detail": "Pas sur cette demande."}
    town.says("discussion", f"POST {DISCUSSION}", 409, fault)
    page = Page(await send(door, "etat", page, ("document", PDF), decision="acceptee", motif="Bravo"))
    assert kept(page) == ["f7;;10;clean;plan.pdf"]
    assert "Pas sur cette demande." in said(page)
