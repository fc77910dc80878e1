"""The pass the gateway gives a caller for one service: a short token that says who he is.

Signing costs 50 µs or more, so a pass is shown again for 30 seconds, as long as what it says of the
caller is still what identity says.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from gateway.callers import Caller
from gateway.sessions import Verdict
from kernel.http.tokens import Signer
from kernel.keys import keyed_hash

REUSED: Final = 30.0  # seconds
REMEMBERED: Final = 20_000


class Passes:
    """Mints internal tokens for people, and for the gateway itself."""

    def __init__(self, signer: Signer, secret: bytes, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._signer, self._secret, self._monotonic = signer, secret, monotonic
        self._minted: dict[tuple[Verdict | None, str, str], tuple[str, float]] = {}

    def for_caller(self, caller: Caller, audience: str) -> str:
        """The Authorization header value for a call to `audience`."""
        return self._reuse(caller.verdict, caller.ip, audience)

    def for_anonymous(self, caller: Caller, audience: str) -> str:
        """The same, whoever he is, as a person without a credential."""
        return self._reuse(None, caller.ip, audience)

    def for_gateway(self, audience: str, purpose: str) -> str:
        """The gateway's own call."""
        return f"Bearer {self._signer.mint_service(audience, purpose)}"

    def _reuse(self, verdict: Verdict | None, ip: str, audience: str) -> str:
        now, key = self._monotonic(), (verdict, ip, audience)
        minted = self._minted.get(key)
        if minted is not None and now - minted[1] < REUSED:
            return minted[0]
        claims = self._anonymous(ip) if verdict is None else verdict.claims()
        value = f"Bearer {self._signer.mint(audience, claims | {'ip': ip})}"
        self._minted.pop(key, None)
        self._minted[key] = (value, now)
        if len(self._minted) > REMEMBERED:
            del self._minted[next(iter(self._minted))]
        return value

    def _anonymous(self, ip: str) -> dict[str, object]:
        actor = keyed_hash(self._secret, "anonymous actor", ip)[:16]
        return {"sub": f"anonymous:{actor}", "kind": "anonymous"}
