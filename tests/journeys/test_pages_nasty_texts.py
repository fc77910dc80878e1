"""Texts that break pages, typed into every form: what is shown is text, wherever it is shown."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import httpx
import pytest

from console.demo.command import PIECES
from gateway.cookies import SESSION
from gateway.pages.forms import KEY
from tests.support.browser import french, launched, refused
from tests.support.forms import form, question
from tests.support.malice import NASTY_TEXTS
from tests.support.pages_html import Reading, forms_of
from tests.support.pages_malice import wrongs
from tests.support.pages_people import Visitor, everybody
from tests.support.residents import files
from tests.support.scene import AGENTS, NEXT_MONTH, Scene, set_up
from tests.support.stack import Stack

pytestmark = pytest.mark.journey

# It would close an attribute, a textarea, a title, a comment; it would be an element, a handler, a calculation.
MARKUP = "\"'>--></textarea></title></select><x-intrus a=1 onclick=alert(1)>{{1300*1301}}<script>alert(1)</script>"
CALCULATED = "1691300"
BRIEF = "'\"><x-intrus b>{{7*7}}"  # where little fits
LONG = "Donaudampfschifffahrts" * 8
OTHERS = tuple(text for text in NASTY_TEXTS if "<script>" not in text and text.isprintable())
# The elements that reach beyond the screen, unless they are in one that scrolls.
WIDEST = """[...document.body.querySelectorAll("*")]
  .filter((one) => one.getBoundingClientRect().right > 321 && !one.closest(".scroll"))
  .slice(-4).map((one) => `${one.tagName}.${one.className} ${one.textContent.trim().slice(0, 40)}`)"""
FORM = "essai-de-textes"
PHOTO = (PIECES / "photo.jpg").read_bytes()


@pytest.fixture(scope="module")
def own(stack: Stack) -> Scene:
    """A scene to write all over."""
    return set_up(stack)


@pytest.fixture(scope="module")
def people(own: Scene) -> dict[str, Visitor]:
    """Its people at their browsers."""
    return everybody(own)


def look(page: httpx.Response) -> Reading:
    """A page, which is whole and on which nothing is but what we put there."""
    assert wrongs(page) == [], page.request.url
    reading = Reading(page.text)
    assert not [tag for tag, _ in reading.elements if tag.startswith("x-")], page.request.url
    assert CALCULATED not in reading.text, page.request.url
    return reading


def publishes(own: Scene, text: str, brief: str) -> None:
    """The administrateur writes it into every text of a démarche."""
    choices = ({"value": "a", "label": brief}, {"value": "b", "label": "Autre"})
    sheet = form(
        question("section", "titre", label=brief),
        question("explanation", "dit", label=brief, help=text),
        question("text", "texte", label=brief, help=text),
        question("textarea", "long", label=brief, help=text),
        question("choice", "choix", label=brief, help=text, choices=choices),
        question("multiple_choice", "plusieurs", label=brief, choices=choices),
        question("checkbox", "case", label=brief, help=text),
        question("group", "bloc", label=brief, fields=(question("text", "dedans", label=brief, help=text),)),
        slug=FORM,
        title=brief,
        summary=text,
        service="education",
        service_label=brief,
        keywords=(brief,),
        audience=("self", "association"),
    )
    body = sheet.model_dump(mode="json", exclude_none=True, exclude={"version", "open"})
    admin = own.callers["administrateur"]
    path = f"/api/backoffice/demarches/{FORM}"
    known = admin.call("GET", f"/api/demarches/{FORM}", expect=(200, 404))
    match = {"If-Match": f'"{known.body["version"]}"' if known.status == 200 else '"0"'}
    admin.call("PUT", path, json=body, headers=match)


def fills_in(who: Visitor, text: str, brief: str) -> Iterator[tuple[str, httpx.Response]]:
    """A draft of that démarche, each step filled in with it; then the review."""
    began = who.post(f"/demarches/{FORM}/demande", [(KEY, secrets.token_hex(16))])
    at = began.headers["location"]
    for _ in range(9):
        page = who.get(at)
        while page.status_code == 303:
            at = page.headers["location"]
            page = who.get(at)
        yield at, page
        step = next((one for one in forms_of(page.text) if "version" in dict(one.fields)), None)
        if step is None or "deposer" in dict(step.fields).values():
            return
        typed = {name: brief for name, value in step.fields if name.startswith("r-") and not value}
        typed |= {name: brief for name in ("first_name", "last_name", "postal_address") if name in dict(step.fields)}
        yield at, who.submit(step, **typed | {"action": ""})
        at = f"{at.partition('/saisie')[0]}/saisie/{int(at.rpartition('/')[2].partition('?')[0]) + 1}"


def typed_by(people: dict[str, Visitor], own: Scene, text: str, brief: str) -> Iterator[httpx.Response]:
    """Everybody types it wherever he can."""
    agent, owner, id = people["agent"], people["owner"], own.demande
    desk, mine = f"/instruction/demandes/{id}", f"/demandes/{id}"
    photo = ("autres", (f"{brief}.jpg".replace("/", "-"), PHOTO, "image/jpeg"))
    names = [("first_name", brief), ("last_name", brief), ("phone", ""), ("postal_address", text)]
    yield owner.post("/parametres", names)
    yield agent.post(f"{desk}/notes", [("note", text)])
    yield agent.post(f"{desk}/etiquettes", [("etiquette", brief[:30])])
    yield agent.post(
        f"{desk}/avis",
        [("expert", f"{AGENTS['agent-2']}@demo.example.org"), ("question", text), ("reponse-avant", NEXT_MONTH)],
    )
    yield agent.post_files(f"{desk}/message", [("texte", text)], [photo])
    yield owner.post_files(f"{mine}/discussion", [("message", text)], [photo])
    yield agent.post("/instruction/vues", [("nom-vue", brief[:40]), ("retour", "/instruction")])
    known = next(dict(one.fields) for one in forms_of(agent.get(desk).text) if one.action == f"{desk}/etat")
    yield agent.post_files(
        f"{desk}/etat", [("decision", "en_instruction"), ("version", known["version"]), ("motif", text)]
    )
    yield people["administrateur"].post("/administration/agents/nouveau", invitation(brief))
    other = files(own.owner.portal)["id"]
    yield agent.post_files(
        f"/instruction/demandes/{other}/discussion", [("objet", brief), ("texte", text), ("piece-1", brief)]
    )
    yield owner.post(f"/demandes/{other}/retrait", [("reason", text)])
    # Refused on purpose: what was typed is shown again.
    yield people["anonymous"].post("/inscription", [*names, ("email", text), ("terms", text)])
    yield people["anonymous"].post("/connexion", [("email", text), ("next", text)])
    yield people["anonymous"].post("/suivi", [("email", text), ("tracking_number", text)])
    yield people["administrateur"].post("/administration/demarches/nouvelle", editor(text))


def invitation(brief: str) -> list[tuple[str, str]]:
    """An agent of that name."""
    person = [("email", f"agent.{secrets.token_hex(4)}@demo.example.org"), ("first_name", brief), ("last_name", brief)]
    return [*person, ("role", "instructeur"), ("services", "education")]


def editor(text: str) -> list[tuple[str, str]]:
    """A démarche that is not published for want of something."""
    names = ("title", "summary", "service", "service_label", "service_address", "appeal", "texts", "keywords")
    rows = [(f"q0-{name}", text) for name in ("label", "help", "choices", "values", "example", "condition", "pattern")]
    return [*((name, text) for name in names), ("rows", "1"), *rows, ("action", "publier")]


def pages_about(own: Scene, query: str) -> Iterator[tuple[str, str]]:
    """Who looks where."""
    id = own.demande
    yield from (("anonymous", path) for path in ("/", "/demarches", f"/demarches/{FORM}", f"/demarches/{FORM}/demande"))
    yield from (("anonymous", f"{path}?{query}") for path in ("/demarches", "/connexion"))
    yield from (("owner", path) for path in ("/tableau-de-bord", "/compte", "/parametres", f"/demandes?{query}"))
    yield from (("owner", f"/demandes/{id}{tail}") for tail in ("", "/demande", "/discussion", "/retrait"))
    yield from (("agent", path) for path in (f"/instruction?onglet=toutes&{query}", "/instruction/statistiques"))
    yield from (("agent", path) for path in (f"/instruction/demandes/{id}", "/instruction?onglet=toutes"))
    yield from (("agent-2", path) for path in ("/instruction/avis", f"/instruction/demandes/{id}"))
    yield from (("administrateur", f"/administration{tail}") for tail in ("", "/agents", "/demarches", "/services"))
    yield from (("administrateur", f"/administration/demarches/{FORM}{tail}") for tail in ("", "/fermeture"))
    yield from (("auditeur", path) for path in (f"/audit/demandes/{id}", f"/audit/flux/dossiers/dossiers.demande-{id}"))
    yield from (("auditeur", f"/audit/evenements?service={name}") for name in ("dossiers", "discussion", "files"))


@pytest.mark.parametrize(("text", "brief"), [(MARKUP, BRIEF), *((text, text[:30]) for text in OTHERS)])
def test_what_somebody_typed_is_shown_as_he_typed_it(
    own: Scene, people: dict[str, Visitor], text: str, brief: str
) -> None:
    publishes(own, text, brief)
    answers = list(typed_by(people, own, text, brief))
    taken = [answer.status_code for answer in answers]
    assert taken.count(303) >= 6, taken
    for answer in answers:
        look(answer)
    read = {("owner", path): look(page).text for path, page in fills_in(people["owner"], text, brief)}
    query = str(httpx.QueryParams(dict.fromkeys(("q", "next", "etiquette", "fait", "demarche"), text)))
    for who, path in pages_about(own, query):
        page = people[who].get(path)
        assert page.status_code in (200, 422), (who, path)
        read[who, path] = look(page).text
    shown = [path for (_, path), words in read.items() if brief.split()[0] in words or text.split()[0] in words]
    everywhere = {f"/demarches/{FORM}", f"/demandes/{own.demande}/discussion", f"/instruction/demandes/{own.demande}"}
    assert everywhere <= set(shown)
    assert any("/saisie/" in path for path in shown)


def test_a_word_without_end_makes_no_page_wider_than_a_telephone(own: Scene, people: dict[str, Visitor]) -> None:
    if refused():
        pytest.skip("GUICHET_BROWSER=none")
    publishes(own, LONG, LONG[:80])
    answers = list(typed_by(people, own, LONG, LONG[:30]))
    assert [answer.status_code for answer in answers].count(303) >= 6
    id, wide = own.demande, []
    looks = {
        "owner": [f"/demandes/{id}", f"/demandes/{id}/demande", f"/demandes/{id}/discussion", "/tableau-de-bord"],
        "agent": [f"/instruction/demandes/{id}", "/instruction?onglet=toutes"],
        "auditeur": [f"/audit/demandes/{id}"],
        "administrateur": ["/administration/demarches", "/administration/agents", f"/administration/demarches/{FORM}"],
        "anonymous": ["/", "/demarches", f"/demarches/{FORM}", f"/demarches/{FORM}/demande"],
    }
    with launched() as browser:
        for name, paths in looks.items():
            who = people[name]
            context = browser.new_context(**french(viewport={"width": 320, "height": 640}))
            if who.session:
                context.add_cookies([{"name": SESSION, "value": who.session, "url": who.origin}])
            page = context.new_page()
            for path in paths:
                page.goto(who.origin + path)
                if page.evaluate("document.documentElement.scrollWidth") > 320:
                    wide.append((name, path, page.evaluate(WIDEST)))
            context.close()
    assert not wide, "\n".join(map(str, wide))


def test_a_démarche_of_the_tests_is_closed_again(own: Scene, people: dict[str, Visitor]) -> None:
    page = people["administrateur"].get(f"/administration/demarches/{FORM}/fermeture")
    closing = next(one for one in forms_of(page.text) if one.action.endswith("/fermeture"))
    assert people["administrateur"].submit(closing).status_code == 303
    assert "Démarche fermée" in Reading(people["owner"].get(f"/demarches/{FORM}/demande").text).text
