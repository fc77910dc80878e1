"""PostgreSQL: a schema for the state of a service, one for each version of each read model, one for its keys.

Several processes of one service may use them at the same time. Imported only when `GUICHET_DATABASE` says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import Any, TypeVar

import psycopg

from kernel.databases.keys import PostgresKeys
from kernel.databases.lines import Lines
from kernel.databases.presence import Presence, unused
from kernel.databases.scratch import Scratch, Tables, remove_scratches
from kernel.databases.statements import numbered, split, tables_ddl
from kernel.db import Row, Tx
from kernel.errors import unavailable

T = TypeVar("T")
LONGEST_NAME = 63
UNUSED = 60.0
log = logging.getLogger(__name__)
MAKE = """
SELECT pg_advisory_lock(hashtextextended('{schema}', 0));
CREATE SCHEMA IF NOT EXISTS {schema};
SET search_path={schema};
{ddl};
SELECT pg_advisory_unlock(hashtextextended('{schema}', 0));
"""


class PostgresDb:
    """`Rows` over one schema, made when it is first used. `durable` waits for the disk at every commit."""

    def __init__(self, lines: Lines, presence: Presence, schema: str, ddl: str, *, durable: bool) -> None:
        if len(schema) > LONGEST_NAME:
            raise ValueError(f"{schema}: PostgreSQL would cut this name short")
        self.schema = schema
        self.ddl, self._lines, self._presence, self._durable = ddl, lines, presence, durable
        self._alone = True
        self._made = False
        self._making = asyncio.Lock()
        presence.use(schema)

    async def read(self, sql: str, **params: Any) -> list[Row]:
        if not self._made:
            await self._make()
        return await self._lines.read(self.schema, numbered(sql), params)

    async def write(self, work: Callable[[Tx], T]) -> T:
        if not self._made:
            await self._make()
        durable, alone = self._durable, self._alone
        return await self._in_thread(lambda: self._lines.write(self.schema, work, durable=durable, alone=alone))

    @contextlib.asynccontextmanager
    async def still(self) -> AsyncIterator[None]:
        """Keep the other processes from writing; this one may."""
        async with await connect(self._lines) as connection:
            await connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (self.schema,))
            self._alone = False
            try:
                yield
            finally:
                self._alone = True

    async def land(self) -> None:
        """It is where it will stay."""

    async def become(self, other: Scratch) -> None:
        """Take over the schema of another, which is gone then; readers of this one do not notice."""
        await other.land()

        def flip(tx: Tx) -> None:
            tx.run(f"DROP SCHEMA {self.schema} CASCADE")
            tx.run(f"ALTER SCHEMA {other.schema} RENAME TO {self.schema}")

        await self.write(flip)
        other.target.leave()

    async def delete(self) -> None:
        """Remove the schema and all that is in it."""
        await self.write(lambda tx: tx.run(f"DROP SCHEMA {self.schema} CASCADE"))
        self.leave()

    def leave(self) -> None:
        """This process does not use it any more."""
        self._presence.leave(self.schema)

    def close(self) -> None:
        """Nothing of its own to let go of."""

    async def fill(self, tables: Tables) -> None:
        """Make the schema with rows in it, their indexes last."""
        first = ";".join(part for part in split(self.ddl) if part.upper().startswith("CREATE TABLE"))
        last = ";".join(part for part in split(self.ddl) if part.upper().startswith("CREATE") and part not in first)
        async with self._making:
            await self._in_thread(lambda: self._lines.fill(self._script(first), tables, tables_ddl(last)))
            self._made = True

    async def _make(self) -> None:
        async with self._making:
            if not self._made:
                await self._in_thread(lambda: self._lines.fill(self._script(self.ddl), (), ""))
                self._made = True

    def _script(self, ddl: str) -> str:
        return MAKE.format(schema=self.schema, ddl=tables_ddl(ddl))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._lines.threads, work)


class PostgresDatabases:
    """`Databases` of one service in one PostgreSQL database, whose owner may create schemas there."""

    shared = True

    def __init__(self, service: str, url: str, directory: Path) -> None:
        self.service, self._read = service, directory / "read"
        self._lines = Lines(url, service)
        self._presence = Presence(self._lines.arguments, self._lines.channel)
        self.keys = PostgresKeys(self._lines.arguments, f"{service}_keys", self._lines.channel)
        self._unused: dict[str, float] = {}

    def state(self, ddl: str) -> PostgresDb:
        """The service's own tables."""
        return PostgresDb(self._lines, self._presence, f"{self.service}_state", ddl, durable=True)

    def rows(self, label: str, ddl: str, beside: str = "") -> PostgresDb | Scratch:
        """The tables of a read model."""
        rows = PostgresDb(self._lines, self._presence, self._schema(label, beside), ddl, durable=False)
        return Scratch(rows, self._read / f"{label}.db.{beside}", self._lines.threads) if beside else rows

    def start(self, hear: Callable[[str | None], None]) -> None:
        """Hear what the service's other processes tell, from now on."""
        self._presence.start(hear)

    async def forget_others(self, labels: Collection[str]) -> None:
        """Drop the versions of these read models that no process has used for a minute, and what a rebuild left."""
        remove_scratches(self._read)
        now, kept = time.monotonic(), {self._schema(label) for label in labels}
        names = {label.partition(".")[0] for label in labels}
        async with await connect(self._lines) as connection:
            for schema in await self._schemas(connection, names):
                if schema in kept or not await unused(connection, schema):
                    self._unused.pop(schema, None)
                elif now - self._unused.setdefault(schema, now) >= UNUSED:
                    log.info("dropping %s, which nobody uses", schema)
                    await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")

    async def close(self) -> None:
        """Hang up."""
        await self._presence.close()
        await self._lines.close()
        self.keys.close()

    def _schema(self, label: str, beside: str = "") -> str:
        schema = f"{self.service}_{label}".replace(".", "_").replace("-", "_")
        return f"{schema}__{beside}" if beside else schema

    async def _schemas(self, connection: psycopg.AsyncConnection[Any], names: Collection[str]) -> list[str]:
        cursor = await connection.execute("SELECT nspname FROM pg_namespace ORDER BY 1")
        ours = re.compile(rf"{self.service}_({'|'.join(sorted(names))})_v\d+_[0-9a-f]{{8}}(__\w+)?")
        return [name for (name,) in await cursor.fetchall() if ours.fullmatch(name)]


async def connect(lines: Lines) -> psycopg.AsyncConnection[Any]:
    """A connection for what needs one of its own. Raises Refused(unavailable)."""
    try:
        connection = await psycopg.AsyncConnection.connect(**lines.arguments)
        await connection.execute("SET lock_timeout='5s'")
    except psycopg.OperationalError:
        raise unavailable() from None
    return connection
