"""The published contract: the same calls as the table, readable by machines and people."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from gateway.contract.outline import is_api, operation_id, outline
from gateway.contract.publication import NAMES
from gateway.contract.reading import Call, Field, sections
from gateway.routes import HERE
from gateway.table import ROUTES
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_openapi_document_has_no_call_that_the_table_lacks_and_all_that_are_answered_here(
    door: Portal, town: Town
) -> None:
    answer = await door.client.get("/api/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    calls = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    table = {(route.method, route.path): route for route in ROUTES if is_api(route)}
    assert calls <= set(table)
    assert {call for call, route in table.items() if route.service == HERE} <= calls


async def test_the_asyncapi_document_is_served(door: Portal, town: Town) -> None:
    assert (await door.client.get("/api/asyncapi.json")).json()["asyncapi"].startswith("3.")


async def test_operation_ids_are_unique() -> None:
    ids = [operation_id(route) for route in ROUTES if is_api(route)]
    assert len(ids) == len(set(ids))


async def test_the_outline_says_who_may_call() -> None:
    paths = outline(ROUTES)["paths"]
    assert paths["/api/demarches"]["get"]["security"] == []
    assert {} in paths["/api/demandes"]["post"]["security"]
    assert paths["/api/me"]["get"]["security"] == [{"bearer": []}, {"cookie": []}]


async def test_a_schema_is_read_as_a_list_of_fields() -> None:
    document = {
        "components": {
            "schemas": {
                "Filing": {
                    "type": "object",
                    "required": ["contact"],
                    "properties": {
                        "contact": {"$ref": "#/components/schemas/Contact"},
                        "kind": {"enum": ["self", "company"], "description": "Pour qui."},
                        "files": {"type": "array", "items": {"$ref": "#/components/schemas/File"}},
                        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    },
                },
                "Contact": {"type": "object", "properties": {"email": {"type": "string", "format": "email"}}},
                "File": {"type": "object", "properties": {"id": {"type": "string"}}},
            }
        },
        "paths": {
            "/api/x/{id}": {
                "post": {
                    "tags": ["dossiers"],
                    "summary": "Déposer.",
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "requestBody": {
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Filing"}}}
                    },
                    "responses": {"204": {"description": "Fait."}},
                }
            }
        },
    }
    [call] = sections(document)["dossiers"]
    assert isinstance(call, Call)
    assert (call.method, call.path, call.summary) == ("POST", "/api/x/{id}", "Déposer.")
    assert call.parameters == (Field("id", "string, path", True, ""),)
    assert call.body == (
        Field("contact", "object", True, ""),
        Field("contact.email", "string (email)", False, ""),
        Field("kind", "self | company", False, "Pour qui."),
        Field("files", "liste de object", False, ""),
        Field("files[].id", "string", False, ""),
        Field("note", "string | null", False, ""),
    )
    assert [(outcome.status, outcome.description) for outcome in call.outcomes] == [("204", "Fait.")]


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("theme", ["", *NAMES])
async def test_the_documentation_is_made_of_pages_without_script_or_foreign_host(theme: str, door: Portal) -> None:
    answer = await door.client.get("/api/docs", params={"theme": theme})
    assert answer.headers["content-type"].startswith("text/html")
    tags = Tags(answer.text).found
    assert not [tag for tag, attributes in tags if tag in ("script", "style", "iframe") or "style" in attributes]
    links = [attributes.get("href") or "" for tag, attributes in tags if tag in ("a", "link")]
    assert all(link.startswith(("/", "#", "?theme=")) for link in links)
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))


async def test_every_call_is_listed_and_told_under_its_theme(door: Portal) -> None:
    front = (await door.client.get("/api/docs")).text
    document = (await door.client.get("/api/openapi.json")).json()
    themes = {operation["tags"][0] for item in document["paths"].values() for operation in item.values()}
    assert themes == set(NAMES)
    whole = {theme: (await door.client.get("/api/docs", params={"theme": theme})).text for theme in themes}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            told = f"<code>{method.upper()} {path}</code>"
            assert told in front
            assert told in whole[operation["tags"][0]]


async def test_an_unknown_theme_shows_all_that_there_is(door: Portal) -> None:
    answer = await door.client.get("/api/docs", params={"theme": "<nothing>"})
    assert answer.status_code == 200
    assert "&lt;nothing&gt;" not in answer.text
    assert "/api/demandes/{id}/history" in answer.text
