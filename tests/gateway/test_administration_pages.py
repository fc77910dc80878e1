"""The administrator's pages: agents, services, démarches and their publication."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from pydantic_core import from_json

from gateway.pages.administration.sheet import definition_of, mistakes_at, of_definition, of_form, slug_of
from gateway.pages.forms import Form
from services.dossiers.aggregate.form import with_examples
from services.dossiers.catalogue import shipped
from tests.gateway.test_pages import HTML, Page, accessible
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

AGENT = {
    "id": "7k3m9p2q4r8s1t6v",
    "email": "lea@departement.example",
    "first_name": "Léa",
    "last_name": "Petit <b>",
    "roles": ["instructeur"],
    "services": ["sport"],
    "status": "active",
    "second_factor": True,
    "capacity": None,
}
ONE = "/administration/agents/7k3m9p2q4r8s1t6v"
DEMARCHE = {
    "slug": "subvention-association",
    "title": "Subvention",
    "service": "vie-associative",
    "version": 1,
    "status": "open",
    "published_at": "2026-11-20T08:00:00.000000Z",
    "closed_at": None,
    "etag": '"1"',
}
EDITOR = "/administration/demarches/subvention-association"
NEW = "/administration/demarches/nouvelle"


def knows(town: Town, *agents: dict[str, Any]) -> None:
    town.says("identity", "GET /api/backoffice/agents", body={"items": list(agents or (AGENT,)), "next": None})
    town.says("dossiers", "GET /api/backoffice/demarches", body={"items": [DEMARCHE], "next": None})
    definition = next(each for each in shipped() if each.slug == DEMARCHE["slug"])
    body = with_examples(definition).model_dump(mode="json") | {"open": True}
    town.says("dossiers", "GET /api/demarches/subvention-association", body=body)


def signs_in(door: Portal, town: Town, **changes: Any) -> None:
    bearer = town.signs_in("administrateur", **changes)
    door.client.cookies.set("guichet", bearer["Authorization"].removeprefix("Bearer "))


async def read(door: Portal, town: Town, path: str, **changes: Any) -> Page:
    signs_in(door, town, **changes)
    answer = await door.client.get(path, headers=HTML)
    assert answer.status_code == 200, answer.text
    page = Page(answer)
    accessible(page)
    return page


async def send(door: Portal, path: str, page: Page, **fields: Any) -> httpx.Response:
    return await door.client.post(path, data=filled(page) | fields, headers=HTML | {"Origin": door.url})


def filled(page: Page) -> dict[str, Any]:
    """What a browser would send of the last form of a page, were nothing touched."""
    fields: dict[str, Any] = {}
    for tag, attributes in page.tags:
        if tag != "input" or "name" not in attributes:
            continue
        if attributes.get("type") in ("checkbox", "radio") and "checked" not in attributes:
            continue
        fields.setdefault(str(attributes["name"]), []).append(attributes.get("value") or "")
    for name, value in re.findall(r'<textarea id="\S+" name="(\S+)"[^>]*>(.*?)</textarea>', page.text, re.DOTALL):
        fields[name] = [value.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")]
    for name, options in re.findall(r'<select id="\S+" name="(\S+)"[^>]*>(.*?)</select>', page.text, re.DOTALL):
        fields[name] = re.findall(r'value="([^"]*)" selected', options) or [""]
    return fields


async def test_the_home_tells_of_services_without_anybody(door: Portal, town: Town) -> None:
    knows(town)
    page = await read(door, town, "/administration")
    assert "aucun agent actif" in page.text
    knows(town, AGENT | {"services": ["vie-associative"]})
    assert "aucun agent actif" not in (await read(door, town, "/administration")).text


async def test_services_show_their_agents_and_demarches(door: Portal, town: Town) -> None:
    knows(town)
    page = await read(door, town, "/administration/services")
    assert ("sport" in page.text, "vie-associative" in page.text) == (True, True)
    assert {ONE, EDITOR} < {each.get("href") for each in page.all("a")}


async def test_agents_are_listed_to_the_end(door: Portal, town: Town) -> None:
    knows(town)
    page = await read(door, town, "/administration/agents")
    assert "Petit &lt;b&gt;" in page.text
    assert "Instruction des demandes" in page.text


@pytest.mark.parametrize(("status", "done"), [(201, "agent-invite"), (200, "role-donne")])
async def test_an_agent_is_invited(door: Portal, town: Town, status: int, done: str) -> None:
    knows(town)
    page = await read(door, town, "/administration/agents/nouveau")
    town.says("identity", "POST /api/backoffice/agents", status, AGENT)
    person = {"email": "a@example.org", "first_name": "Ada", "last_name": "Martin", "role": "instructeur"}
    answer = await send(
        door,
        "/administration/agents/nouveau",
        page,
        **person,
        services="vie-associative",
        other_services="sport, culture",
    )
    assert answer.headers["location"] == f"/administration/agents?fait={done}"
    assert from_json(town.last.body) == person | {"services": ["culture", "sport", "vie-associative"]}
    assert len(town.last.headers["idempotency-key"]) == 32


async def test_an_invitation_that_is_refused_keeps_what_was_typed(door: Portal, town: Town) -> None:
    knows(town)
    page = await read(door, town, "/administration/agents/nouveau")
    answer = await send(door, "/administration/agents/nouveau", page, email="a@example.org")
    again = Page(answer)
    accessible(again)
    assert (answer.status_code, again.field("email")["value"]) == (422, "a@example.org")
    fault = {
        "slug": "invalid-request",
        "detail": "x",
        "errors": [{"pointer": "/email", "detail": "Adresse illisible."}],
    }
    town.says("identity", "POST /api/backoffice/agents", 422, fault)
    person = {"email": "a@b", "first_name": "Ada", "last_name": "Martin", "role": "auditeur"}
    again = Page(await send(door, "/administration/agents/nouveau", page, **person))
    assert (again.field("email")["value"], again.field("email")["aria-invalid"]) == ("a@b", "true")


@pytest.mark.parametrize(
    ("fields", "call", "body", "done"),
    [
        (
            {"action": "services", "services": "sport", "capacity": "cheffe de service"},
            "PUT {}",
            {"services": ["sport"], "capacity": "cheffe de service"},
            "services-changes",
        ),
        ({"action": "desactiver"}, "DELETE {}", None, "agent-desactive"),
        ({"action": "second-facteur"}, "DELETE {}/second-factor", None, "second-facteur-efface"),
    ],
)
async def test_an_agent_is_changed(
    door: Portal, town: Town, fields: dict[str, str], call: str, body: Any, done: str
) -> None:
    knows(town)
    page = await read(door, town, ONE)
    town.says("identity", call.format(f"/api/backoffice/agents/{AGENT['id']}"), 200 if body else 204, {})
    answer = await door.client.post(ONE, data=page.hidden | fields, headers=HTML | {"Origin": door.url})
    assert answer.headers["location"] == f"{ONE}?fait={done}"
    assert (from_json(town.last.body) if body else town.last.body) == (body or b"")


async def test_a_role_is_given_to_the_person_of_the_page(door: Portal, town: Town) -> None:
    knows(town)
    page = await read(door, town, ONE)
    town.says("identity", "POST /api/backoffice/agents", 200, {})
    fields = {"action": "role", "role": "auditeur"}
    await door.client.post(ONE, data=page.hidden | fields, headers=HTML | {"Origin": door.url})
    assert from_json(town.last.body)["email"] == AGENT["email"]


async def test_nobody_is_shown_how_to_dismiss_himself(door: Portal, town: Town) -> None:
    knows(town)
    assert "Désactiver" not in (await read(door, town, ONE, account=AGENT["id"])).text


async def test_an_agent_who_is_not_there_is_a_page_that_is_not_there(door: Portal, town: Town) -> None:
    knows(town)
    signs_in(door, town)
    assert (await door.client.get("/administration/agents/0000000000000000", headers=HTML)).status_code == 404


async def test_a_demarche_is_closed_once_it_was_asked(door: Portal, town: Town) -> None:
    knows(town)
    assert EDITOR in (await read(door, town, "/administration/demarches")).text
    page = await read(door, town, f"{EDITOR}/fermeture")
    town.says("dossiers", "POST /api/backoffice/demarches/subvention-association/closure", 200, {})
    answer = await send(door, f"{EDITOR}/fermeture", page)
    assert answer.headers["location"] == "/administration/demarches?fait=demarche-fermee"
    assert town.last.headers["if-match"] == '"1"'


async def test_a_version_that_nobody_touched_is_published_as_it_was(door: Portal, town: Town) -> None:
    knows(town)
    page = await read(door, town, EDITOR)
    town.says("dossiers", "PUT /api/backoffice/demarches/subvention-association", 200, {})
    answer = await send(door, EDITOR, page, action="publier")
    assert answer.headers["location"] == "/administration/demarches?fait=demarche-publiee"
    assert town.last.headers["if-match"] == '"1"'
    sent = from_json(town.last.body)
    assert [field["name"] for field in sent["fields"]] == [
        field.name for each in shipped() if each.slug == DEMARCHE["slug"] for field in each.fields
    ]


async def test_questions_are_added_moved_and_taken_away(door: Portal, town: Town) -> None:
    knows(town)
    page = await read(door, town, NEW)

    async def press(page: Page, action: str, **fields: str) -> Page:
        again = Page(await send(door, NEW, page, action=action, **fields))
        accessible(again)
        return again

    page = await press(page, "ajouter:0", title="Aide", **{"q0-label": "Votre âge ?"})
    assert (page.field("rows")["value"], page.field("title")["value"]) == ("2", "Aide")
    assert page.field("q0-name")["value"] == "votre_age"
    page = await press(page, "monter:1", **{"q1-label": "Votre nom ?"})
    assert [page.field(f"q{row}-label")["value"] for row in (0, 1)] == ["Votre nom ?", "Votre âge ?"]
    page = await press(page, "descendre:0")
    page = await press(page, "retirer:0")
    assert (page.field("rows")["value"], page.field("q0-label")["value"]) == ("1", "Votre nom ?")
    page = await press(page, "retirer:7")
    assert page.field("rows")["value"] == "1"


async def test_what_lacks_is_said_where_it_lacks(door: Portal, town: Town) -> None:
    knows(town)
    page = await read(door, town, NEW)
    answer = await send(door, NEW, page, action="publier", service="essai")
    assert answer.status_code == 422, answer.text
    assert Page(answer).field("q0-label")["aria-invalid"] == "true"
    faults = [
        {"pointer": "/legal/service_phone", "detail": "Indiquez le téléphone."},
        {"pointer": "/fields/0", "detail": "Question illisible."},
    ]
    said = {"slug": "incomplete-definition", "detail": "x", "errors": faults}
    town.says("dossiers", "PUT /api/backoffice/demarches/aide", 422, said)
    fields = {"title": "Aide", "service": "essai", "q0-label": "Quoi ?"}
    again = Page(await send(door, NEW, page, action="publier", **fields))
    assert town.last.headers["if-match"] == '"0"'
    assert [again.field(name)["aria-invalid"] for name in ("service_phone", "q0-label")] == ["true", "true"]
    town.says("dossiers", "PUT /api/backoffice/demarches/aide", 412, {"slug": "stale-version", "detail": "x"})
    assert "porte déjà ce titre" in (await send(door, NEW, page, action="publier", **fields)).text


@pytest.mark.parametrize("definition", shipped(), ids=lambda definition: str(definition.slug))
async def test_a_sheet_says_the_definition_it_was_made_of(definition: Any) -> None:
    known = with_examples(definition).model_dump(mode="json", exclude_none=True)
    back = type(definition).model_validate(definition_of(of_definition(known)))
    assert plain(with_examples(back)) == plain(with_examples(definition))


def plain(definition: Any) -> Any:
    # A bound of a decimal number is said by 500 and by "500" alike.
    text = definition.model_dump_json(exclude={"version"})
    return re.sub(r'"(min|max)":"(\d+)"', r'"\1":\2', text)


async def test_the_questions_of_a_group_follow_it_and_faults_find_them() -> None:
    rows = [
        *(("q0-label", "Enfants"), ("q0-type", "group"), ("q0-name", "enfants")),
        *(("q1-label", "Seul"), ("q1-type", "text"), ("q1-name", "seul")),
        *(("q2-label", "Âge"), ("q2-type", "integer"), ("q2-dans", "enfants"), ("q2-min", "0")),
    ]
    sheet = of_form(Form([("rows", "3"), *rows]))
    fields = definition_of(sheet)["fields"]
    assert [field["name"] for field in fields] == ["enfants", "seul"]
    assert fields[0]["fields"][0]["min"] == 0
    found = mistakes_at(
        sheet, [{"pointer": "/fields/0/fields/0/min", "detail": "x"}, {"pointer": "/fields", "detail": "y"}]
    )
    assert [mistake.field for mistake in found] == ["q2-min", ""]


async def test_titles_make_addresses() -> None:
    assert slug_of("Aide à l'Œuvre – 2ᵉ volet !") == "aide-a-l-oeuvre-2e-volet"
