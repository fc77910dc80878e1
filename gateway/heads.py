"""The head of a request, read once and refused when it is not what a clean client sends.

Request smuggling, header floods and path tricks end here (RFC 9112 §6.3, ASVS 4.2.1).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from gateway.refusals import Refusal, malformed, not_found

Scope = Mapping[str, Any]

MAX_HEADERS: Final = 16_384  # bytes, names and values together
MAX_URI: Final = 4_096  # bytes, of the path and of the query
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

# Twice the same of these and two readers could disagree on what was asked.
_SINGLE: Final = frozenset(
    {b"authorization", b"content-length", b"content-type", b"host", b"idempotency-key", b"if-match"}
    | {b"origin", b"sec-fetch-site", b"traceparent", b"transfer-encoding", b"x-request-id"}
)
_BAD_PATH: Final = re.compile(r"[\x00-\x20\x7f\\]|//|/\.{1,2}(?:/|\Z)")
_BAD_RAW_PATH: Final = re.compile(rb"%(?:2f|5c|00|25)|[^\x21-\x7e]", re.IGNORECASE)
_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9_-]{8,64}")


@dataclass
class Head:
    """Method, path and headers of one request. Header names are lower case; values are Latin-1 text."""

    method: str
    path: str
    raw_path: bytes
    query: bytes
    headers: dict[bytes, bytes]
    request_id: str
    peer: str
    scheme: str

    def get(self, name: bytes) -> str | None:
        """A header's value, or None."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def safe(self) -> bool:
        """The method asks for nothing to change (RFC 9110 §9.2.1)."""
        return self.method in SAFE_METHODS

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies, as sent; the first of a name wins, as browsers send the closest path first."""
        found: dict[str, str] = {}
        sent = self.get(b"cookie")
        if sent is None:
            return found
        for pair in sent.split(";"):
            name, is_pair, value = pair.strip().partition("=")
            if is_pair and name:
                found.setdefault(name, value)
        return found

    @property
    def wants_html(self) -> bool:
        """A person is looking: HTML is asked for by name."""
        return "text/html" in (self.get(b"accept") or "")

    @property
    def declared_length(self) -> int | None:
        """Content-Length; None when the body is chunked or absent."""
        value = self.headers.get(b"content-length")
        return None if value is None else int(value)

    @property
    def has_body(self) -> bool:
        """A body follows, however short."""
        return b"transfer-encoding" in self.headers or bool(self.declared_length)


def new_request_id() -> str:
    """128 random bits, hex."""
    return os.urandom(16).hex()


def request_id_of(scope: Scope) -> str:
    """The client's own X-Request-Id when it is well formed, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return str(value, "ascii")
    return new_request_id()


def read_head(scope: Scope, request_id: str) -> Head:
    """Raises Refusal: 400 for an ambiguous message, 404 for a crooked path, 414 and 431 for floods."""
    headers: dict[bytes, bytes] = {}
    size = 0
    for name, value in scope["headers"]:
        size += len(name) + len(value) + 4
        if name not in headers:
            headers[name] = value
        elif name == b"cookie":
            headers[name] += b"; " + value
        elif name in _SINGLE:
            raise malformed(f"L'en-tête {name.decode('latin-1')} est présent plusieurs fois.")
        else:
            headers[name] += b", " + value
    if size > MAX_HEADERS:
        raise headers_too_large()
    _check_framing(headers)
    path, raw_path, query = scope["path"], scope["raw_path"], scope["query_string"]
    if _BAD_PATH.search(path) or _BAD_RAW_PATH.search(raw_path) or path[:1] != "/":
        raise not_found()
    if len(query) > MAX_URI or len(raw_path) > MAX_URI:
        raise Refusal(414, "uri-too-long", "L'adresse demandée est trop longue.", title="Adresse trop longue")
    if not query.isascii():
        raise malformed("Les paramètres de l'adresse doivent être encodés (RFC 3986).")
    client = scope.get("client")
    return Head(
        method=scope["method"],
        path=path,
        raw_path=raw_path,
        query=query,
        headers=headers,
        request_id=request_id,
        peer=client[0] if client else "",
        scheme=scope.get("scheme", "http"),
    )


def headers_too_large() -> Refusal:
    """RFC 6585 §5."""
    detail = "Les en-têtes de la requête dépassent 16 ko. Effacez les cookies de ce site, puis recommencez."
    return Refusal(431, "headers-too-large", detail, title="En-têtes trop volumineux")


def _check_framing(headers: Mapping[bytes, bytes]) -> None:
    encoding, length = headers.get(b"transfer-encoding"), headers.get(b"content-length")
    if encoding is not None and (length is not None or encoding.strip().lower() != b"chunked"):
        raise malformed("La longueur du corps de la requête est ambiguë.")
    if length is not None and not (length.isdigit() and len(length) < 16):
        raise malformed("L'en-tête Content-Length est invalide.")
