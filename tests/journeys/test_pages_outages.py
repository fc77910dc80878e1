"""A service that is away costs a page its part, or the page says when to come back; what was typed is not lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from gateway.pages.forms import KEY
from gateway.routes import OPEN, Route
from tests.support.commands import ADMITTED
from tests.support.pages_html import Form, Reading, forms_of
from tests.support.pages_malice import SHOWN, wrongs
from tests.support.pages_people import Visitor, everybody
from tests.support.residents import GRANT, sign_up_form
from tests.support.scene import Scene, set_up
from tests.support.stack import SERVICES, Stack, running_stack, wait_for

pytestmark = pytest.mark.journey

IN_TIME = 10.0  # seconds
TEXT = "Voilà ce que j'ai « écrit »\nsur deux lignes, avec <soin>."
PUBLIC = (
    *("/", "/demarches", "/aide", "/avantages", "/contact", "/confidentialite", "/accessibilite", "/suivi"),
    *("/mentions-legales", "/plan-du-site", "/conditions-generales", "/connexion", "/mot-de-passe"),
)
FOLLOWED = ("/demandes/{id}", "/demandes/{id}/demande", "/demandes/{id}/discussion", "/tableau-de-bord", "/compte")
# Pages that stand, by the service that is away, with a part missing at most.
STANDING: dict[str, dict[str, tuple[str, ...]]] = {
    "identity": {"anonymous": PUBLIC},
    "dossiers": {
        "anonymous": PUBLIC,
        "owner": ("/tableau-de-bord", "/compte", "/parametres"),
        "auditeur": ("/audit", "/audit/verification", "/audit/relectures"),
    },
    "discussion": {
        "anonymous": PUBLIC,
        "owner": (*FOLLOWED, "/demandes", "/parametres"),
        "agent": ("/instruction", "/instruction/demandes/{id}", "/instruction/avis", "/instruction/statistiques"),
        "auditeur": ("/audit", "/audit/relectures"),
    },
    "files": {"owner": FOLLOWED, "agent": ("/instruction", "/instruction/demandes/{id}"), "auditeur": ("/audit",)},
    "notifier": {"owner": FOLLOWED, "agent": ("/instruction/demandes/{id}",), "administrateur": ("/administration",)},
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A Guichet to take apart."""
    with running_stack(tmp_path_factory.mktemp("guichet")) as running:
        yield running


@pytest.fixture(scope="module")
def scene(stack: Stack) -> Scene:
    """Everything there is to read and to write."""
    return set_up(stack)


@pytest.fixture(scope="module")
def people(scene: Scene) -> dict[str, Visitor]:
    """Its people at their browsers."""
    known = everybody(scene)
    assert all(who.token for who in known.values())
    return known


@contextmanager
def away(stack: Stack, name: str) -> Iterator[None]:
    """A service that died, and a supervisor that is in no state to start it again."""
    process = stack._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    pid = stack.kill(name)
    try:
        wait_for(f"{name} is gone", lambda: not _answers(stack.urls[name]))
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)
        stack.back(name, pid)
        # The gateway's own word may be a second old, from before all this.
        wait_for(f"{name} is ready", lambda: _answers(stack.urls[name]))


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def path_of(scene: Scene, path: str) -> str:
    """Where a page is, about the scene."""
    for part, value in scene.filled.items():
        path = path.replace(part, value) if not part.startswith("/") else path
    return path.replace("{id}", scene.demande).replace("{etape}", "1")


def visitors(route: Route) -> tuple[str, ...]:
    """Who comes to a page that everybody may read."""
    return ("anonymous", "owner") if route.who in OPEN else ()


def every_page(scene: Scene, people: dict[str, Visitor]) -> dict[tuple[str, str], httpx.Response]:
    """Every page, to whom it is for, several at a time; those for everybody to a stranger and to an applicant."""
    asked = [(name, path_of(scene, route.path)) for route in SHOWN for name in {ADMITTED[route.who], *visitors(route)}]
    asked += [("agent-2", "/instruction"), ("tracking", "/demandes"), ("tracking", f"/demandes/{scene.demande}")]
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(asked, pool.map(lambda one: people[one[0]].get(one[1]), asked), strict=True))


