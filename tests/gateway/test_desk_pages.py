"""The list of an agent's services: finding, taking, acting on several at once and undoing it."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs

import pytest
from pydantic_core import from_json

from gateway.pages.desk.deadlines import deadline, today
from tests.gateway.test_pages import HTML, Page, accessible, submit, visit
from tests.support.desk import COLLEAGUE, ID, ITEM, LIST, ONE, OTHER, REFERENCE, in_days, lists, shows, works
from tests.support.town import Heard, Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")
BATCH = f"{LIST}/batch"
TAKE = f"/instruction/demandes/{ID}/prise"
STALE = {"slug": "stale-version", "detail": "Jeanne Petit a pris cette demande entre-temps."}


def said(page: Page) -> str:
    """What a page says, on one line."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", page.text, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).replace("\N{NO-BREAK SPACE}", " ").split())


def asked(town: Town, path: str, method: str = "GET") -> list[Heard]:
    return [heard for heard in town.heard if (heard.method, heard.path) == (method, path)]


def query(town: Town) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(asked(town, LIST)[-1].query).items()}


def links(page: Page) -> set[str]:
    return {str(each["href"]) for each in page.all("a") if each.get("href")}


async def test_the_list_shows_what_is_to_take_first(door: Portal, town: Town) -> None:
    works(door, town)
    page = await visit(door, "/instruction")
    accessible(page)
    assert query(town) == {"tab": "a_prendre", "sort": "deadline", "limit": "25"}
    text = said(page)
    assert "À prendre 1" in text
    assert "Club de <i>handball</i>" in text
    assert "<b>sport</b>" not in page.text
    assert f"/instruction/demandes/{ID}" in links(page)
    assert len(town.heard) == 5  # the list, colleagues, démarches, opinions, views: once each


async def test_filters_are_in_the_address_and_in_the_exports(door: Portal, town: Town) -> None:
    works(door, town)
    address = f"/instruction?onglet=toutes&q=handball&etat=deposee&echeance=late&etiquette=urgent&agent={COLLEAGUE}"
    page = await visit(door, f"{address}&demarche=subvention&tri=oldest")
    wanted = {"tab": "toutes", "q": "handball", "status": "deposee", "alert": "late", "label": "urgent"}
    wanted |= {"assigned": COLLEAGUE, "demarche": "subvention", "sort": "oldest"}
    assert query(town) == wanted | {"limit": "25"}
    exports = [link for link in links(page) if "/export?" in link]
    assert len(exports) == 2
    for link in exports:
        given = {name: values[0] for name, values in parse_qs(link.partition("?")[2]).items()}
        assert given.pop("format") in ("csv", "xlsx")
        assert given == wanted
    assert page.field("q")["value"] == "handball"


async def test_what_means_nothing_in_an_address_is_left(door: Portal, town: Town) -> None:
    works(door, town)
    await visit(door, "/instruction?onglet=mal&etat=nulle&echeance=hier&tri=beau&q=%20%20")
    assert query(town) == {"tab": "a_prendre", "sort": "deadline", "limit": "25"}


@pytest.mark.parametrize(
    ("days", "level", "words"),
    [
        (-3, "late", "En retard de 3 jours"),
        (-1, "late", "En retard de 1 jour"),
        (0, "urgent", "Aujourd'hui"),
        (1, "urgent", "Demain"),
        (5, "urgent", "Dans 5 jours"),
        (8, "soon", "Dans 8 jours"),
        (31, "far", "Dans 31 jours"),
    ],
)
async def test_a_deadline_is_said_in_words_beside_its_colour(
    door: Portal, town: Town, days: int, level: str, words: str
) -> None:
    works(door, town)
    lists(town, ITEM | {"deadline": in_days(days)})
    page = await visit(door, "/instruction")
    assert f'<span class="due {level}">{words}</span>' in page.text.replace("&#39;", "'")
    assert deadline(None, today()) is None


async def test_a_long_list_goes_on_and_a_page_that_is_no_longer_starts_again(door: Portal, town: Town) -> None:
    works(door, town)
    lists(town, ITEM, next="c&1")
    page = await visit(door, "/instruction?q=club")
    assert "/instruction?onglet=a_prendre&q=club&suite=c%261" in {unescape(link) for link in links(page)}
    town.says("dossiers", f"GET {LIST}", 422, {"slug": "invalid-request", "detail": "Curseur illisible."})
    again = await door.client.get("/instruction?q=club&suite=vieux", headers=HTML)
    assert (again.status_code, again.headers["location"]) == (303, "/instruction?onglet=a_prendre&q=club")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/instruction", "déjà confiées à quelqu'un"),
        ("/instruction?onglet=les_miennes", "Aucune demande en cours ne vous est confiée"),
        ("/instruction?q=zzz", "Chercher dans toutes les demandes"),
    ],
)
async def test_an_empty_list_says_what_to_do(door: Portal, town: Town, path: str, words: str) -> None:
    works(door, town)
    lists(town)
    page = await visit(door, path)
    accessible(page)
    assert words in said(page)


