"""The pages: they work without script, in French, and do nothing that their reader could not."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from gateway.pages import wording
from gateway.pages.site import same_site
from tests.support.town import Portal, Town, portal

pytestmark = pytest.mark.asyncio(loop_scope="module")
HTML = {"Accept": "text/html"}
OPENED = {"token": "tok-1", "expires_at": "2099-01-01T00:00:00Z"}


class Page(HTMLParser):
    """A page as a test looks at it."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = answer.text
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.text)
        assert found is not None
        return found[1]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def field(self, name: str) -> dict[str, str | None]:
        return next(each for each in self.all("input") if each.get("name") == name)

    @property
    def hidden(self) -> dict[str, str]:
        return {str(e["name"]): e["value"] or "" for e in self.all("input") if e.get("type") == "hidden"}


async def visit(door: Portal, path: str, **headers: str) -> Page:
    answer = await door.client.get(path, headers=HTML | headers)
    assert answer.status_code == 200, answer.text
    return Page(answer)


async def submit(door: Portal, path: str, page: Page, **fields: str) -> httpx.Response:
    return await door.client.post(path, data=page.hidden | fields, headers=HTML | {"Origin": door.url})


def accessible(page: Page) -> None:
    """What axe cannot see in every page: language, landmarks, labels, one h1, ids used once."""
    assert page.all("html")[0]["lang"] == "fr"
    assert len(page.all("h1")) == 1
    assert [len(page.all(tag)) for tag in ("header", "main", "footer")] == [1, 1, 1]
    assert page.title.endswith(" – Guichet")
    assert all(each.get("src") for each in page.all("script"))
    labels = {each.get("for") for each in page.all("label")}
    for field in page.all("input"):
        assert field.get("type") == "hidden" or field["id"] in labels
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    described = " ".join(each.get("aria-describedby") or "" for _, each in page.tags).split()
    assert set(described) <= set(ids)


async def test_the_home_page_lists_the_catalogue(door: Portal, town: Town) -> None:
    item = {"slug": "aide", "title": "Aide <b>au sport</b>", "summary": "Pour les clubs."}
    town.says("dossiers", "GET /api/demarches", body={"items": [item], "next": None})
    page = await visit(door, "/")
    accessible(page)
    assert "Aide &lt;b&gt;au sport&lt;/b&gt;" in page.text


async def test_the_home_page_stands_without_the_catalogue(tmp_path: Path) -> None:
    async with portal(tmp_path, down=("dossiers",)) as door:
        page = await visit(door, "/")
        assert "momentanément indisponible" in page.text


async def test_the_pages_assets_are_served_and_kept(door: Portal, town: Town) -> None:
    page = await visit(door, "/suivi")
    style = next(str(each["href"]) for each in page.all("link") if each["rel"] == "stylesheet")
    answer = await door.client.get(style)
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in answer.headers["cache-control"]
    stale = await door.client.get(style, headers={"Cookie": "guichet=unknown"})
    assert "set-cookie" not in stale.headers  # a cache would keep it
    assert (await door.client.get("/static/site.py")).status_code == 404


@pytest.mark.parametrize("path", ["/connexion", "/suivi", "/activation/some-token", "/deconnexion"])
async def test_every_form_page_is_accessible(door: Portal, town: Town, path: str) -> None:
    accessible(await visit(door, path))


async def test_signing_in_leads_back_to_where_one_was_going(door: Portal, town: Town) -> None:
    town.says("identity", "POST /api/sessions", 201, OPENED)
    away = await door.client.get("/demandes/d1", headers=HTML)
    assert (away.status_code, away.headers["location"]) == (303, "/connexion?next=/demandes/d1")
    page = await visit(door, away.headers["location"])
    answer = await submit(door, "/connexion", page, email=" ada@example.org ", password="correct horse")
    assert (answer.status_code, answer.headers["location"]) == (303, "/demandes/d1")
    assert answer.headers["set-cookie"].startswith("guichet=tok-1; ")
    assert town.last.body == b'{"email":"ada@example.org","password":"correct horse"}'
    assert town.last.principal.kind == "anonymous"