@pytest.fixture(scope="module")
def whole(scene: Scene, people: dict[str, Visitor]) -> dict[tuple[str, str], int]:
    """What each page answers while everything is there."""
    return {asked: page.status_code for asked, page in every_page(scene, people).items()}


def is_helpful(page: httpx.Response) -> bool:
    """It says what is the matter, when to try again and where else to go."""
    said = Reading(page.text)
    return page.headers["retry-after"].isdigit() and "indisponible" in said.text and "Réessayez" in said.text


@pytest.mark.parametrize("service", SERVICES)
def test_while_a_service_is_away_pages_stand_without_it_or_say_so(
    stack: Stack, scene: Scene, people: dict[str, Visitor], whole: dict[tuple[str, str], int], service: str
) -> None:
    with away(stack, service):
        pages = every_page(scene, people)
    wrong = {}
    for asked, page in pages.items():
        said = wrongs(page) if page.status_code != 503 else []
        # Nobody knows then who holds a session: he is a stranger to the pages that are for everybody.
        unknown = (200,) if service == "identity" and asked[1] in PUBLIC else ()
        if page.status_code not in (whole[asked], 503, *unknown) or said:
            wrong[asked] = (page.status_code, whole[asked], said)
        elif page.status_code == 503 and not is_helpful(page):
            wrong[asked] = (503, whole[asked], ["of no help"])
        elif page.elapsed.total_seconds() > IN_TIME:
            wrong[asked] = (page.status_code, whole[asked], [f"{page.elapsed}"])
    assert wrong == {}
    standing = {(who, path_of(scene, path)) for who, paths in STANDING[service].items() for path in paths}
    assert {asked: pages[asked].status_code for asked in standing if pages[asked].status_code != 200} == {}
    assert {asked: page.status_code for asked, page in every_page(scene, people).items()} == whole


def offered(page: httpx.Response) -> Form:
    """The form that a page offers to send again."""
    return next(form for form in forms_of(page.text) if form.method == "post" and form.action)


def again(who: Visitor, page: httpx.Response) -> httpx.Response:
    """« Envoyer de nouveau »."""
    assert (page.status_code, is_helpful(page), wrongs_but_status(page)) == (503, True, [])
    return who.submit(offered(page))


def wrongs_but_status(page: httpx.Response) -> list[str]:
    """What is wrong with a page that says 503."""
    return [wrong for wrong in wrongs(page) if wrong != "status 503"]


def test_what_was_typed_while_dossiers_is_away_is_sent_once_it_is_back(
    stack: Stack, scene: Scene, people: dict[str, Visitor]
) -> None:
    agent, owner, stranger = people["agent"], people["owner"], people["anonymous"]
    desk, start = f"/instruction/demandes/{scene.demande}", f"/demarches/{GRANT}/demande"
    step = owner.post(start, [(KEY, "b" * 32)]).headers["location"]
    step = owner.get(step).headers["location"].partition("?")[0].rpartition("/")[0] + "/2"
    draft = next(one for one in forms_of(owner.get(step).text) if "version" in dict(one.fields))
    decision = next(one for one in forms_of(agent.get(desk).text) if one.action == f"{desk}/etat")
    alone = next(one for one in forms_of(stranger.post(start, [("action", "sans-compte")]).text) if one.action == start)
    alone = next(one for one in forms_of(stranger.submit(alone, kind="self").text) if one.action == start)
    with away(stack, "dossiers"):
        pages = {
            "a note": (agent, agent.post(f"{desk}/notes", [("note", TEXT)])),
            "a decision": (agent, agent.submit(decision, decision="en_instruction", motif=TEXT)),
            "a draft": (owner, owner.submit(draft, postal_address=TEXT, action="")),
            "without account": (stranger, stranger.submit(alone, postal_address=TEXT, last_name="Petit")),
        }
    for what, (_, page) in pages.items():
        assert TEXT in dict(offered(page).fields).values(), what
    sent = {what: again(who, page) for what, (who, page) in pages.items()}
    assert [sent[what].status_code for what in ("a note", "a draft")] == [303, 303]
    # The note came first, so the decision is shown again to be looked at; nothing of it is lost.
    assert sent["a decision"].status_code in (303, 412)
    assert sent["without account"].status_code in (200, 422)
    assert "sur deux lignes" in agent.get(desk).text
    assert "sur deux lignes" in owner.get(step).text
    assert "sur deux lignes" in sent["without account"].text


