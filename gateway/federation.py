"""FranceConnect and ProConnect, on the browser's side: a secret of its own ties a sign-in to the browser that began it.

Identity decides everything; this room carries the browser's secret, and hands out what identity opens.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any, Final, Literal

from gateway.cookies import Cookies
from gateway.errands import Errands
from gateway.matching import Match
from gateway.refusals import Refusal, unauthenticated
from gateway.upstream import Answer
from gateway.visits import Visit

Provider = Literal["franceconnect", "proconnect"]
Purpose = Literal["sign-in", "link", "confirm"]

UNDER_WAY: Final = 600  # seconds, as long as identity waits for somebody to come back
CHOOSING: Final = 1800
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_TAKEN: Final = ("state", "code", "error", "iss")


class Federation:
    """What pages and doors ask of it. `offers`: the providers, each with the origin people are sent to."""

    def __init__(self, errands: Errands, cookies: Cookies, offers: Mapping[str, str]) -> None:
        self._errands, self._cookies, self._offers = errands, cookies, dict(offers)

    async def depart(self, visit: Visit, provider: Provider, following: str, purpose: Purpose) -> str:
        """Where to send the browser. Raises Refusal."""
        if provider not in self._offers:
            # Identity says why, in the same words whoever asks.
            purpose = "sign-in"
        browser = self._browser(visit) or secrets.token_urlsafe(32)
        given = {"browser": browser, "next": following, "purpose": purpose}
        told = self._told(await self._ask(visit, f"{provider}/departure", given))
        url = str(told["url"])
        if provider not in self._offers or not url.startswith(self._offers[provider] + "/"):
            raise Refusal(503, "provider-unavailable", "Cette identification est mal réglée. Signalez-le-nous.")
        visit.reply.set_cookies(self._cookies.under_way(browser, UNDER_WAY))
        return url

    async def come_back(self, visit: Visit, provider: Provider, given: Mapping[str, list[str]]) -> dict[str, Any]:
        """What came of it: `outcome` (session, choice or confirmed) and `next`. Raises Refusal."""
        said = {name: given[name][0] for name in _TAKEN if len(given.get(name, ())) == 1}
        if any(len(given.get(name, ())) > 1 for name in _TAKEN):
            raise _expired()
        told = self._told(await self._ask(visit, f"{provider}/return", said | {"browser": self._known(visit)}))
        if told["outcome"] == "choice":
            visit.reply.set_cookies(self._cookies.under_way(self._known(visit), CHOOSING))
        return told

    async def choice(self, visit: Visit) -> dict[str, Any]:
        """What is left to ask this browser's person. Raises Refusal."""
        return self._told(await self._ask(visit, "choice", {"browser": self._known(visit)}))

    async def settle(self, visit: Visit, answered: Mapping[str, str]) -> Answer:
        """His answer; the caller judges identity's. Raises Refusal 503."""
        answer = await self._ask(visit, "choice/settlement", dict(answered) | {"browser": self._known(visit)})
        if answer.status in (200, 201):
            self._told(answer)
        return answer

    async def leave(self, visit: Visit) -> str:
        """Close the session; where to send the browser so that it leaves the provider too, or empty."""
        answer = await self._ask(visit, "leaving", {})
        if answer.status not in (200, 401):
            raise _refusal(answer)
        visit.reply.set_cookies(self._cookies.close_session())
        if visit.caller.token is not None:
            self._errands.forget(visit.caller.token)
        url = str(answer.json()["url"]) if answer.status == 200 else ""
        return url if any(url.startswith(origin + "/") for origin in self._offers.values()) else ""

    def _told(self, answer: Answer) -> dict[str, Any]:
        if answer.status not in (200, 201):
            raise _refusal(answer)
        told: dict[str, Any] = answer.json()
        return told

    async def _ask(self, visit: Visit, path: str, body: Mapping[str, Any]) -> Answer:
        match = Match(visit.match.route, "identity", f"/internal/federation/{path}")
        answer = await self._errands.to_service(visit, match, "POST", body)
        if answer.status == 201:
            opened = answer.json()
            visit.reply.set_cookies(
                self._cookies.open_session(opened["token"], opened["expires_at"]), self._cookies.arrived()
            )
        return answer

    def _browser(self, visit: Visit) -> str:
        found = self._cookies.federation(visit.head) or ""
        return found if _SECRET.fullmatch(found) else ""

    def _known(self, visit: Visit) -> str:
        if not (browser := self._browser(visit)):
            raise _expired()
        return browser


def duties(session: Mapping[str, Any]) -> str:
    """The page of what an account demands before anything else; empty when it demands nothing."""
    second_factor = session.get("second_factor") or {}
    if second_factor.get("required") and not second_factor.get("enabled"):
        return "/double-authentification"
    return "/conditions-generales" if session.get("terms_to_accept") else ""


def _refusal(answer: Answer) -> Refusal:
    if answer.status == 401:
        return unauthenticated()
    said = answer.json()
    headers = {"Retry-After": answer.headers["Retry-After"]} if "Retry-After" in answer.headers else {}
    return Refusal(answer.status, said["slug"], said["detail"], headers=headers)


def _expired() -> Refusal:
    return Refusal(
        422,
        "sign-in-expired",
        "Cette identification a expiré, a déjà servi, ou a commencé dans un autre navigateur. Recommencez.",
    )
