"""Personal data: sealed under a key per subject, unreadable for ever once that key is destroyed.

A subject is `account:<id>` in identity and `demande:<id>` everywhere else. Keys live outside the log, wrapped under the
service's own key; a destroyed one leaves a tombstone, so that a late fact cannot bring a subject back
(RGPD art. 17; EDPB guidelines 02/2025).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from kernel.keys import derive

CACHED_KEYS = 20_000
ERASED = "erased"
"""The news that a key was destroyed; its subject follows."""


class KeyTable(Protocol):
    """Where wrapped keys live. `None` for a subject never seen, `b""` for a destroyed one."""

    def find(self, subject: str) -> bytes | None:
        """The wrapped key of a subject."""

    def add(self, keys: Mapping[str, bytes]) -> None:
        """Make new keys durable before returning; existing subjects are left alone."""

    def destroy(self, subject: str) -> None:
        """Leave only a tombstone, durably."""


class MemoryKeys:
    """Keys of a test."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}

    def find(self, subject: str) -> bytes | None:
        return self.keys.get(subject)

    def add(self, keys: Mapping[str, bytes]) -> None:
        for subject, key in keys.items():
            self.keys.setdefault(subject, key)

    def destroy(self, subject: str) -> None:
        self.keys[subject] = b""


class SqliteKeys:
    """Keys in one SQLite file, every write synced: a key is durable before the first append that uses it."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        self._db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
            "CREATE TABLE IF NOT EXISTS keys(subject TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID"
        )

    def find(self, subject: str) -> bytes | None:
        with self._lock:
            row = self._db.execute("SELECT wrapped FROM keys WHERE subject=?", (subject,)).fetchone()
        return None if row is None else bytes(row[0])

    def add(self, keys: Mapping[str, bytes]) -> None:
        with self._lock, _transaction(self._db):
            self._db.executemany("INSERT INTO keys VALUES(?, ?) ON CONFLICT DO NOTHING", list(keys.items()))

    def destroy(self, subject: str) -> None:
        with self._lock:
            with _transaction(self._db):
                self._db.execute(
                    "INSERT INTO keys VALUES(?, x'') ON CONFLICT(subject) DO UPDATE SET wrapped=x''",
                    (subject,),
                )
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._db.close()


class _transaction:
    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def __enter__(self) -> None:
        self.db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.db.execute("COMMIT")
        elif self.db.in_transaction:
            self.db.execute("ROLLBACK")


class Vault:
    """Seals and opens bytes under a subject's key (AES-256-GCM, 96-bit random nonce)."""

    def __init__(self, table: KeyTable, secret: bytes) -> None:
        self._table = table
        self._wrapping = derive(secret, "key-encryption")
        self._ciphers: OrderedDict[str, AESGCM | None] = OrderedDict()
        self._fresh: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def seal(self, subject: str, plaintext: bytes, bound_to: bytes) -> bytes | None:
        """Ciphertext, bound to `bound_to`; None when the subject was erased. Durable only after `flush`."""
        with self._lock:
            cipher = self._cipher(subject)
            if cipher is None and subject not in self._ciphers:
                key = AESGCM.generate_key(256)
                self._fresh[subject] = aes_key_wrap(self._wrapping, key)
                cipher = self._remember(subject, AESGCM(key))
        if cipher is None:
            return None
        nonce = os.urandom(12)
        return nonce + cipher.encrypt(nonce, plaintext, bound_to)

    def open(self, subject: str, ciphertext: bytes, bound_to: bytes) -> bytes | None:
        """The plaintext; None when the key is destroyed.

        Raises ValueError on bytes that were tampered with, and when the key is lost: only a tombstone says erased.
        """
        with self._lock:
            cipher = self._cipher(subject)
            lost = cipher is None and subject not in self._ciphers
        if lost:
            raise ValueError("the key of sealed data is lost")
        if cipher is None:
            return None
        try:
            return cipher.decrypt(ciphertext[:12], ciphertext[12:], bound_to)
        except InvalidTag:
            raise ValueError("sealed data does not open: it was altered or moved") from None

    def flush(self) -> None:
        """Make the keys created since the last flush durable. On failure they are forgotten, and it raises."""
        with self._lock:
            if not self._fresh:
                return
            fresh, self._fresh = self._fresh, {}
            try:
                self._table.add(fresh)
            except Exception:
                for subject in fresh:
                    self._ciphers.pop(subject, None)
                raise

    def destroy(self, subject: str) -> None:
        """Erase a subject: what was sealed for it can never be read again."""
        with self._lock:
            self._fresh.pop(subject, None)
            self._table.destroy(subject)
            self._ciphers.pop(subject, None)

    def forget(self, subject: str | None = None) -> None:
        """Look a subject's key up again, or every key, after another process may have destroyed it."""
        with self._lock:
            for known in list(self._ciphers) if subject is None else [subject]:
                if known not in self._fresh:
                    self._ciphers.pop(known, None)

    def _cipher(self, subject: str) -> AESGCM | None:
        if subject in self._ciphers:
            self._ciphers.move_to_end(subject)
            return self._ciphers[subject]
        wrapped = self._table.find(subject)
        if wrapped is None:
            return None
        return self._remember(subject, AESGCM(aes_key_unwrap(self._wrapping, wrapped)) if wrapped else None)

    def _remember(self, subject: str, cipher: AESGCM | None) -> AESGCM | None:
        self._ciphers[subject] = cipher
        if len(self._ciphers) > CACHED_KEYS:
            oldest = next(iter(self._ciphers))
            if oldest not in self._fresh:
                del self._ciphers[oldest]
        return cipher
