"""One demande on the desk: what it shows, moving it, and a colleague who was faster."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import from_json

from gateway.pages.desk.deadlines import clock
from tests.gateway.test_desk_pages import STALE, asked, links, said
from tests.gateway.test_pages import HTML, Page, accessible, submit, visit
from tests.support.desk import COLLEAGUE, DEMANDE, ID, ME, ONE, OPEN, OPINION, PAGE, shows, works
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")
STATUS = f"{ONE}/status"
CLOCK = DEMANDE["legal_clock"]


async def decide(door: Portal, page: Page, *files: tuple[str, tuple[str, bytes, str]], **fields: Any) -> Any:
    nothing = ("document", ("", b"", "application/octet-stream"))
    hidden = {name: value for name, value in page.hidden.items() if name != "decision"}
    headers = HTML | {"Origin": door.url}
    return await door.client.post(f"{PAGE}/etat", data=hidden | fields, files=[*files, nothing], headers=headers)


def offered(page: Page) -> list[str | None]:
    return [each["value"] for each in page.all("input") if each.get("name") == "decision" and each["type"] == "radio"]


async def test_the_page_says_everything_needed_to_decide(door: Portal, town: Town) -> None:
    works(door, town)
    shows(town, OPEN)
    page = await visit(door, PAGE)
    accessible(page)
    text = said(page)
    for words in (
        "Subvention <b>sport</b>",
        "Club de handball",
        "W751123456",
        "Votre projet Objet Un gymnase <script> Montant demandé 1 200,50 €",
        "Sans décision avant la fin du 20 janvier 2027, la demande est refusée.",
        "Ada Martin (vous)",
        "urgent",
        "À revoir avec la mairie",
        "Attendu : RIB, avant le 1er décembre 2026",
        "Reçu : Statuts, statuts.pdf",
        "Demande déposée",
    ):
        assert words in text, words
    assert "/api/files/f1" in links(page)
    assert "version=3" in asked(town, "/api/demarches/subvention")[0].query
    assert all(heard.method == "GET" for heard in town.heard)  # looking marks nothing as read
    assert len({heard.path for heard in town.heard}) == 5
    assert len(town.heard) == 6  # colleagues of my services, and of all


async def test_the_page_stands_without_its_parts(door: Portal, town: Town) -> None:
    works(door, town)
    away = {"slug": "unavailable", "detail": "…"}
    town.says("discussion", f"GET /api/demandes/{ID}/discussion", 503, away)
    town.says("dossiers", "GET /api/demarches/subvention", 404, {"slug": "not-found", "detail": "…"})
    town.says("dossiers", f"GET {ONE}/readers", 503, away)
    page = await visit(door, PAGE)
    accessible(page)
    assert said(page).count("momentanément indisponible") == 3
    town.says("dossiers", f"GET {ONE}", 404, {"slug": "not-found", "detail": "…"})
    assert (await door.client.get(PAGE, headers=HTML)).status_code == 404


async def test_illegal_moves_are_not_offered(door: Portal, town: Town) -> None:
    works(door, town)
    assert offered(await visit(door, PAGE)) == ["acceptee", "refusee", "sans_suite"]
    shows(town, status="deposee", allowed=["en_instruction", "sans_suite"], assigned_to=None)
    page = await visit(door, PAGE)
    assert offered(page) == ["en_instruction", "sans_suite"]
    assert "Prendre et commencer l'instruction" in said(page)
    shows(town, status="retiree", allowed=[], legal_clock=CLOCK | {"state": "over", "deadline": None})
    page = await visit(door, PAGE)
    assert offered(page) == []
    assert "Enregistrer la décision" not in page.text


async def test_a_decision_takes_three_clicks_and_carries_the_version_that_was_read(door: Portal, town: Town) -> None:
    works(door, town)
    town.says("dossiers", f"POST {STATUS}", 200, {"id": ID, "status": "refusee", "version": 8})
    page = await visit(door, PAGE)  # opened; then one radio, and the button
    answer = await decide(door, page, decision="refusee", motif="Hors périmètre.", qualite=" Cheffe de service ")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGE}?fait=decision")
    (sent,) = asked(town, STATUS, "POST")
    body = {"status": "refusee", "message": "Hors périmètre.", "capacity": "Cheffe de service"}
    assert (from_json(sent.body), sent.headers["if-match"]) == (body, '"7"')
    assert "La décision est enregistrée." in said(await visit(door, f"{PAGE}?fait=decision"))


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"motif": "Bravo"}, "decision", "Choisissez ce que devient la demande."),
        ({"decision": "refusee", "motif": " "}, "motif", "Indiquez le motif"),
        ({"decision": "brouillon", "motif": "Bravo"}, "decision", "Choisissez ce que devient la demande."),
    ],
)
async def test_a_decision_that_lacks_something_keeps_what_was_typed(
    door: Portal, town: Town, fields: dict[str, str], field: str, words: str
) -> None:
    works(door, town)
    page = await visit(door, PAGE)
    answer = await decide(door, page, **fields)
    assert answer.status_code == 422
    page = Page(answer)
    accessible(page)
    assert page.title.startswith("Erreur : ")
    assert words in said(page)
    assert f"#{field}" in links(page)
    assert fields["motif"].strip() in page.text
    assert asked(town, STATUS, "POST") == []


async def test_a_colleague_who_was_faster_is_told_and_the_text_is_kept(door: Portal, town: Town) -> None:
    works(door, town)
    page = await visit(door, PAGE)
    town.says("dossiers", f"POST {STATUS}", 412, STALE)
    taken = {"at": "2026-11-22T10:00:00Z", "kind": "assigned", "actor": "Jeanne Petit", "message": None}
    news = [*DEMANDE["history"], taken | {"label": "Demande confiée à Jeanne Petit"}]
    shows(town, version=9, history=news, assigned_to={"id": COLLEAGUE, "name": "Jeanne Petit"})
    answer = await decide(door, page, decision="refusee", motif="Un motif <long>.")
    assert answer.status_code == 412
    page = Page(answer)
    accessible(page)
    assert page.title.startswith("Un collègue a été plus rapide")
    alert = page.text.partition('role="alert"')[2].partition("</div>")[0]
    assert "Jeanne Petit a pris cette demande entre-temps." in alert.replace("&#39;", "'")
    assert "Demande confiée à Jeanne Petit" in alert
    assert "Demande déposée" not in alert
    assert ">Un motif &lt;long&gt;.</textarea>" in page.text
    assert page.hidden["version"] == "9"
    town.says("dossiers", f"POST {STATUS}", 200, {"id": ID, "status": "refusee", "version": 10})
    await decide(door, page, decision="refusee", motif="Un motif <long>.")
    assert asked(town, STATUS, "POST")[-1].headers["if-match"] == '"9"'


async def test_what_was_typed_is_shown_even_when_nothing_can_be_decided_any_more(door: Portal, town: Town) -> None:
    works(door, town)
    page = await visit(door, PAGE)
    town.says("dossiers", f"POST {STATUS}", 409, {"slug": "bad-transition", "detail": "Cette demande est retirée."})
    shows(town, status="retiree", allowed=[])
    answer = await decide(door, page, decision="acceptee", motif="Avec joie.")
    assert answer.status_code == 409
    text = said(Page(answer))
    assert "Cette demande est retirée." in text
    assert "Votre texte, non enregistré Avec joie." in text


async def test_a_decision_is_reopened_with_a_reason_and_a_warning(door: Portal, town: Town) -> None:
    works(door, town)
    author = {"first_name": "Ada", "last_name": "Martin", "capacity": "instructeur", "service": "Sports"}
    decision = {"status": "acceptee", "at": "2026-11-22T10:00:00Z", "appeal": "", "kind": "express"}
    shows(
        town, status="acceptee", allowed=["en_instruction"], decision=decision | {"message": "Oui.", "author": author}
    )
    page = await visit(door, PAGE)
    accessible(page)
    assert "article L. 242-1" in said(page)
    assert "par Ada Martin, instructeur, Sports" in said(page)
    town.says("dossiers", f"POST {STATUS}", 200, {"id": ID, "status": "en_instruction", "version": 8})
    answer = await decide(door, page, decision="en_instruction", motif="Erreur de calcul.")
    assert answer.headers["location"] == f"{PAGE}?fait=etat"


async def test_an_implicit_decision_is_said_with_what_the_service_owes(door: Portal, town: Town) -> None:
    works(door, town)
    silent = {"at": "2026-11-22T00:00:00Z", "appeal": "", "kind": "implicit", "on": "2026-11-21", "message": ""}
    reasons = {"requested_at": "2026-11-22T10:00:00Z", "due": "2026-12-22", "given_at": None, "text": None}
    refused = silent | {"status": "refusee", "author": None}
    shows(town, status="refusee", allowed=["en_instruction"], decision=refused, reasons=reasons)
    page = await visit(door, PAGE)
    accessible(page)
    assert "née le 21 novembre 2026 du silence" in said(page)
    assert "Réponse due avant le 22 décembre 2026" in said(page)
    town.says("dossiers", f"POST {ONE}/reasons", 200, {"id": ID, "version": 8})
    given = await submit(door, f"{PAGE}/motifs", page, motifs="Hors périmètre.")
    assert (given.headers["location"], town.last.body) == (
        f"{PAGE}?fait=motifs",
        b'{"text":"Hors p\xc3\xa9rim\xc3\xa8tre."}',
    )
    attestation = {"requested_at": "2026-11-22T10:00:00Z", "issued_at": None, "author": None}
    accepted = silent | {"status": "acceptee", "author": None}
    shows(town, status="acceptee", allowed=["en_instruction"], decision=accepted, attestation=attestation)
    page = await visit(door, PAGE)
    town.says("dossiers", f"POST {ONE}/attestation", 200, {"id": ID, "version": 8})
    issued = await submit(door, f"{PAGE}/attestation", page)
    assert issued.headers["location"] == f"{PAGE}?fait=attestation"


@pytest.mark.parametrize(
    ("agent", "sent", "done"), [("me", "me", "a-vous"), (COLLEAGUE, COLLEAGUE, "confiee"), ("", None, "remise")]
)
async def test_a_demande_is_taken_handed_over_and_handed_back(
    door: Portal, town: Town, agent: str, sent: str | None, done: str
) -> None:
    works(door, town)
    town.says("dossiers", f"POST {ONE}/assignment", 200, {"id": ID, "assigned_to": sent, "version": 8})
    page = await visit(door, PAGE)
    answer = await submit(door, f"{PAGE}/attribution", page, agent=agent)
    assert answer.headers["location"] == f"{PAGE}?fait={done}"
    assert (from_json(town.last.body), town.last.headers["if-match"]) == ({"agent": sent}, '"7"')


async def test_taking_and_beginning_is_one_click_and_two_commands(door: Portal, town: Town) -> None:
    works(door, town)
    shows(town, status="deposee", allowed=["en_instruction", "sans_suite"], assigned_to=None)
    town.says("dossiers", f"POST {ONE}/assignment", 200, {"id": ID, "assigned_to": ME, "version": 8})
    town.says("dossiers", f"POST {STATUS}", 200, {"id": ID, "status": "en_instruction", "version": 9})
    page = await visit(door, PAGE)
    answer = await submit(door, f"{PAGE}/debut", page)
    assert answer.headers["location"] == f"{PAGE}?fait=commencee"
    first, second = asked(town, f"{ONE}/assignment", "POST")[0], asked(town, STATUS, "POST")[0]
    assert (first.headers["if-match"], second.headers["if-match"]) == ('"7"', '"8"')
    assert first.headers["idempotency-key"] != second.headers["idempotency-key"]


async def test_labels_and_notes_ask_for_no_version(door: Portal, town: Town) -> None:
    works(door, town)
    town.says("dossiers", f"POST {ONE}/labels", 200, {"id": ID, "labels": [], "version": 8})
    town.says("dossiers", f"POST {ONE}/notes", 201, {"id": "n2", "text": "", "author": "", "version": 9})
    page = await visit(door, PAGE)
    for path, fields, body in (
        ("etiquettes", {"etiquette": " à revoir "}, {"add": ["à revoir"]}),
        ("etiquettes", {"retirer": "urgent"}, {"remove": ["urgent"]}),
        ("notes", {"note": "Vu."}, {"text": "Vu."}),
    ):
        answer = await submit(door, f"{PAGE}/{path}", page, **fields)
        assert answer.status_code == 303
        assert (from_json(town.last.body), "if-match" in town.last.headers) == (body, False)
    detail = "Écrivez le texte de la note."
    fault = {"slug": "invalid-request", "detail": "Vide.", "errors": [{"pointer": "/text", "detail": detail}]}
    town.says("dossiers", f"POST {ONE}/notes", 422, fault)
    refused = Page(await submit(door, f"{PAGE}/notes", page, note=" "))
    assert "#note" in links(refused)
    empty = await submit(door, f"{PAGE}/etiquettes", page, etiquette=" ")
    assert (empty.status_code, "Écrivez l" in empty.text) == (422, True)


async def test_an_expert_reads_what_the_applicant_said_and_answers(door: Portal, town: Town) -> None:
    works(door, town)
    inner: dict[str, Any] = {"labels": [], "notes": [], "allowed": [], "access": "expert", "opinions": [OPINION]}
    shows(town, **inner)
    town.says("discussion", f"GET /api/demandes/{ID}/discussion", 404, {"slug": "not-found", "detail": "…"})
    town.says("dossiers", f"GET {ONE}/readers", 404, {"slug": "not-found", "detail": "…"})
    page = await visit(door, PAGE)
    accessible(page)
    text = said(page)
    assert "Est-ce dans votre périmètre ?" in text
    for hidden in ("Notes internes", "Historique", "Confier à", "momentanément indisponible"):
        assert hidden not in text, hidden
    town.says("dossiers", f"POST /api/backoffice/opinions/{OPINION['id']}", 200, {"id": OPINION["id"]})
    empty = Page(await submit(door, f"{PAGE}/avis/{OPINION['id']}", page, explication=""))
    assert {"#avis-rendu", "#explication"} <= links(empty)
    fields = {"avis-rendu": "favorable", "explication": "Utile."}
    given = await submit(door, f"{PAGE}/avis/{OPINION['id']}", page, **fields)
    assert given.headers["location"] == "/instruction/avis?fait=avis-donne"
    assert from_json(town.last.body) == {"verdict": "favorable", "text": "Utile."}


async def test_an_opinion_is_asked_for_and_given_up(door: Portal, town: Town) -> None:
    works(door, town)
    theirs = OPINION | {"expert": {"id": COLLEAGUE, "name": "Jeanne Petit"}}
    given = theirs | {"id": "o2", "status": "given", "verdict": "reserve", "text": "Avec prudence."}
    shows(town, opinions=[theirs, given])
    page = await visit(door, PAGE)
    assert "Jeanne Petit : avis réservé" in said(page)
    assert "attendu avant le 10 décembre 2026" in said(page)
    town.says("dossiers", f"POST {ONE}/opinions", 201, {"id": "o3", "demande": ID, "status": "pending", "version": 2})
    fields = {"expert": COLLEAGUE, "question": "Qu'en dites-vous ?", "reponse-avant": "2026-12-24"}
    answer = await submit(door, f"{PAGE}/avis", page, **fields)
    assert answer.headers["location"] == f"{PAGE}?fait=avis-demande"
    body = {"agent": COLLEAGUE, "question": "Qu'en dites-vous ?", "due": "2026-12-24"}
    assert from_json(asked(town, f"{ONE}/opinions", "POST")[0].body) == body
    empty = Page(await submit(door, f"{PAGE}/avis", page, question="Qu'en dites-vous ?"))
    assert {"#expert", "#reponse-avant"} <= links(empty)
    town.says("dossiers", f"DELETE /api/backoffice/opinions/{OPINION['id']}", 200, {"id": OPINION["id"]})
    gone = await submit(door, f"{PAGE}/avis", page, **{"retirer-avis": OPINION["id"]})
    assert gone.headers["location"] == f"{PAGE}?fait=avis-retire"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"silence": None}, "Aucun délai légal"),
        ({"silence": "acceptation"}, "Sans décision avant la fin du 20 janvier 2027, la demande est acceptée."),
        ({"state": "waiting", "deadline": None}, "Le délai ne court pas"),
        ({"state": "suspended"}, "Le délai est suspendu"),
        ({"state": "over", "deadline": None}, "Le délai ne court plus."),
    ],
)
async def test_the_legal_clock_is_said_in_words(changes: dict[str, Any], words: str) -> None:
    assert words in " ".join(clock(CLOCK | changes))


async def test_pieces_that_are_awaited_are_counted_with_their_days() -> None:
    pieces = {"discussion": "x", "asked_on": "2026-11-21", "documents": 3, "missing": 2, "due": "2026-12-01"}
    told = clock(CLOCK | {"awaited": [pieces | {"complete_on": None}]})
    assert told[-1] == "2 pièces attendues depuis le 21 novembre 2026, à remettre avant le 1er décembre 2026."
