"""What every answer says to browsers: what they may load, keep and tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

# A form that signs somebody out leads on to his provider, whose origin the directive has to name.
CSP: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)

Headers = list[tuple[bytes, bytes]]

# same-origin and not no-referrer, which would make browsers send « Origin: null » with our own forms.
_ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_HTTPS: Final = ((b"strict-transport-security", b"max-age=31536000; includeSubDomains"),)


class AnswerHeaders:
    """Completes the headers of answers for one site. `form_targets`: origins where forms may lead besides it."""

    def __init__(self, *, secure: bool, form_targets: Iterable[str] = ()) -> None:
        allowed = " ".join(["form-action 'self'", *form_targets])
        csp = (b"content-security-policy", CSP.replace("form-action 'self'", allowed).encode())
        self._defaults = (csp, *_ALWAYS) + (_HTTPS if secure else ())

    def complete(self, headers: Headers, request_id: str, *, personal: bool) -> Headers:
        """Add what is missing. What a service says stricter stands; `personal` answers are never kept."""
        if personal:
            headers = [pair for pair in headers if pair[0] != b"cache-control"]
        said = {name for name, _ in headers}
        headers.extend(pair for pair in self._defaults if pair[0] not in said)
        headers.append((b"x-request-id", request_id.encode()))
        return headers