async def test_the_list_stands_without_what_is_around_it(door: Portal, town: Town) -> None:
    works(door, town)
    for call in ("colleagues", "opinions", "views"):
        town.says("dossiers", f"GET /api/backoffice/{call}", 503, {"slug": "unavailable", "detail": "…"})
    accessible(await visit(door, "/instruction"))


async def test_taking_from_a_row_is_at_the_version_that_is_free(door: Portal, town: Town) -> None:
    works(door, town)
    shows(town, assigned_to=None, version=4)
    town.says("dossiers", f"POST {ONE}/assignment", 200, {"id": ID, "assigned_to": "me", "version": 5})
    page = await visit(door, "/instruction?q=club")
    taken = await submit(door, TAKE, page)
    assert (taken.status_code, taken.headers["location"]) == (303, "/instruction?onglet=a_prendre&q=club&fait=prise")
    (sent,) = asked(town, f"{ONE}/assignment", "POST")
    assert (from_json(sent.body), sent.headers["if-match"]) == ({"agent": "me"}, '"4"')
    assert sent.headers["idempotency-key"]
    assert "La demande vous est confiée." in said(await visit(door, taken.headers["location"]))


async def test_pressing_twice_takes_once(door: Portal, town: Town) -> None:
    works(door, town)
    page = await visit(door, "/instruction")
    again = await submit(door, TAKE, page)  # the demande is his already
    assert again.headers["location"].endswith("&fait=prise")
    assert asked(town, f"{ONE}/assignment", "POST") == []


@pytest.mark.parametrize("meanwhile", ["before", "between"])
async def test_a_colleague_who_took_it_first_is_named_and_nothing_is_stolen(
    door: Portal, town: Town, meanwhile: str
) -> None:
    works(door, town)
    shows(town, assigned_to={"id": COLLEAGUE, "name": "Jeanne Petit"} if meanwhile == "before" else None)
    town.says("dossiers", f"POST {ONE}/assignment", 412, STALE)
    page = await visit(door, "/instruction")
    answer = await submit(door, TAKE, page)
    assert answer.status_code == 412
    page = Page(answer)
    accessible(page)
    assert page.title.startswith("Un collègue a été plus rapide")
    assert "Jeanne Petit" in said(page)
    assert len(asked(town, f"{ONE}/assignment", "POST")) == (meanwhile == "between")


BOTH = [f"{ID}|{REFERENCE}", f"{OTHER}|2026-AUTRE"]
UNDO = [{"ids": [ID], "action": "assign", "agent": None}]


