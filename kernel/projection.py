"""Read models: rows folded from facts, rebuildable at any time, without effects.

One table is fed by one source, so a rebuild gives the same rows however the sources interleave; a query joins.
Changing a read model means bumping its `version`: the new one is built beside the old and takes over.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence, Set
from typing import Any, TypeVar, overload

from kernel.databases.statements import table_names
from kernel.db import Overtaken, Tx
from kernel.envelope import Recorded
from kernel.errors import Refused
from kernel.events import Event

E = TypeVar("E", bound=Event)
Handler = Callable[[Tx, Any, Recorded], None]
H = TypeVar("H", bound=Handler)

CHECKPOINTS = """
CREATE TABLE IF NOT EXISTS checkpoint(source TEXT PRIMARY KEY, position BIGINT NOT NULL, epoch TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS parked(source TEXT NOT NULL, stream TEXT NOT NULL, position BIGINT NOT NULL,
  version INTEGER NOT NULL, type TEXT NOT NULL, error TEXT NOT NULL, PRIMARY KEY(source, position));
"""


class Projection:
    """The declaration of a read model: its tables and one handler per type of fact."""

    def __init__(self, name: str, *, version: int, ddl: str) -> None:
        self.name, self.version, self.ddl = name, version, ddl
        self.handlers: dict[tuple[str, str], Handler] = {}

    @overload
    def on(
        self, type: type[E], /
    ) -> Callable[[Callable[[Tx, E, Recorded], None]], Callable[[Tx, E, Recorded], None]]: ...

    @overload
    def on(self, *types: type[Event]) -> Callable[[H], H]: ...

    def on(self, *types: type[Event]) -> Callable[[Any], Any]:
        """Register the handler of some types of fact. It writes rows through `tx` and does nothing else.

        Raises TypeError when a type already has one.
        """

        def register(handler: Handler) -> Handler:
            for cls in types:
                if self.handlers.setdefault((cls.origin, cls.wire_name), handler) is not handler:
                    raise TypeError(f"{self.name} folds {cls.origin}.{cls.wire_name} twice")
            return handler

        return register

    @property
    def sources(self) -> list[str]:
        """The services whose facts it folds."""
        return sorted({service for service, _ in self.handlers})

    def wanted(self, source: str) -> frozenset[str]:
        """The types it folds from one source."""
        return frozenset(name for service, name in self.handlers if service == source)

    @property
    def label(self) -> str:
        """The name of this version. Other tables are another one, whatever the version says."""
        return f"{self.name}.v{self.version}-{hashlib.sha256(self.ddl.encode()).hexdigest()[:8]}"

    def file(self) -> str:
        """The name of its file, where it is kept in one."""
        return f"{self.label}.db"

    @property
    def tables_ddl(self) -> str:
        """Its tables and the kernel's beside them, nothing folded yet."""
        starts = "".join(f"INSERT INTO checkpoint VALUES('{s}', 0, '') ON CONFLICT DO NOTHING;" for s in self.sources)
        return CHECKPOINTS + starts + self.ddl

    def fold(self, tx: Tx, facts: Sequence[Recorded]) -> None:
        """Fold a page. Raises what a handler raises: fold the page `carefully` then."""
        parked = _parked(tx)
        for fact in facts:
            self._fold(tx, fact, parked)

    def fold_carefully(self, tx: Tx, facts: Sequence[Recorded]) -> None:
        """Fold a page fact by fact: one that fails parks its stream, and the rows stay as they were."""
        parked = _parked(tx)
        for fact in facts:
            tx.run("SAVEPOINT fact")
            try:
                self._fold(tx, fact, parked)
                tx.run("RELEASE fact")
            except Refused:
                raise
            except Exception as failure:
                tx.run("ROLLBACK TO fact")
                _park(tx, fact, _name(failure))
                tx.run("RELEASE fact")
                parked.add((fact.source, fact.stream))

    def _fold(self, tx: Tx, fact: Recorded, parked: Set[tuple[str, str]]) -> None:
        handler = self.handlers.get((fact.source, fact.type))
        if handler is None:
            return
        if parked and (fact.source, fact.stream) in parked:
            _park(tx, fact, "an earlier fact of this stream is parked")
        elif fact.event is None:
            raise LookupError(f"unknown schema v{fact.schema} of {fact.type}")
        else:
            handler(tx, fact.event, fact)

    def digest(self, tx: Tx) -> dict[str, str]:
        """A SHA-256 per table over its rows in an order of their own: equal digests mean equal rows."""
        digests: dict[str, str] = {}
        for table in table_names(self.ddl):
            rows = sorted(repr(list(row.values())) for row in tx.run(f"SELECT * FROM {table}"))
            digests[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        return digests


def advance(tx: Tx, source: str, position: int, to: int, epoch: str) -> None:
    """Move a checkpoint, in the transaction of the rows and before them. Raises Overtaken when it stands elsewhere."""
    moved = tx.run(
        "UPDATE checkpoint SET position=:to, epoch=:epoch WHERE source=:source AND position=:position RETURNING source",
        to=to,
        epoch=epoch,
        source=source,
        position=position,
    )
    if not moved:
        raise Overtaken(f"{source} does not stand at {position} any more")


def save_checkpoint(tx: Tx, source: str, position: int, epoch: str) -> None:
    """Remember how far a source was folded, in the transaction of the rows."""
    tx.run(
        "INSERT INTO checkpoint VALUES(:source, :position, :epoch)"
        " ON CONFLICT(source) DO UPDATE SET position=excluded.position, epoch=excluded.epoch",
        source=source,
        position=position,
        epoch=epoch,
    )


def _name(failure: Exception) -> str:
    # SQLite names tables and columns; the text of another exception could carry personal data.
    return (
        f"{type(failure).__name__}: {failure}"[:300] if isinstance(failure, sqlite3.Error) else type(failure).__name__
    )


def _parked(tx: Tx) -> set[tuple[str, str]]:
    return {(row["source"], row["stream"]) for row in tx.run("SELECT DISTINCT source, stream FROM parked")}


def _park(tx: Tx, fact: Recorded, error: str) -> None:
    tx.run(
        "INSERT INTO parked VALUES(:source, :stream, :position, :version, :type, :error) ON CONFLICT DO NOTHING",
        source=fact.source,
        stream=fact.stream,
        position=fact.position,
        version=fact.version,
        type=fact.type,
        error=error,
    )
