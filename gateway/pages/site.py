"""Rendering pages, reading their forms, serving their files."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.callers import Caller
from gateway.cookies import Cookies
from gateway.csrf import FIELD, Csrf
from gateway.heads import Head
from gateway.pages import wording
from gateway.pages.forms import KEY, URLENCODED, Form, new_key, parse_form
from gateway.refusals import Refusal, not_found
from gateway.theme import Theme
from gateway.upstream import Answer
from gateway.visits import Visit

DONE: Final = "fait"  # the query parameter that names what was just done
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_SECRETS: Final = frozenset({"password", "current", "code", "secret", "answer"})
_FOR_EVER: Final = "public, max-age=31536000, immutable"


_SENT: ContextVar[Sent | None] = ContextVar("sent", default=None)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the pages: as it is, packed, and the mark that changes with its content."""

    content: bytes
    packed: bytes
    mark: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A form of ours that came in: what to offer again when what it asks for cannot be had now."""

    head: Head
    form: Form
    token: str
    multipart: bool

    @property
    def secret(self) -> bool:
        """Something of it is not kept."""
        return not _SECRETS.isdisjoint(self.form)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Its fields; nobody is shown a secret he typed, he types it again."""
        return [(name, value) for name in self.form if name not in _SECRETS for value in self.form.all(name)]


class Site:
    """What all pages share: templates, theme, form tokens, the name of whoever is signed in.

    `offers`: the providers people may identify themselves with besides a password.
    """

    def __init__(
        self,
        cookies: Cookies,
        csrf: Csrf,
        theme: Theme,
        done: Mapping[str, str] | None = None,
        *,
        offers: Collection[str] = (),
    ) -> None:
        self._cookies, self._csrf, self._done = cookies, csrf, dict(done or {})
        static = {file.name: file.read_bytes() for file in files("gateway.pages").joinpath("static").iterdir()}
        static |= {"theme.css": theme.css().encode(), "logo.svg": theme.logo}
        self._assets = {name: _asset(content) for name, content in static.items()}
        self._templates = Environment(
            loader=PackageLoader("gateway.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {
            "asset": self._address,
            "theme": theme,
            "offers": offers,
            "FIELD": FIELD,
            "KEY": KEY,
            "new_key": new_key,
        }
        self._templates.filters |= wording.FILTERS

    def page(self, visit: Visit, template: str, *, code: int = 200, **context: Any) -> Response:
        """A page for this visitor. `mistakes` in the context make it an error page."""
        shared = {
            "person": visit.caller.verdict,
            "token": self._form_token(visit),
            "mistakes": (),
            "done": self._done.get(query(visit).get(DONE, "")),
            "stale_since": visit.reply.stale_since,
            "here": visit.head.path,
        }
        return self._render(template, code, shared | context)

    def refusal(self, head: Head, refusal: Refusal, caller: Caller | None) -> Response:
        """The page of a refusal: what happened, what to do. Whoever is not signed in signs in first."""
        if refusal.status == 401 and head.method in ("GET", "HEAD"):
            target = head.path + (f"?{head.query.decode()}" if head.query else "")
            return sign_in_first(target)
        person = None if caller is None else caller.verdict
        context: dict[str, Any] = {"person": person, "mistakes": (), "done": None, "stale_since": None}
        context |= {"here": head.path, "refusal": refusal, "posted": head.method == "POST", "sent": None}
        if refusal.status == 503 and (sent := _SENT.get()) is not None and sent.head is head:
            context["sent"] = sent
        response = self._render("refusal.html", refusal.status, context)
        response.headers.update(refusal.headers)
        return response

    async def read_form(self, visit: Visit) -> Form:
        """The fields of a posted form. Raises Refusal: 415 for another type, 403 when it is not our form."""
        if media_type(visit) != URLENCODED:
            raise Refusal(415, "unsupported-type", "Envoyez ce formulaire depuis sa page.")
        form = parse_form(await visit.body.read())
        self.check(visit, form)
        return form

    def check(self, visit: Visit, form: Form) -> None:
        """Take the token out of a form. Raises Refusal 403 when this browser was not shown it."""
        token = form.pop(FIELD)
        self._csrf.check_form(visit.head, self._binding(visit), token)
        _SENT.set(Sent(visit.head, form, token, multipart=media_type(visit) != URLENCODED))

    async def asset(self, visit: Visit) -> Response:
        """A file of the pages. Its address changes with its content, so browsers keep it."""
        name = visit.match.wild[0]
        asset = self._assets.get(name)
        if asset is None:
            raise not_found()
        headers = {"Cache-Control": _FOR_EVER, "Vary": "Accept-Encoding"}
        content = asset.content
        # Only these: a page that is packed could tell its form token by its length (BREACH).
        if "gzip" in (visit.head.get(b"accept-encoding") or ""):
            content, headers["Content-Encoding"] = asset.packed, "gzip"
        return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)

    def _render(self, template: str, code: int, context: Mapping[str, Any]) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(context), code)

    def _address(self, name: str) -> str:
        return f"/static/{name}?v={self._assets[name].mark}"

    def _binding(self, visit: Visit) -> str | None:
        return visit.caller.token if visit.caller.by_cookie else self._cookies.visitor(visit.head)

    def _form_token(self, visit: Visit) -> str:
        binding = self._binding(visit)
        if binding is None:
            binding, cookie = self._cookies.welcome()
            visit.reply.set_cookies(cookie)
        return self._csrf.form_token(binding)


def query(visit: Visit) -> dict[str, str]:
    """The parameters in the address; of one given twice the first counts. An unreadable address has none."""
    try:
        found = parse_qs(visit.head.query.decode("ascii"), max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def media_type(visit: Visit) -> str:
    """The type of the body, without its parameters."""
    return (visit.head.get(b"content-type") or "").partition(";")[0].strip().lower()


def redirect(target: str, done: str = "", **parameters: str) -> Response:
    """After a form: the browser GETs `target`, whose page says what was `done` (a code)."""
    if done:
        parameters[DONE] = done
    return RedirectResponse(f"{target}?{urlencode(parameters)}" if parameters else target, 303)


def sign_in_first(path: str) -> Response:
    """To the sign-in page, and back to `path` after it."""
    return redirect(f"/connexion?next={quote(path, safe='/')}")


def same_site(target: str) -> str:
    """`target` when it is a path of this site, else the home page: no open redirect."""
    try:
        parts = urlsplit(target)
    except ValueError:  # as « //[ » does
        return "/"
    is_path = target.startswith("/") and not target.startswith(("//", "/\\"))
    plain = target.isprintable() and "\\" not in target
    return target if is_path and plain and not parts.scheme and not parts.netloc else "/"


def refusal_of(answer: Answer) -> Refusal:
    """The refusal in a service's answer, for a page that has nothing better to say."""
    if answer.status >= 500:
        detail = "Le service est momentanément indisponible. Réessayez dans quelques instants."
        return Refusal(503, "unavailable", detail, headers={"Retry-After": "2"})
    said = answer.json()
    headers = {"Retry-After": answer.headers["Retry-After"]} if "Retry-After" in answer.headers else {}
    return Refusal(answer.status, said["slug"], said["detail"], headers=headers)


def _asset(content: bytes) -> Asset:
    return Asset(content, gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:12])
