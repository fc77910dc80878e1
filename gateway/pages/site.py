"""Rendering pages and reading their forms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.cookies import Cookies
from gateway.csrf import FIELD, Csrf
from gateway.heads import Head
from gateway.pages import wording
from gateway.refusals import Refusal, not_found
from gateway.upstream import Answer
from gateway.visits import Visit

_FORM: Final = "application/x-www-form-urlencoded"
_TYPES: Final = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A field at fault (its name), and what to do about it. Without a field it concerns the whole form."""

    field: str
    detail: str


class Site:
    """What all pages share: templates, style sheet, form tokens, the name of whoever is signed in."""

    def __init__(self, cookies: Cookies, csrf: Csrf) -> None:
        self._cookies, self._csrf = cookies, csrf
        self._static = {file.name: file.read_bytes() for file in files("gateway.pages").joinpath("static").iterdir()}
        self._templates = Environment(
            loader=PackageLoader("gateway.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals |= {"asset": self._asset, "FIELD": FIELD}
        self._templates.filters |= {
            "status": wording.status,
            "moment": wording.moment,
            "day": wording.day,
            "size": wording.size,
            "file_format": wording.file_format,
        }

    def page(self, visit: Visit, template: str, *, code: int = 200, **context: Any) -> Response:
        """A page for this visitor. `mistakes` in the context make it an error page."""
        verdict = visit.caller.verdict
        return self._render(
            template, code, {"person": verdict, "token": self._form_token(visit), "mistakes": ()} | context
        )

    def refusal(self, head: Head, refusal: Refusal) -> Response:
        """The page of a refusal: what happened, what to do."""
        context = {"person": None, "mistakes": (), "refusal": refusal}
        response = self._render("refusal.html", refusal.status, context)
        response.headers.update(refusal.headers)
        return response

    async def read_form(self, visit: Visit) -> dict[str, str]:
        """The fields of a posted form. Raises Refusal: 415 for another type, 403 when it is not our form."""
        media_type = (visit.head.get(b"content-type") or "").partition(";")[0].strip().lower()
        if media_type != _FORM:
            raise Refusal(415, "unsupported-type", "Envoyez ce formulaire depuis sa page.")
        try:
            pairs = parse_qsl((await visit.body.read()).decode(), keep_blank_values=True, max_num_fields=200)
        except ValueError:
            raise Refusal(422, "invalid-request", "Le formulaire est illisible. Rechargez la page.") from None
        form = dict(pairs)
        self._csrf.check_form(visit.head, self._binding(visit), form.pop(FIELD, ""))
        return form

    async def asset(self, visit: Visit) -> Response:
        """A file of the pages. Its address changes with its content, so browsers keep it."""
        name = visit.match.wild[0]
        content = self._static.get(name)
        if content is None:
            raise not_found()
        media_type = _TYPES[name.rpartition(".")[2]]
        return Response(content, media_type=media_type, headers={"Cache-Control": _FOR_EVER})

    def _render(self, template: str, code: int, context: Mapping[str, Any]) -> Response:
        return HTMLResponse(self._templates.get_template(template).render(context), code)

    def _asset(self, name: str) -> str:
        return f"/static/{name}?v={hashlib.sha256(self._static[name]).hexdigest()[:12]}"

    def _binding(self, visit: Visit) -> str | None:
        return visit.caller.token if visit.caller.by_cookie else self._cookies.visitor(visit.head)

    def _form_token(self, visit: Visit) -> str:
        binding = self._binding(visit)
        if binding is None:
            binding, cookie = self._cookies.welcome()
            visit.reply.set_cookies(cookie)
        return self._csrf.form_token(binding)


def redirect(target: str) -> Response:
    """After a form: the browser GETs `target`."""
    return RedirectResponse(target, 303)


def sign_in_first(path: str) -> Response:
    """To the sign-in page, and back to `path` after it."""
    return redirect(f"/connexion?next={quote(path, safe='/')}")


def same_site(target: str) -> str:
    """`target` when it is a path of this site, else the home page: no open redirect."""
    parts = urlsplit(target)
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


def mistakes_of(answer: Answer, fields: Mapping[str, str] | None = None) -> list[Mistake]:
    """What a service found wrong, by field of the form (`fields`: pointer → name where they differ)."""
    said, names = answer.json(), fields or {}
    faults = said.get("errors") or []
    found = [
        Mistake(names.get(fault["pointer"], fault["pointer"].rpartition("/")[2]), fault["detail"]) for fault in faults
    ]
    return found or [Mistake("", said["detail"])]