async def test_a_failed_sign_in_says_so_in_the_title_the_summary_and_the_form(door: Portal, town: Town) -> None:
    detail = "Adresse électronique ou mot de passe incorrect."
    town.says("identity", "POST /api/sessions", 401, {"slug": "bad-credentials", "detail": detail})
    page = await visit(door, "/connexion?next=/suivi")
    answer = await submit(door, "/connexion", page, email="ada@example.org", password="wrong")
    assert answer.status_code == 422
    page = Page(answer)
    accessible(page)
    assert page.title.startswith("Erreur : ")
    assert detail in page.text
    assert page.field("email")["value"] == "ada@example.org"
    assert page.field("password")["value"] == ""
    assert page.hidden["next"] == "/suivi"


async def test_empty_fields_are_named_one_by_one_without_asking_identity(door: Portal, town: Town) -> None:
    page = await visit(door, "/connexion")
    page = Page(await submit(door, "/connexion", page, email="", password=""))
    accessible(page)
    assert town.heard == []
    summary = [each["href"] for each in page.all("a") if (each.get("href") or "").startswith("#")]
    assert summary == ["#contenu", "#email", "#password"]
    for name in ("email", "password"):
        field = page.field(name)
        assert field["aria-invalid"] == "true"
        assert f"{name}-erreur-1" in (field["aria-describedby"] or "")


async def test_a_second_factor_is_asked_for_when_identity_wants_one(door: Portal, town: Town) -> None:
    said = {"slug": "second-factor-required", "detail": "Saisissez le code de validation."}
    town.says("identity", "POST /api/sessions", 401, said)
    page = await visit(door, "/connexion")
    assert "code" not in page.text.partition("<main")[2].partition("</main>")[0].lower()
    page = Page(await submit(door, "/connexion", page, email="a@example.org", password="p"))
    assert page.field("code")["autocomplete"] == "one-time-code"
    town.says("identity", "POST /api/sessions", 201, OPENED)
    await submit(door, "/connexion", page, email="a@example.org", password="p", code=" 123456 ")
    assert b'"code":"123456"' in town.last.body


@pytest.mark.parametrize("path", ["/connexion", "/suivi", "/activation/some-token", "/deconnexion"])
async def test_a_form_that_was_not_shown_to_this_browser_is_refused(door: Portal, town: Town, path: str) -> None:
    page = await visit(door, path)
    fields = {"email": "a@example.org", "password": "p", "tracking_number": "n"}
    forged = await door.client.post(path, data=fields | {"jeton": "0" * 64}, headers=HTML)
    foreign = await door.client.post(path, data=fields | page.hidden, headers=HTML | {"Origin": "http://evil.example"})
    door.client.cookies.clear()
    elsewhere = await door.client.post(path, data=fields | page.hidden, headers=HTML)
    for answer in (forged, foreign, elsewhere):
        assert answer.status_code == 403
        assert "Accès refusé" in answer.text
    assert town.heard == []


async def test_a_form_must_be_posted_as_one(door: Portal, town: Town) -> None:
    assert (await door.client.post("/connexion", json={}, headers=HTML)).status_code == 415
    form = HTML | {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await door.client.post("/connexion", content=b"\xff\xfe", headers=form)).status_code == 422
    assert (await door.client.post("/connexion", content=b"a" * 300_000, headers=form)).status_code == 413


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/demandes/d1", True),
        ("/demandes?q=1", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
        ("/a\\b", False),
        ("/a\nb", False),
        ("demandes", False),
        ("", False),
    ],
)
async def test_only_paths_of_this_site_are_gone_back_to(target: str, kept: bool) -> None:
    assert same_site(target) == (target if kept else "/")


async def test_signing_out_asks_first_and_closes_the_session(door: Portal, town: Town) -> None:
    town.says("identity", "POST /internal/federation/leaving", 200, {"url": ""})
    door.client.cookies.set("guichet", town.signs_in()["Authorization"].removeprefix("Bearer "))
    page = await visit(door, "/deconnexion")
    assert town.heard == []
    assert "Ada Martin" in page.text
    answer = await submit(door, "/deconnexion", page)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert town.last.path == "/internal/federation/leaving"
    assert "guichet=; " in answer.headers["set-cookie"]