def test_a_reply_while_discussion_is_away_stays_on_its_page(
    stack: Stack, scene: Scene, people: dict[str, Visitor]
) -> None:
    owner, agent = people["owner"], people["agent"]
    talk, desk = f"/demandes/{scene.demande}/discussion", f"/instruction/demandes/{scene.demande}"
    with away(stack, "discussion"):
        kept = owner.post_files(talk, [("message", TEXT)])
        said = agent.post_files(f"{desk}/message", [("texte", TEXT)])
    assert (kept.status_code, wrongs(kept)) == (422, [])
    reply = next(one for one in forms_of(kept.text) if "message" in dict(one.fields))
    assert dict(reply.fields)["message"].strip() == TEXT
    assert owner.submit(Form(talk, "post", True, reply.fields)).status_code == 303
    assert again(agent, said).status_code == 303
    assert owner.get(talk).text.count("sur deux lignes") == 2


def test_a_form_offered_again_holds_no_secret(stack: Stack, scene: Scene, people: dict[str, Visitor]) -> None:
    form = sign_up_form(stack.portal(), "revenante@example.org", "Coquelicot-2026-secret")
    fields = [(name, form[name]) for name in ("first_name", "last_name", "email", "password")]
    fields += [("answer", form["security_question"]["answer"]), ("question", form["security_question"]["id"])]
    with away(stack, "identity"):
        page = people["anonymous"].post("/inscription", [*fields, ("terms", form["terms_version"])])
    assert "Coquelicot" not in page.text
    shown = dict(offered(page).fields)
    assert (shown["email"], "password" in shown, "answer" in shown) == ("revenante@example.org", False, False)
    back = again(people["anonymous"], page)
    assert (back.status_code, "revenante@example.org" in back.text) == (422, True)


@pytest.mark.slow
def test_pages_wait_for_a_service_that_hangs_no_longer_than_people_do(
    stack: Stack, scene: Scene, people: dict[str, Visitor]
) -> None:
    asked = [("owner", path) for path in FOLLOWED] + [("agent", "/instruction/demandes/{id}"), ("anonymous", "/")]
    with stack.frozen("discussion"), ThreadPoolExecutor(len(asked)) as pool:
        pages = list(pool.map(lambda one: people[one[0]].get(path_of(scene, one[1])), asked))
    assert {page.status_code for page in pages} == {200}
    # Eight seconds in the gateway; the rest is for a machine that is busy with other tests.
    assert max(page.elapsed.total_seconds() for page in pages) < 1.5 * IN_TIME


def test_a_page_that_may_be_old_says_since_when(scene: Scene, people: dict[str, Visitor]) -> None:
    seen = {"Guichet-Position": "dossiers=999999999.999999999,discussion=999999999.999999999"}
    for who, path in (("owner", "/demandes"), ("owner", "/demandes/{id}"), ("agent", "/instruction?onglet=toutes")):
        page = people[who].get(path_of(scene, path), **seen)
        assert (page.status_code, wrongs(page)) == (200, [])
        assert "données à jour au" in Reading(page.text).text


def test_whoever_tries_too_often_is_told_how_long_to_wait(stack: Stack, people: dict[str, Visitor]) -> None:
    stranger = people["anonymous"]
    tracked = [("email", "personne@example.org"), ("tracking_number", "0000-0000-0000-0000")]
    signed = [("email", "personne@example.org"), ("password", "Un-mot-de-passe-2026")]
    for path, fields in (("/suivi", tracked), ("/connexion", signed)):
        page = next(page for _ in range(40) if (page := stranger.post(path, fields)).status_code == 429)
        wait, text = int(page.headers["retry-after"]), Reading(page.text).text
        assert (page.status_code, wrongs(page), wait > 0) == (429, [], True)
        assert "Trop de tentatives" in text
        assert "Vous pourrez recommencer dans" in text
