"""The keys of personal data in PostgreSQL, where the processes of one service share them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import psycopg

from kernel.errors import unavailable
from kernel.vault import ERASED

T = TypeVar("T")
BREATH = 1.0
MAKE = """
SELECT pg_advisory_lock(hashtextextended('{schema}', 0));
CREATE SCHEMA IF NOT EXISTS {schema};
CREATE TABLE IF NOT EXISTS {schema}.keys(subject TEXT COLLATE "C" PRIMARY KEY, wrapped BYTEA NOT NULL);
SELECT pg_advisory_unlock(hashtextextended('{schema}', 0));
SET search_path={schema}; SET synchronous_commit=on; SET statement_timeout='3s'; SET lock_timeout='3s'
"""


class PostgresKeys:
    """`KeyTable` over one table. Blocks its caller for a round trip; answers at once for a second after a failure."""

    def __init__(self, arguments: Mapping[str, Any], schema: str, channel: str) -> None:
        self._arguments, self._schema, self._channel = arguments, schema, channel
        self._connection: psycopg.Connection[Any] | None = None
        self._lock = threading.Lock()
        self._breath = 0.0

    def find(self, subject: str) -> bytes | None:
        row = self._try(lambda db: db.execute("SELECT wrapped FROM keys WHERE subject=%s", (subject,)).fetchone())
        return None if row is None else bytes(row[0])

    def add(self, keys: Mapping[str, bytes]) -> None:
        """Raises Refused(unavailable), having written nothing, when another process made one of these keys first."""

        def work(db: psycopg.Connection[Any]) -> bool:
            rows = list(keys.items())
            with db.transaction(), db.cursor() as cursor:
                cursor.executemany("INSERT INTO keys VALUES(%s, %s) ON CONFLICT DO NOTHING", rows)
                cursor.execute("SELECT subject, wrapped FROM keys WHERE subject=ANY(%s)", (list(keys),))
                mine = all(keys[subject] == bytes(wrapped) for subject, wrapped in cursor.fetchall())
                if not mine:
                    raise psycopg.Rollback
            return mine

        if not self._try(work):
            raise unavailable()

    def destroy(self, subject: str) -> None:
        def work(db: psycopg.Connection[Any]) -> None:
            with db.transaction():
                db.execute(
                    "INSERT INTO keys VALUES(%s, '') ON CONFLICT(subject) DO UPDATE SET wrapped=''",
                    (subject,),
                )
                db.execute("SELECT pg_notify(%s, %s)", (self._channel, f"{ERASED} {subject}"))

        self._try(work)

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            self._hang_up()

    def _try(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """Work on the connection; on a new one when the old one is gone, since all that is done here can be redone."""
        with self._lock:
            for again in (self._connection is not None, False):
                try:
                    return work(self._connection or self._connect())
                except psycopg.OperationalError:
                    self._hang_up()
                    if not again:
                        self._breath = time.monotonic() + BREATH
                        raise unavailable() from None
        raise unavailable()

    def _connect(self) -> psycopg.Connection[Any]:
        if time.monotonic() < self._breath:
            raise unavailable()
        connection = psycopg.connect(**{**self._arguments, "connect_timeout": 2})
        connection.execute(MAKE.format(schema=self._schema))
        self._connection = connection
        return connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
