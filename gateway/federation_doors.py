"""`/api/franceconnect/…` and `/api/proconnect/…`: where browsers leave for a provider, and where they come back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args
from urllib.parse import parse_qs

from starlette.responses import RedirectResponse, Response

from gateway.federation import Federation, Provider, Purpose, duties
from gateway.pages.house import Handler
from gateway.pages.site import Site, query, redirect, same_site, sign_in_first
from gateway.refusals import Refusal
from gateway.visits import Visit

CHOICE = "/connexion/franceconnect"


class FederationDoors:
    """A browser that reads HTML is told everything on a page; a program gets problems (RFC 9457)."""

    def __init__(self, site: Site, federation: Federation) -> None:
        self._site, self._federation = site, federation

    def handlers(self) -> Mapping[tuple[str, str], Handler]:
        """What answers each of the four."""
        found: dict[tuple[str, str], Handler] = {}
        for provider in get_args(Provider):
            found["GET", f"/api/{provider}/login"] = self._login(provider)
            found["GET", f"/api/{provider}/callback"] = self._callback(provider)
        return found

    def _login(self, provider: Provider) -> Handler:
        async def login(visit: Visit) -> Response:
            asked = query(visit)
            purpose: Purpose | None = next(
                (each for each in get_args(Purpose) if each == asked.get("purpose", "sign-in")), None
            )
            try:
                if purpose is None:
                    raise Refusal(
                        422, "invalid-request", "Cette adresse est incomplète. Repartez de la page de connexion."
                    )
                target = same_site(asked.get("next", "/"))
                return RedirectResponse(await self._federation.depart(visit, provider, target, purpose), 302)
            except Refusal as refusal:
                return self._refused(visit, provider, refusal)

        return login

    def _callback(self, provider: Provider) -> Handler:
        async def callback(visit: Visit) -> Response:
            try:
                told = await self._federation.come_back(visit, provider, _given(visit))
            except Refusal as refusal:
                return self._refused(visit, provider, refusal)
            target = same_site(str(told["next"]))
            if told["outcome"] == "choice":
                return redirect(CHOICE)
            first = duties(told) if told["outcome"] == "session" and visit.head.wants_html else ""
            return redirect(first, next=target) if first else redirect(target)

        return callback

    def _refused(self, visit: Visit, provider: Provider, refusal: Refusal) -> Response:
        if not visit.head.wants_html:
            raise refusal
        if refusal.status == 401:
            return sign_in_first(f"{visit.head.path}?{visit.head.query.decode('ascii')}")
        response = self._site.page(
            visit, "federation_refused.html", code=refusal.status, refusal=refusal, provider=provider
        )
        response.headers.update(refusal.headers)
        return response


def _given(visit: Visit) -> Mapping[str, list[str]]:
    try:
        return parse_qs(visit.head.query.decode("ascii"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        detail = "Cette adresse est illisible. Repartez de la page de connexion."
        raise Refusal(422, "invalid-request", detail) from None
