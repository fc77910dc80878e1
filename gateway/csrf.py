"""Cross-site request forgery: what a browser sends on its own proves nothing about its user's will.

A request that a cookie authenticates must come from our own pages (Fetch Metadata, or Origin for
browsers without it), and a form must carry a token that only our page could have shown. A Bearer
token is never sent by a browser on its own: such requests are exempt.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from gateway.heads import Head
from gateway.refusals import Refusal, forbidden

FIELD: Final = "jeton"

_DETAIL = "Cette action doit partir d'une page de ce site. Rechargez la page, puis recommencez."


def _foreign() -> Refusal:
    return forbidden(_DETAIL)


class Csrf:
    """Checks for one site, whose pages are served at `origin` (scheme://host[:port])."""

    def __init__(self, origin: str, key: bytes) -> None:
        self._origin, self._key = origin, key

    def check_cookie_request(self, head: Head) -> None:
        """An unsafe request authenticated by cookie. Raises Refusal 403 unless it proves to be ours."""
        if not head.safe and self._is_ours(head) is not True:
            raise _foreign()

    def check_public_request(self, head: Head) -> None:
        """An unsafe request that no credential authenticates: refused only when it says it is foreign."""
        if not head.safe and self._is_ours(head) is False:
            raise _foreign()

    def form_token(self, binding: str) -> str:
        """The hidden field of a form shown to the holder of this session or visitor cookie."""
        return hmac.new(self._key, binding.encode(), hashlib.sha256).hexdigest()

    def check_form(self, head: Head, binding: str | None, token: str) -> None:
        """A posted form. Raises Refusal 403 when it was not shown to this browser."""
        self.check_public_request(head)
        if not binding or not hmac.compare_digest(self.form_token(binding).encode(), token.encode()):
            raise _foreign()

    def _is_ours(self, head: Head) -> bool | None:
        """None when the browser says nothing about where the request comes from."""
        site = head.get(b"sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = head.get(b"origin")
        if origin is None:
            return None
        return origin in (self._origin, f"{head.scheme}://{head.get(b'host') or ''}")