async def test_a_batch_tells_each_result_and_is_undone(door: Portal, town: Town) -> None:
    works(door, town)
    refused = {"id": OTHER, "status": 409, "slug": "bad-transition", "detail": "Cette demande est retirée."}
    town.says(
        "dossiers", f"POST {BATCH}", body={"items": [{"id": ID, "status": 200, "version": 8}, refused], "undo": UNDO}
    )
    page = await visit(door, "/instruction")
    fields = page.hidden | {"demande": BOTH, "action": "confier", "confier-a": COLLEAGUE, "motif": "ignoré"}
    answer = await door.client.post("/instruction/lot", data=fields, headers=HTML | {"Origin": door.url})
    assert answer.status_code == 200
    assert from_json(town.last.body) == {"ids": [ID, OTHER], "action": "assign", "agent": COLLEAGUE}
    result = Page(answer)
    accessible(result)
    text = said(result)
    assert "Demandes traitées : 1 sur 2." in text
    assert f"{REFERENCE} Fait 2026-AUTRE Non fait : Cette demande est retirée." in text
    town.says("dossiers", f"POST {BATCH}", body={"items": [{"id": ID, "status": 200, "version": 9}], "undo": UNDO})
    back = Page(await submit(door, "/instruction/lot/annulation", result))
    assert from_json(town.last.body) == UNDO[0]
    assert "Remises en l'état : 1 sur 1." in said(back)
    assert "Annuler cette opération" not in said(back)


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"action": "confier", "confier-a": ""}, {"action": "assign", "agent": None}),
        ({"action": "etiqueter", "nom-etiquette": " urgent "}, {"action": "label", "add": ["urgent"]}),
        ({"action": "detiqueter", "nom-etiquette": "urgent"}, {"action": "label", "remove": ["urgent"]}),
        (
            {"action": "etat", "nouvel-etat": "refusee", "motif": "Hors délai."},
            {"action": "status", "status": "refusee", "message": "Hors délai."},
        ),
    ],
)
async def test_a_batch_sends_what_its_action_needs(
    door: Portal, town: Town, fields: dict[str, str], body: dict[str, object]
) -> None:
    works(door, town)
    town.says("dossiers", f"POST {BATCH}", body={"items": [{"id": ID, "status": 200, "version": 8}], "undo": []})
    page = await visit(door, "/instruction")
    await submit(door, "/instruction/lot", page, demande=BOTH[0], **fields)
    assert from_json(town.last.body) == {"ids": [ID]} | body


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"action": "confier"}, "Cochez au moins une demande"),
        ({"demande": BOTH[0]}, "Choisissez ce qu'il faut faire"),
        ({"demande": BOTH[0], "action": "etiqueter"}, "Écrivez l'étiquette"),
        ({"demande": BOTH[0], "action": "etat"}, "Choisissez le nouvel état"),
        ({"demande": BOTH[0], "action": "etat", "nouvel-etat": "refusee", "motif": " "}, "Indiquez le motif du refus"),
    ],
)
async def test_a_batch_that_lacks_something_keeps_ticks_and_text(
    door: Portal, town: Town, fields: dict[str, str], words: str
) -> None:
    works(door, town)
    page = await visit(door, "/instruction?q=club")
    answer = await submit(door, "/instruction/lot", page, **fields)
    assert answer.status_code == 422
    page = Page(answer)
    accessible(page)
    assert words in said(page)
    assert ("checked" in page.field("demande")) == ("demande" in fields)
    assert page.field("q")["value"] == "club"
    assert asked(town, BATCH, "POST") == []


@pytest.mark.parametrize("undo", ["", "{", "[1]", '{"a":1}'])
async def test_an_undoing_that_is_none_is_refused(door: Portal, town: Town, undo: str) -> None:
    works(door, town)
    page = await visit(door, "/instruction")
    answer = await submit(door, "/instruction/lot/annulation", page, annulation=undo)
    assert (answer.status_code, asked(town, BATCH, "POST")) == (422, [])


async def test_a_view_is_kept_shown_and_forgotten(door: Portal, town: Town) -> None:
    works(door, town)
    view = {"name": "Urgences d'Ada", "filters": {"tab": "toutes", "alert": "urgent", "sort": "deadline"}}
    town.says("dossiers", "GET /api/backoffice/views", body={"items": [view | {"updated_at": ""}], "next": None})
    town.says("dossiers", "PUT /api/backoffice/views/Urgences d'Ada", 201, view)
    town.says("dossiers", "DELETE /api/backoffice/views/Urgences d'Ada", 204)
    page = await visit(door, "/instruction?onglet=toutes&echeance=urgent&tri=deadline")
    assert "/instruction?onglet=toutes&echeance=urgent&tri=deadline" in {unescape(link) for link in links(page)}
    kept = await submit(door, "/instruction/vues", page, **{"nom-vue": " Urgences d'Ada "})
    assert kept.headers["location"].endswith("&fait=vue-gardee")
    assert from_json(town.last.body) == {"filters": view["filters"]}
    gone = await submit(door, "/instruction/vues", page, effacer="Urgences d'Ada")
    assert gone.headers["location"].endswith("&fait=vue-effacee")
    assert town.last.method == "DELETE"
    nameless = await submit(door, "/instruction/vues", page, **{"nom-vue": " "})
    assert (nameless.status_code, "Donnez un nom" in nameless.text) == (422, True)


async def test_nobody_else_learns_of_the_desk(door: Portal, town: Town) -> None:
    away = await door.client.get("/instruction?onglet=toutes", headers=HTML)
    assert (away.status_code, away.headers["location"]) == (303, "/connexion?next=/instruction%3Fonglet%3Dtoutes")
    for role in ((), ("administrateur",), ("auditeur",)):
        door.client.cookies.set("guichet", town.signs_in(*role)["Authorization"].removeprefix("Bearer "))
        assert (await door.client.get("/instruction", headers=HTML)).status_code == 404
    assert town.heard == []
