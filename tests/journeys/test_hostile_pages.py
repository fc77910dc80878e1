"""Requests that no page of ours makes, to every page: answered in words, and nothing happens that nobody meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest

from gateway.csrf import FIELD
from gateway.pages.forms import KEY
from gateway.routes import Route
from tests.support.commands import ADMITTED
from tests.support.pages_html import Form
from tests.support.pages_malice import PAGES, POSTED, SEGMENTS, SHOWN, VALUES, asked_by, multipart, plain, wrongs
from tests.support.pages_people import URLENCODED, Visitor, everybody, shown_forms
from tests.support.scene import Scene, set_up
from tests.support.stack import SERVICES, Stack

pytestmark = pytest.mark.journey

ROOMS = {
    "public": ("anonymous", ("/demarches/", "/suivi", "/activation", "/mot-de-passe")),
    "account": ("owner", ("/parametres", "/double", "/adresse", "/conditions")),
    "applicant": ("owner", ("/demandes", "/compte", "/demarches/{slug}/demande")),
    "desk": ("agent", ("/instruction",)),
    "administration": ("administrateur", ("/administration",)),
    "audit": ("auditeur", ("/audit",)),
}
EDITOR = "/administration/demarches/{slug}"
MULTIPART = "multipart/form-data; boundary=a"


@pytest.fixture(scope="module")
def own(stack: Stack) -> Scene:
    """A scene to spoil."""
    return set_up(stack)


@pytest.fixture(scope="module")
def people(own: Scene) -> dict[str, Visitor]:
    """Its people at their browsers."""
    return everybody(own)


def path_of(scene: Scene, route: Route) -> str:
    """Where a page is, about the scene."""
    administered = scene.other.id if route.path == "/administration/agents/{id}" else scene.demande
    known = {"{opinion}": scene.filled["/opinions/{id}"], "{etape}": "1", "{id}": administered}
    path = route.path
    for part, value in ({**scene.filled, **known}).items():
        path = path.replace(part, value) if not part.startswith("/") else path
    return path


def host(route: Route) -> str:
    """Who may see it."""
    return "anonymous" if route.path in ("/connexion", "/inscription") else ADMITTED[route.who]


def queries(route: Route) -> Iterator[str]:
    """Each value in every parameter at once, and some odd addresses."""
    names = asked_by(route)
    yield from ("&".join(f"{name}={value}" for name in names)[:4000] for value in VALUES)
    yield from (f"fait={name}" for name in ("inconnu", "%3Cb%3E"))
    yield "&".join(f"{name}=a&{name}=b" for name in names)
    yield "&".join(["a=1"] * 900)
    yield from ("=&=&&&=", "?" * 50, "%3D%26=%26", ";".join(["a=1"] * 60))


@pytest.mark.parametrize("route", SHOWN, ids=lambda route: route.path)
def test_a_page_asked_for_oddly_is_a_page_or_says_no(own: Scene, people: dict[str, Visitor], route: Route) -> None:
    who, path, wrong = people[host(route)], path_of(own, route), {}
    asked = [f"{path}?{query}" for query in queries(route)]
    if "{" in route.path:
        head, tail = route.path.split("{", 1)[0], route.path.rpartition("}")[2]
        asked += [f"{head}{value}{tail}" for value in SEGMENTS]
    for address in asked:
        answer = who.get(address)
        if answer.status_code == 429 or (said := wrongs(answer)):
            wrong[address[:100]] = said
    assert wrong == {}


def test_every_page_answers_head_and_no_method_but_its_own(own: Scene, people: dict[str, Visitor]) -> None:
    methods = {path: {route.method for route in PAGES if route.path == path} for path in {r.path for r in PAGES}}
    for route in PAGES:
        who, path = people[host(route)], path_of(own, route)
        if route.method == "GET":
            answer = who.get(path, "HEAD")
            assert (answer.content, wrongs(answer)) == (b"", []), path
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS", *({"POST", "GET"} - methods[route.path])):
            answer = who.send(method, path, {"Content-Type": URLENCODED}, b"a=b")
            assert (answer.status_code, wrongs(answer)) == (405, []), (method, path)


def forgeries(route: Route, who: Visitor, stranger: Visitor) -> Iterator[tuple[str, dict[str, str], bytes]]:
    """Forms as another site, or somebody without our page, would have them sent."""
    kinds: dict[str, Callable[[str], bytes]] = {
        URLENCODED: lambda token: urlencode({FIELD: token, KEY: "a", "action": "publier"}).encode(),
        MULTIPART: lambda token: multipart("a", (plain(FIELD), token.encode())),
    }
    for kind, form in kinds.items():
        head = {"Content-Type": kind}
        yield "no token", head, form("").replace(FIELD.encode(), b"autre")
        yield "an empty token", head, form("")
        yield "an invented token", head, form("0" * 64)
        yield "a token in other letters", head, form("é\u2028" * 20)
        yield "another's token", head, form(stranger.token)
        for name, value in (
            *(("Sec-Fetch-Site", site) for site in ("cross-site", "same-site", "none, cross-site", "x")),
            *(("Origin", origin) for origin in ("https://evil.example", "null", f"{who.origin}.evil.example")),
        ):
            yield f"{name}: {value}", head | {name: value}, form(who.token)


@pytest.mark.parametrize("route", POSTED, ids=lambda route: route.path)
def test_a_form_that_is_not_ours_does_nothing(
    own: Scene, people: dict[str, Visitor], facts: dict[str, int], route: Route
) -> None:
    who, path, stranger = people[host(route)], path_of(own, route), people["tracking"]
    for what, headers, body in forgeries(route, who, stranger):
        answer = who.send("POST", path, headers, body)
        # A type that this form does not have is refused before anything of it is read.
        assert answer.status_code in (403, 415), (what, headers)
        assert wrongs(answer) == [], what
    assert {service: own.stack.facts(service) for service in SERVICES} == facts


@pytest.fixture(scope="module")
def facts(own: Scene, people: dict[str, Visitor]) -> dict[str, int]:
    """How many there are before anything is forged."""
    assert all(who.token for who in people.values())
    return own.stack.settled()


def test_a_forged_form_of_each_type_is_refused_as_forged(own: Scene, people: dict[str, Visitor]) -> None:
    for route in POSTED:
        who, path = people[host(route)], path_of(own, route)
        answers = [
            who.send("POST", path, {"Content-Type": kind}, body).status_code
            for kind, body in ((URLENCODED, b"a=b"), (MULTIPART, multipart("a", (plain("a"), b"b"))))
        ]
        assert sorted(answers) == [403, 415], path


def bodies(who: Visitor) -> Iterator[tuple[str, str, bytes]]:
    """Bodies that are no form: their type, and their bytes."""
    token = f"{FIELD}={who.token}".encode()
    part = (plain(FIELD), who.token.encode())
    for kind in ("", "application/json", "text/plain", "x", "multipart/form-data", f"{URLENCODED}; charset=utf-16"):
        yield "a type", kind, token
        yield "nothing", kind, b""
    yield "thousands of fields", URLENCODED, token + b"&a=1" * 40_000
    yield "one field of 250 kB", URLENCODED, token + b"&a=" + b"x" * 250_000
    yield "too large", URLENCODED, token + b"&a=" + b"x" * 1_000_001
    yield "no UTF-8", URLENCODED, token + b"&a=\xff\xfe\xc3"
    yield "escaped, no UTF-8", URLENCODED, token + b"&a=%ff%ED%A0%80&%ff=%00"
    yield "broken escapes", URLENCODED, token + b"&%=%&%zz&=&&;;"
    yield "a token twice", URLENCODED, token + b"&" + token
    for key in (b"%0D%0AX: y", b"%00", b"a" * 5000, b"%C3%A9", b"a:b"):
        yield "a key that is none", URLENCODED, token + b"&" + KEY.encode() + b"=" + key
    whole = multipart("a", part, (plain("message"), b"bonjour"))
    yield "cut short", MULTIPART, whole[:-20]
    yield "cut in a head", MULTIPART, whole[:20]
    yield "another boundary", "multipart/form-data; boundary=b", whole
    yield "an empty boundary", 'multipart/form-data; boundary=""', whole
    yield "an endless boundary", f"multipart/form-data; boundary={'a' * 3000}", whole
    yield "a boundary in other letters", "multipart/form-data; boundary=\xe9", whole
    yield "line ends of another kind", MULTIPART, whole.replace(b"\r\n", b"\n")
    yield "no heads", MULTIPART, b"--a\r\n\r\nx\r\n--a--\r\n"
    yield "a head that is none", MULTIPART, b"--a\r\n\x01\x02(: \r\n\r\nx\r\n--a--\r\n"
    yield "a head without end", MULTIPART, b"--a\r\n" + b"X: y\r\n" * 20_000
    yield "no name", MULTIPART, multipart("a", part, ("Content-Disposition: form-data", b"x"))
    yield "300 parts", MULTIPART, multipart("a", part, *((plain(f"f{number}"), b"x") for number in range(300)))
    yield "300 files", MULTIPART, multipart("a", part, *((plain(f'f"; filename="{n}'), b"x") for n in range(300)))
    yield "a part of 100 kB", MULTIPART, multipart("a", part, (plain("message"), b"x" * 100_000))
    yield "a name that is no text", MULTIPART, multipart("a", part).replace(b'name="', b'name="\xff\xfe\x00')
    yield "after the end", MULTIPART, whole + b"--a\r\nencore" * 50
    yield "twice", MULTIPART, whole + whole


# What the others do needs no field.
FILLED = [
    route for route in POSTED if not route.path.endswith(("/deconnexion", "/verification", "/copie", "/fermeture"))
]


@pytest.mark.parametrize("route", FILLED, ids=lambda route: route.path)
def test_a_body_that_is_no_form_is_refused_in_words(own: Scene, people: dict[str, Visitor], route: Route) -> None:
    who, path, wrong = people[host(route)], path_of(own, route), {}
    for what, kind, body in bodies(who):
        answer = who.send("POST", path, {"Content-Type": kind}, body)
        said = wrongs(answer)
        if said or answer.status_code == 401:
            wrong[f"{what} ({kind})"] = said or ["signed out"]
    assert wrong == {}


# One at a time, then in all fields at once. A line end in what becomes a header; digits that are none; an address.
ALONE = ("", "²", "a\r\nX: b\0", "//[", "9" * 5_000)
TOGETHER = (
    "x" * 30_000,
    "\x00",
    "é\ufffe\U0001f3db" * 40,
    "[]",
    '{"a": NaN}',
    "[[" * 400,
    "-1",
    "../..",
    "?#%",
    "a;b|c:d",
)
GUESSES = ("password", "current", "code")  # a try at those takes its time on purpose, and few are allowed


def changed(form: Form) -> Iterator[dict[str, str]]:
    """What somebody might make of a form before sending it."""
    # The first of fields that differ by a number only: a démarche has hundreds of those.
    alike = {re.sub(r"\d+", "0", name): name for name, _ in reversed(form.fields) if name != FIELD}
    names = list(alike.values())
    guessed = bool(set(GUESSES) & set(names))
    if not guessed:
        yield from ({name: value} for name in names for value in ALONE)
    yield from (dict.fromkeys(names, value) for value in TOGETHER[: 2 if guessed else None])


@pytest.mark.parametrize("room", ["public", "account", "applicant", "desk", "administration", "audit"])
def test_a_form_filled_in_by_a_fiend_is_refused_or_taken(own: Scene, people: dict[str, Visitor], room: str) -> None:
    caller, addresses = ROOMS[room]
    who, wrong = people[caller], {}
    # Of the two editors of a démarche one is enough: they are the same form.
    known = [path_of(own, route) for route in SHOWN if route.path.startswith(addresses) and route.path != EDITOR]
    for form in shown_forms(who, known):
        # What these do needs no field: they would end a session, or close a démarche that others need.
        if form.action.endswith(("/deconnexion", "/parametres/sessions", "/audit/verification", "/fermeture")):
            continue
        for change in changed(form):
            answer = who.submit(form, **change)
            if said := wrongs(answer):
                wrong[f"{form.action} { ({n: v[:12] for n, v in change.items()}) }"[:160]] = said
    assert wrong == {}
    assert who.get("/parametres" if who.session else "/").status_code == 200
