"""Addresses and forms that no page of ours makes, and what an answer to them must be all the same."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from functools import cache
from urllib.parse import urljoin, urlsplit

import httpx

from gateway.pages.rooms import ROOMS
from gateway.routes import Route
from gateway.table import ROUTES
from tests.support.pages_html import intrusions

PAGES = tuple(route for route in ROUTES if not route.path.startswith(("/api/", "/static/")) and route.note == "page")
SHOWN = tuple(route for route in PAGES if route.method == "GET")
POSTED = tuple(route for route in PAGES if route.method == "POST")
# Reads of the query, as the pages write them.
_READS = re.compile(r"""(?:asked|query\(visit\))(?:\.get\(|\[)"([\w-]+)\"""")
# An auditor's pages show addresses of people, so that a local one is nothing of ours.
_INTERNALS = re.compile(r"Traceback|\.py\b|sqlite|pydantic|httpx|aiohttp|/internal|Errno|0x[0-9a-f]{6}")
EVERYWHERE = ("fait", "next", "suite", "service", "id")
DESK = ("onglet", "q", "demarche", "etat", "etiquette", "echeance", "agent", "tri", "suite", "depuis", "jusqua")

# As they stand in an address, encoded or not.
VALUES = (
    *("", "%00", "%ff", "%C3%A9", "%ED%A0%80", "%", "%zz", "x" * 3500, "%F0%9F%8F%9B" * 280, "%0D%0ASet-Cookie:a=b"),
    *("-1", "0", "9" * 900, "%C2%B2", "%D9%A1", "1e400", "NaN", "null", "[]", "{{7*7}}", "..%2f..%2f", "%2e%2e/"),
    *("0001-01-01", "9999-12-31T23:59:59Z", "2026-13-45", "-0001-01-01T00:00:00Z", "2026-11-24T10:00:00%2B99:99"),
    *("//%5B", "https://evil.example", "/%5Cevil.example", "javascript:alert(1)", "%3Cscript%3Ealert(1)%3C/script%3E"),
    *("bnVsbA", "W10", "eyJhIjoxfQ", "WyJhIiwgImIiXQ", "en_instruction", "toutes", "traitees"),
)
SEGMENTS = (
    *("x", "0", "-1", "%C2%B2", "9" * 600, "%ff", "%C3%A9", "a.b", "~", "1%20OR%201=1", "%3Cscript%3E", "%22", "..."),
    *("nouvelle", "z" * 2000, "a;b", "a:b", "dossiers", "%E2%80%AE", "%F0%9F%8F%9B", "a%3Fb", "a%23b", "{{7*7}}"),
)


@cache
def asked_by(route: Route) -> tuple[str, ...]:
    """The parameters that a page's own module reads, and those that many pages know."""
    pages: Mapping[Route, Callable[..., object]] = {}
    for room in ROOMS:
        pages = {**pages, **room._pages}
    source = inspect.getsource(sys.modules[pages[route].__module__])
    more = DESK if route.path.startswith("/instruction") else ()
    return tuple(dict.fromkeys((*_READS.findall(source), *more, *EVERYWHERE)))


def wrongs(answer: httpx.Response, *, page: bool = True) -> list[str]:
    """What is wrong with an answer to whatever was sent; `page`: it is one, and is read."""
    found = []
    if answer.status_code >= 500:
        found.append(f"status {answer.status_code}")
    if said := _INTERNALS.search(answer.text):
        found.append(f"internals: {said[0]}")
    if target := answer.headers.get("location"):
        here, there = urlsplit(str(answer.request.url)), urlsplit(urljoin(str(answer.request.url), target))
        if (there.scheme, there.netloc) != (here.scheme, here.netloc) or not target.startswith("/"):
            found.append(f"leads to {target[:80]}")
    if "x-request-id" not in answer.headers or "default-src 'none'" not in answer.headers["content-security-policy"]:
        found.append("headers")
    if page and answer.headers.get("content-type", "").startswith("text/html"):
        found += intrusions(answer.text)
    return found


def multipart(boundary: str, *parts: tuple[str, bytes]) -> bytes:
    """A multipart body written by hand."""
    lines = [f"--{boundary}\r\n{head}\r\n\r\n".encode() + content + b"\r\n" for head, content in parts]
    return b"".join(lines) + f"--{boundary}--\r\n".encode()


def plain(name: str) -> str:
    """The head of a part that is a text."""
    return f'Content-Disposition: form-data; name="{name}"'
