"""Mails as they came, in one SQLite file, so that a restart finds them."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipients TEXT NOT NULL,
    subject TEXT NOT NULL,
    source BLOB NOT NULL
)
"""
COLUMNS = "id, at, sender, recipients, subject"


@dataclass(frozen=True)
class Mail:
    """One line of the list. `recipients` are the addresses of the envelope, separated by a comma and a space."""

    id: int
    at: str
    sender: str
    recipients: str
    subject: str


class Store:
    """Used by the SMTP door in one thread and the web door in others, one at a time."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(SCHEMA)

    def keep(self, sender: str, recipients: list[str], source: bytes) -> int:
        """Stores a mail; it is there for good when this returns."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        row = (at, sender, ", ".join(recipients), str(parse(source)["subject"] or ""), source)
        with self._lock:
            done = self._db.execute("INSERT INTO mail(at, sender, recipients, subject, source) VALUES (?,?,?,?,?)", row)
            return int(done.lastrowid or 0)

    def newest(self, to: str = "", limit: int = -1, before: int | None = None) -> list[Mail]:
        """Mails, the newest first; `to` keeps those with exactly this recipient, without case; -1 is no limit."""
        # Commas around both sides: an address never matches a part of another.
        query = f"""SELECT {COLUMNS} FROM mail
            WHERE (:to = '' OR instr(', ' || lower(recipients) || ', ', ', ' || :to || ', ') > 0)
            AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"""
        with self._lock:
            rows = self._db.execute(query, {"to": to.strip().lower(), "limit": limit, "before": before}).fetchall()
        return [Mail(*row) for row in rows]

    def find(self, number: int) -> tuple[Mail, bytes] | None:
        """One mail and its source, exactly as it came; None when there is no such mail."""
        with self._lock:
            row = self._db.execute(f"SELECT {COLUMNS}, source FROM mail WHERE id = ?", (number,)).fetchone()
        return (Mail(*row[:-1]), bytes(row[-1])) if row else None

    def clear(self) -> None:
        """Forgets every mail; numbers are not used again."""
        with self._lock:
            self._db.execute("DELETE FROM mail")

    def close(self) -> None:
        """Closes the file."""
        self._db.close()


def parse(source: bytes) -> EmailMessage:
    """The mail as a structure, whatever it looks like: the parser never refuses."""
    return message_from_bytes(source, policy=default)


def body(mail: EmailMessage, kind: str) -> str | None:
    """The text of the `plain` or `html` part, or None."""
    part = mail.get_body(preferencelist=(kind,))
    if part is None:
        return None
    try:
        return str(part.get_content())
    except (LookupError, UnicodeError):
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else None
