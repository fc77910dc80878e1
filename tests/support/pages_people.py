"""People at their browsers, without a browser: a session cookie, the token that their pages show, their forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from console.demo.portal import Portal
from gateway.cookies import SESSION
from gateway.csrf import FIELD
from tests.support.pages_html import Form, forms_of
from tests.support.scene import AGENTS, Scene
from tests.support.stack import Stack, elsewhere

Fields = Sequence[tuple[str, str]]
URLENCODED = "application/x-www-form-urlencoded"


@dataclass
class Visitor:
    """Somebody's browser. Each of its requests comes from another address: limits by address are tested elsewhere."""

    client: httpx.Client
    origin: str
    session: str = ""
    _token: str = field(default="", repr=False)

    @property
    def token(self) -> str:
        """What every form shown to this browser carries."""
        if not self._token:
            page = self.get("/suivi")
            self._token = next(dict(form.fields)[FIELD] for form in forms_of(page.text) if FIELD in dict(form.fields))
        return self._token

    def get(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """A page, as it is: redirects are not followed."""
        return self.send(method, path, headers)

    def post(self, path: str, fields: Fields | None = None, *, token: str | None = None) -> httpx.Response:
        """An urlencoded form with this browser's token, or another one."""
        pairs = [(FIELD, self.token if token is None else token), *(fields or ())]
        return self.send("POST", path, {"Content-Type": URLENCODED}, urlencode(pairs).encode("utf-8", "surrogatepass"))

    def post_files(
        self, path: str, fields: Fields = (), files: Sequence[tuple[str, tuple[str, bytes, str]]] = ()
    ) -> httpx.Response:
        """A multipart form with this browser's token."""
        parts: list[tuple[str, Any]] = [(FIELD, (None, self.token))]
        parts += [(name, (None, value)) for name, value in fields]
        request = httpx.Request("POST", self.origin, files=[*parts, *files])
        return self.send("POST", path, {"Content-Type": request.headers["Content-Type"]}, request.read())

    def submit(self, form: Form, **changes: str) -> httpx.Response:
        """A form of a page, some of its fields typed anew."""
        fields = [(name, changes.pop(name, value)) for name, value in form.fields if name != FIELD]
        fields += list(changes.items())
        return self.post_files(form.action, fields) if form.multipart else self.post(form.action, fields)

    def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, content: bytes = b""
    ) -> httpx.Response:
        """Anything. Headers that are empty are left out."""
        own = {"Accept": "text/html", "Origin": self.origin, **elsewhere()} | dict(headers or {})
        if self.session:
            # What the server sets is its own affair: this browser keeps its session.
            self.client.cookies.clear()
            own.setdefault("Cookie", f"{SESSION}={self.session}")
        sent = [(name.encode(), value.encode("latin-1")) for name, value in own.items() if value]
        return self.client.request(method, path, headers=sent, content=content)


def visitor(stack: Stack, portal: Portal | None = None) -> Visitor:
    """The browser of whoever holds a portal's session, or of a stranger."""
    token = "" if portal is None else portal._headers["Authorization"].removeprefix("Bearer ")
    return Visitor(stack.client(), stack.urls["gateway"], token)


def everybody(scene: Scene) -> dict[str, Visitor]:
    """Those of a scene at their browsers, by name; agents in sessions of their own."""
    known = {name: visitor(scene.stack, scene.fresh(name)) for name in AGENTS}
    owner, tracking = scene.callers["owner"], scene.callers["tracking"]
    return known | {
        "anonymous": visitor(scene.stack),
        "owner": visitor(scene.stack, owner),
        "tracking": visitor(scene.stack, tracking),
    }


def shown_forms(who: Visitor, paths: Sequence[str]) -> Iterator[Form]:
    """The forms that change something, on these pages, each action and set of names once."""
    seen = set()
    for path in paths:
        page = who.get(path)
        for form in forms_of(page.text):
            mark = (form.action or path, tuple(sorted({name for name, _ in form.fields})))
            if form.method == "post" and mark not in seen:
                seen.add(mark)
                yield Form(form.action or path, form.method, form.multipart, form.fields)