async def test_looking_at_an_activation_link_consumes_nothing(door: Portal, town: Town) -> None:
    for method in ("GET", "HEAD"):
        for _ in range(5):
            answer = await door.client.request(method, "/activation/some-token", headers=HTML)
            assert answer.status_code == 200
    blind = await door.client.post("/activation/some-token", data={"password": "x"}, headers=HTML)
    assert blind.status_code == 403
    assert town.heard == []


async def test_activating_asks_for_the_password_chosen_at_sign_up(door: Portal, town: Town) -> None:
    wrong = {"slug": "wrong-password", "detail": "Ce mot de passe n'est pas celui que vous avez choisi."}
    town.says("identity", "POST /api/accounts/activation", 422, wrong)
    page = await visit(door, "/activation/some-token")
    refused = Page(await submit(door, "/activation/some-token", page, password="nope"))
    accessible(refused)
    assert refused.field("password")["aria-invalid"] == "true"
    town.says("identity", "POST /api/accounts/activation", 200, {"account_id": "a1"})
    answer = await submit(door, "/activation/some-token", refused, password="right")
    assert town.last.body == b'{"token":"some-token","password":"right"}'
    assert "Votre compte est activé" in answer.text
    town.says("identity", "POST /api/accounts/activation", 422, {"slug": "bad-token", "detail": "Ce lien a expiré."})
    expired = Page(await submit(door, "/activation/some-token", refused, password="right"))
    assert "Ce lien a expiré." in expired.text
    assert "aria-invalid" not in expired.field("password")


async def test_a_tracking_number_opens_its_demande(door: Portal, town: Town) -> None:
    town.says("identity", "POST /api/tracking-sessions", 201, OPENED | {"demande": {"id": "d1"}})
    page = await visit(door, "/suivi")
    answer = await submit(door, "/suivi", page, email="t@example.org", tracking_number="4KQ7-M2XA")
    assert (answer.status_code, answer.headers["location"]) == (303, "/demandes")
    assert answer.headers["set-cookie"].startswith("guichet=tok-1; ")
    said = {"slug": "unknown-tracking", "detail": "Aucune demande ne correspond."}
    town.says("identity", "POST /api/tracking-sessions", 401, said)
    page = Page(await submit(door, "/suivi", page, email="t@example.org", tracking_number="x"))
    assert page.title.startswith("Erreur : ")
    assert said["detail"] in page.text


async def test_people_get_pages_and_machines_get_problems(door: Portal, town: Town) -> None:
    page = await door.client.get("/no-such-page", headers=HTML)
    assert page.status_code == 404
    accessible(Page(page))
    for path, headers in (("/no-such-page", {}), ("/api/no-such-call", HTML)):
        answer = await door.client.get(path, headers=headers)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_limit_reached_on_a_page_says_how_long_to_wait(tmp_path: Path) -> None:
    async with portal(tmp_path, down=("identity",)) as door:
        page = await visit(door, "/suivi")
        fields = {"email": "t@example.org", "tracking_number": "n"}
        statuses = [(await submit(door, "/suivi", page, **fields)).status_code for _ in range(103)]
        assert statuses[0] == 503
        answer = await submit(door, "/suivi", page, **fields)
        assert answer.status_code == 429
        assert "Trop de tentatives" in answer.text
        assert int(answer.headers["retry-after"]) >= 1


async def test_values_are_said_as_people_say_them() -> None:
    assert wording.moment("2026-07-01T22:30:00Z") == "2 juillet 2026 à 0\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}30"
    assert wording.day("2026-08-01") == "1er août 2026"
    assert wording.day("2026-11-24T23:30:00Z") == "25 novembre 2026"
    assert [wording.size(n) for n in (999, 1_499, 1_300_000, 5_242_880)] == [
        "999\N{NO-BREAK SPACE}octets",
        "1\N{NO-BREAK SPACE}ko",
        "1,2\N{NO-BREAK SPACE}Mo",
        "5\N{NO-BREAK SPACE}Mo",
    ]
    assert wording.status("unheard_of") == "unheard_of"
