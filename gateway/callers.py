"""Who is at the door: the credential of a request, what it opens, and whether a route lets him in."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.cookies import Cookies
from gateway.csrf import Csrf
from gateway.heads import Head
from gateway.limits import ClientAddresses
from gateway.refusals import Refusal, forbidden, not_found, unauthenticated
from gateway.routes import OPEN, ROLES, Who
from gateway.sessions import Sessions, Verdict
from kernel.keys import token_hash

BACK_OFFICE = frozenset({Who.INSTRUCTEUR, Who.ADMINISTRATEUR})
_OVER = "Votre session n'est plus valable. Connectez-vous à nouveau."


@dataclass(frozen=True, slots=True)
class Caller:
    """`key` is the hash of his token. `verdict` is None for an anonymous caller."""

    ip: str
    token: str | None = None
    key: str | None = None
    verdict: Verdict | None = None
    by_cookie: bool = False
    stale_cookie: bool = False

    @property
    def account(self) -> bool:
        """He has an account."""
        return self.verdict is not None and self.verdict.kind == "account"


def admit(who: Who, caller: Caller) -> None:
    """Raises Refusal: 401 without a credential, 403 without the role this route is for.

    The back office does not show to those who do not work there: 404.
    """
    if who in OPEN:
        return
    verdict = caller.verdict
    if verdict is None:
        raise unauthenticated(_OVER if caller.stale_cookie else "Connectez-vous pour continuer.")
    if who is Who.MINE:
        return
    if who in BACK_OFFICE and who.value not in verdict.roles:
        raise not_found()
    if verdict.kind != "account":
        raise forbidden("Un numéro de suivi n'ouvre que sa demande. Connectez-vous pour continuer.")
    if who in ROLES and who.value not in verdict.roles:
        raise forbidden()


class Callers:
    """Finds the caller of a request. A Bearer token wins over a cookie."""

    def __init__(self, sessions: Sessions, cookies: Cookies, csrf: Csrf, addresses: ClientAddresses) -> None:
        self._sessions, self._cookies, self._csrf, self._addresses = sessions, cookies, csrf, addresses

    def ip(self, head: Head) -> str:
        """The client's address."""
        return self._addresses.of(head)

    async def find(self, head: Head, ip: str, who: Who) -> Caller:
        """Raises Refusal: 401 for a bad Bearer token, 403 for a forged request, 503 without identity."""
        if who is Who.NOBODY:
            return Caller(ip)
        authorization = head.headers.get(b"authorization")
        if authorization is not None:
            return await self._by_bearer(authorization.decode("latin-1"), ip)
        token = self._cookies.session(head)
        if token is None:
            return Caller(ip)
        return await self._by_cookie(head, token, ip, who)

    async def _by_bearer(self, authorization: str, ip: str) -> Caller:
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("Le jeton d'accès est illisible : envoyez « Authorization: Bearer <jeton> ».")
        key = token_hash(token)
        verdict = await self._sessions.verdict(token, key)
        if verdict is None:
            raise unauthenticated("Ce jeton d'accès n'est plus valable. Connectez-vous à nouveau.")
        return Caller(ip, token, key, verdict)

    async def _by_cookie(self, head: Head, token: str, ip: str, who: Who) -> Caller:
        key = token_hash(token)
        try:
            verdict = await self._sessions.verdict(token, key)
        except Refusal:
            if who is not Who.PUBLIC:
                raise
            # The answer is the same for everybody: identity being away must not close the catalogue.
            return Caller(ip)
        if verdict is None:
            return Caller(ip, stale_cookie=True)
        if who is Who.PUBLIC:
            self._csrf.check_public_request(head)
        else:
            self._csrf.check_cookie_request(head)
        return Caller(ip, token, key, verdict, by_cookie=True)
