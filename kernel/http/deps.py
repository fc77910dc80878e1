"""What a route may ask for: who calls, in which context, from which read models."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from pydantic_core import from_json, to_json
from starlette.responses import JSONResponse, Response

from kernel.clock import rfc3339
from kernel.db import Db
from kernel.envelope import Commit, Context
from kernel.errors import Fault, Kind, Refused, forbidden, invalid, not_found
from kernel.http.tokens import BadToken, Principal
from kernel.ids import command_id, random_uuid
from kernel.keys import keyed_hash
from kernel.position import HEADER, Mark, format_vector, parse_vector
from kernel.projection import Projection
from kernel.runtime.runtime import PATIENCE, Runtime

CREDENTIALS = frozenset({"password", "current", "token", "code", "security_question", "tracking_number"})
_ETAG = re.compile(r'(?:W/)?"(\d{1,18})"')
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_JSON = re.compile(r"application/(?:[a-z0-9.-]+\+)?json\b")
_FORMS = ("multipart/", "application/x-www-form-urlencoded")
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


# Dependencies are coroutines: FastAPI would hand each plain function to a thread, and they share what they touch.


async def runtime(request: Request) -> Runtime:
    """The running service."""
    return cast(Runtime, request.app.state.runtime)


Run = Annotated[Runtime, Depends(runtime)]


async def principal(request: Request, run: Run) -> Principal:
    """Who calls, as the gateway or a service signed it. Raises Refused(unauthenticated)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise unauthenticated()
    try:
        return run.verifier.verify(token).principal
    except BadToken:
        raise unauthenticated() from None


Caller = Annotated[Principal, Depends(principal)]


def unauthenticated() -> Refused:
    """No credential, or none that is valid."""
    return Refused(Kind.UNAUTHENTICATED, "unauthenticated", "Connectez-vous pour continuer.")


def account_of(caller: Principal) -> str:
    """The caller's account id. Raises Refused(unauthenticated) for anybody without an account."""
    if caller.kind != "account" or caller.account is None:
        raise unauthenticated()
    return caller.account


def demand_role(caller: Principal, role: str) -> None:
    """Raises Refused(unauthenticated or forbidden) unless the caller holds a role."""
    account_of(caller)
    if role not in caller.roles:
        raise forbidden()


def demand_service(caller: Principal, purpose: str) -> str:
    """The name of the calling service. Raises Refused(not-found) for anybody else: internal doors do not show."""
    if caller.kind != "service" or caller.purpose != purpose:
        raise not_found()
    return caller.issuer


@dataclass(frozen=True, slots=True)
class Incoming:
    """A command as it arrived, before it is known who is held to have issued it."""

    caller: Principal
    key: str | None
    fingerprint: str
    correlation: str
    expected: int | None
    traceparent: str

    def context(self, actor: str | None = None) -> Context:
        """The context of the command, issued by the caller or by the actor a route worked out."""
        who = actor or self.caller.actor
        return Context(
            actor=who,
            command_id=command_id(who, self.key) if self.key else random_uuid(),
            fingerprint=self.fingerprint,
            correlation=self.correlation,
            expected=self.expected,
            traceparent=self.traceparent,
        )


async def incoming(request: Request, run: Run, caller: Caller) -> Incoming:
    """Reads `Idempotency-Key` and `If-Match`. Raises Refused(invalid-request) when one is malformed."""
    key = request.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise _bad_header("Idempotency-Key", "Indiquez de 1 à 255 caractères ASCII visibles.")
    return Incoming(
        caller=caller,
        key=key,
        fingerprint=await _fingerprint(request, run),
        correlation=request.state.correlation,
        expected=_expected(request.headers.get("if-match")),
        traceparent=_traceparent(request.headers.get("traceparent", "")),
    )


Asked = Annotated[Incoming, Depends(incoming)]


async def context(asked: Asked) -> Context:
    """The context of the caller's command."""
    return asked.context()


Ctx = Annotated[Context, Depends(context)]


class Views:
    """Read models that have seen what the caller already did."""

    def __init__(self, request: Request, run: Run) -> None:
        self._request, self._run = request, run
        self._vector = parse_vector(request.headers.get(HEADER, ""))

    async def __call__(self, projection: Projection) -> Db:
        """A read model to query. After a second it answers as it is, and says `Guichet-Stale` and `Guichet-As-Of`."""
        live = self._run.projectors[projection.name].live
        if self._vector and not await live.reached(self._vector, self._run.name, PATIENCE):
            self._request.state.stale = rfc3339(live.moved_at)
        return live.db


async def views(request: Request, run: Run, caller: Caller) -> Views:
    """The read models, for whoever the gateway or a service vouches for."""
    return Views(request, run)


View = Annotated[Views, Depends(views)]


async def answer(
    run: Runtime, commit: Commit, body: Any = None, *, status: int = 200, shown_in: tuple[Projection, ...] = ()
) -> Response:
    """The answer to a command, once the read models that will be asked next show it."""
    shown = await run.fresh(commit, *shown_in)
    mark = Mark(commit.position, commit.public_position)
    headers = {"ETag": f'"{commit.version}"', HEADER: format_vector({run.name: mark})}
    if commit.replayed:
        headers["Idempotency-Replayed"] = "true"
    if not shown:
        headers["Guichet-Stale"] = "true"
    return Response(None, status, headers) if body is None else JSONResponse(body, status, headers)


def versioned(body: Any, version: int) -> Response:
    """A resource with its version as its ETag: a precondition for writes, never a cache validator."""
    return JSONResponse(body, headers={"ETag": f'"{version}"'})


def _expected(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise _bad_header("If-Match", 'Indiquez une version entre guillemets, par exemple "3".')
    return int(found[1])


def _bad_header(name: str, detail: str) -> Refused:
    return invalid("invalid-request", f"L'en-tête {name} est incorrect. {detail}", [Fault(f"/headers/{name}", detail)])


def _traceparent(given: str) -> str:
    return given if _TRACEPARENT.fullmatch(given) else ""


async def _fingerprint(request: Request, run: Runtime) -> str:
    """What this call asks for, as a keyed hash. Files are counted by their sha256, in the command itself."""
    media_type, content = request.headers.get("content-type", "").lower(), b""
    if not media_type.startswith(_FORMS):  # read before, as a stream, where a file is expected
        content = await request.body()
    if content and _JSON.match(media_type):
        content = to_json(_without_credentials(_strict_json(content)))
    digest_of = f"{request.method}\n{request.url.path}\n{content.decode(errors='replace')}"
    return keyed_hash(run.settings.secret_bytes, "fingerprint", digest_of)


def _strict_json(content: bytes) -> Any:
    # The standard library also takes NaN and lone surrogates, which could not be stored, and any depth.
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError:
        detail = "Le corps de la requête n'est pas un JSON valide."
        raise invalid("invalid-request", detail, [Fault("", detail)]) from None


def _without_credentials(body: Any) -> Any:
    if isinstance(body, dict):
        return {k: v for k, v in sorted(body.items()) if k not in CREDENTIALS}
    return body
