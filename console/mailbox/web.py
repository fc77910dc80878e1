"""The web door: pages for people and JSON for programs, over the standard library's server, which is enough here."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from console.mailbox import pages
from console.mailbox.store import Mail, Store, body, parse

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
PAGE_SIZE = 100
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; base-uri 'none'"
# A mail's own HTML: no script, no form, nothing loaded from elsewhere; its links open in a tab of their own.
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
ONE = re.compile(r"/(api/messages|messages)/(\d{1,18})(/html|/source)?")


class Server(ThreadingHTTPServer):
    """Answers on one address; `hosts` are the names under which it may be asked, which stops DNS rebinding."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], store: Store, hosts: frozenset[str] = LOOPBACK) -> None:
        super().__init__(address, Door)
        self.store = store
        self.hosts = hosts


class Door(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 30
    # Headers and body leave in two packets otherwise, and the second waits for the client's acknowledgement.
    wbufsize = 65_536

    def do_GET(self) -> None:
        """Pages and JSON."""
        url = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(url.query).items()}
        if not self._known_host():
            return self._problem(421, "wrong-host", "Cette adresse n'est pas celle de la boîte aux lettres.")
        if url.path == "/":
            return self._list(query)
        if url.path == "/livez":
            return self._answer(200, "text/plain; charset=utf-8", b"ok")
        if url.path == "/api/messages":
            return self._json(200, {"items": [_line(mail) for mail in self.server.store.newest(query.get("to", ""))]})
        asked = ONE.fullmatch(url.path)
        found = self.server.store.find(int(asked[2])) if asked else None
        if asked is None or found is None:
            return self._missing(url.path)
        return self._one(asked[1] == "api/messages", asked[3] or "", *found)

    def do_DELETE(self) -> None:
        """`DELETE /api/messages` empties the mailbox."""
        if urlsplit(self.path).path != "/api/messages" or not self._known_host() or self._from_another_site():
            return self._problem(404, "not-found", "Rien à supprimer ici.")
        self.server.store.clear()
        self._answer(204, None, b"")

    def do_POST(self) -> None:
        """The page's « Vider la boîte »."""
        if urlsplit(self.path).path != "/vider" or not self._known_host() or self._from_another_site():
            return self._problem(404, "not-found", "Rien à envoyer ici.")
        self.server.store.clear()
        self._answer(303, None, b"", {"Location": "/"})

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: a mailbox that is polled would fill its log."""

    def _list(self, query: dict[str, str]) -> None:
        to = query.get("to", "")
        before = int(query["before"]) if query.get("before", "").isdecimal() else None
        mails = self.server.store.newest(to, PAGE_SIZE + 1, before)
        self._page(200, pages.inbox(mails[:PAGE_SIZE], to, more=len(mails) > PAGE_SIZE))

    def _one(self, api: bool, part: str, line: Mail, source: bytes) -> None:
        mail = parse(source)
        text, html = body(mail, "plain"), body(mail, "html")
        if part == "/source":
            self._answer(200, "text/plain; charset=utf-8", source, {"Content-Security-Policy": MAIL_POLICY})
        elif part == "/html":
            page = pages.framed(html or "").encode()
            self._answer(200, "text/html; charset=utf-8", page, {"Content-Security-Policy": MAIL_POLICY})
        elif api:
            headers = {name: str(value) for name, value in reversed(mail.items())}
            known = {"text": text, "html": html, "headers": headers, "source": source.decode("utf-8", "replace")}
            self._json(200, _line(line) | known)
        else:
            attachments = [part.get_filename() or part.get_content_type() for part in mail.iter_attachments()]
            self._page(200, pages.message(line, text, html is not None, attachments))

    def _missing(self, path: str) -> None:
        if path.startswith("/api/"):
            self._problem(404, "not-found", "Ce message n'existe pas, ou n'existe plus.")
        else:
            self._page(404, pages.missing())

    def _known_host(self) -> bool:
        host = self.headers.get("Host", "").lower()
        return re.sub(r":\d+$", "", host) in self.server.hosts

    def _from_another_site(self) -> bool:
        return self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")

    def _page(self, status: int, html: str) -> None:
        self._answer(status, "text/html; charset=utf-8", html.encode(), {"Content-Security-Policy": PAGE_POLICY})

    def _json(self, status: int, content: Any, kind: str = "application/json") -> None:
        self._answer(status, kind, json.dumps(content, ensure_ascii=False).encode())

    def _problem(self, status: int, slug: str, detail: str) -> None:
        problem = {
            "type": f"urn:guichet:problem:{slug}",
            "title": detail,
            "status": status,
            "slug": slug,
            "detail": detail,
        }
        self._json(status, problem, "application/problem+json")

    def _answer(self, status: int, kind: str | None, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        if kind is not None:
            self.send_header("Content-Type", kind)
        if self.command == "POST":
            # Its body is not read, so the connection cannot be used again.
            self.send_header("Connection", "close")
        fixed = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        for name, value in (fixed | (headers or {})).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _line(mail: Mail) -> dict[str, str]:
    return {
        "id": str(mail.id),
        "at": mail.at,
        "from": mail.sender,
        "to": mail.recipients,
        "subject": mail.subject,
    }
