"""The browser's cookies: the session, the form nonce of a visitor without one, the positions seen, a sign-in elsewhere.

All are HttpOnly and SameSite=Lax. On https they carry the `__Host-` prefix (RFC 6265bis), so no
sub-domain and no plain-http page can set them; on loopback http browsers refuse that prefix.
"""

from __future__ import annotations

import secrets
from typing import Final

from gateway.heads import Head
from kernel.clock import Clock, parse_rfc3339, system_clock

SESSION: Final = "guichet"
VISITOR: Final = "guichet-visiteur"
POSITION: Final = "guichet-position"
FEDERATION: Final = "guichet-federation"
POSITION_LIFE: Final = 3600  # seconds; a position only helps while read models catch up


class Cookies:
    """Reads and writes them for one site: `secure` when browsers reach it by https."""

    def __init__(self, *, secure: bool, clock: Clock = system_clock) -> None:
        self._prefix = "__Host-" if secure else ""
        self._flags = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")
        self._clock = clock

    def session(self, head: Head) -> str | None:
        """The session token in the cookie."""
        return head.cookies.get(self._prefix + SESSION) or None

    def visitor(self, head: Head) -> str | None:
        """The nonce that ties a visitor's forms to his browser."""
        return head.cookies.get(self._prefix + VISITOR) or None

    def federation(self, head: Head) -> str | None:
        """The secret of a browser that is on its way to FranceConnect or ProConnect, or back."""
        return head.cookies.get(self._prefix + FEDERATION) or None

    def under_way(self, secret: str, seconds: int) -> str:
        """Set-Cookie for that secret."""
        return self._set(FEDERATION, secret, seconds)

    def arrived(self) -> str:
        """Set-Cookie that forgets it: the next sign-in has another."""
        return self._set(FEDERATION, "", 0)

    def position(self, head: Head) -> str:
        """The positions this browser has seen, as a Guichet-Position header writes them."""
        return head.cookies.get(self._prefix + POSITION, "").replace("&", ",")

    def open_session(self, token: str, expires_at: str) -> str:
        """Set-Cookie for a new session that ends at `expires_at` (RFC 3339)."""
        left = (parse_rfc3339(expires_at) - self._clock()).total_seconds()
        return self._set(SESSION, token, max(0, int(left)))

    def close_session(self) -> str:
        """Set-Cookie that forgets the session."""
        return self._set(SESSION, "", 0)

    def welcome(self) -> tuple[str, str]:
        """A new visitor nonce, and its Set-Cookie (until the browser closes)."""
        nonce = secrets.token_urlsafe(24)
        return nonce, self._set(VISITOR, nonce, None)

    def remember_position(self, vector: str) -> str:
        """Set-Cookie for a Guichet-Position; RFC 6265 forbids the comma in a value."""
        return self._set(POSITION, vector.replace(",", "&"), POSITION_LIFE)

    def _set(self, name: str, value: str, seconds: int | None) -> str:
        life = "" if seconds is None else f"; Max-Age={seconds}"
        return f"{self._prefix}{name}={value}{self._flags}{life}"
