"""The facts a reactor could not react to, kept in `state`: each stream waits in order, or is parked."""

from __future__ import annotations

from kernel.db import Db, Row, Tx
from kernel.envelope import Recorded

DECIDED = "decided"
"""The news that somebody decided on what a reactor holds; its name follows."""


class HeldFacts:
    """What one reactor holds. Times are seconds since the epoch."""

    def __init__(self, reactor: str, state: Db) -> None:
        self._reactor, self._state = reactor, state

    async def streams(self) -> set[tuple[str, str]]:
        """The sources and streams of which a fact is held."""
        rows = await self._state.read(
            "SELECT DISTINCT source, stream FROM held WHERE reactor=:name", name=self._reactor
        )
        return {(row["source"], row["stream"]) for row in rows}

    async def waiting(self) -> list[Row]:
        """The streams that are not parked, and when the first fact of each is due; the earliest first."""
        return await self._state.read(
            "SELECT source, stream, retry_at FROM held AS one WHERE reactor=:name AND parked=0 AND position="
            "(SELECT min(position) FROM held WHERE reactor=one.reactor AND source=one.source AND stream=one.stream)"
            " ORDER BY retry_at",
            name=self._reactor,
        )

    async def of(self, source: str, stream: str) -> list[Row]:
        """What is held of one stream, in order."""
        return await self._state.read(
            "SELECT * FROM held WHERE reactor=:name AND source=:source AND stream=:stream ORDER BY position",
            name=self._reactor,
            source=source,
            stream=stream,
        )

    async def add(self, fact: Recorded, attempts: int, retry_at: float, error: str) -> None:
        """Hold a fact."""
        await self._run(
            "INSERT INTO held VALUES(:reactor, :source, :stream, :position, :version, :type, :attempts, :retry_at, 0,"
            " :error) ON CONFLICT DO NOTHING",
            source=fact.source,
            stream=fact.stream,
            position=fact.position,
            version=fact.version,
            type=fact.type,
            attempts=attempts,
            retry_at=retry_at,
            error=error,
        )

    async def postpone(self, row: Row, attempts: int, retry_at: float, error: str, *, parked: bool) -> None:
        """Try a fact later, or park its stream."""
        await self._run(
            "UPDATE held SET attempts=:attempts, retry_at=:retry_at, parked=:parked, error=:error"
            " WHERE reactor=:reactor AND source=:source AND position=:position",
            attempts=attempts,
            retry_at=retry_at,
            parked=int(parked),
            error=error,
            source=row["source"],
            position=row["position"],
        )

    async def remove(self, row: Row) -> None:
        """A fact was reacted to."""
        await self._run(
            "DELETE FROM held WHERE reactor=:reactor AND source=:source AND position=:position",
            source=row["source"],
            position=row["position"],
        )

    async def release(self, source: str, stream: str) -> None:
        """Have a stream tried again as if for the first time."""
        await self._run(
            "UPDATE held SET parked=0, attempts=0, retry_at=0 WHERE reactor=:reactor AND source=:source"
            " AND stream=:stream",
            tell=True,
            source=source,
            stream=stream,
        )

    async def drop(self, source: str, stream: str) -> None:
        """Give up what is held of a stream."""
        await self._run(
            "DELETE FROM held WHERE reactor=:reactor AND source=:source AND stream=:stream",
            tell=True,
            source=source,
            stream=stream,
        )

    async def _run(self, sql: str, *, tell: bool = False, **params: object) -> None:
        def work(tx: Tx) -> None:
            tx.run(sql, reactor=self._reactor, **params)
            if tell:
                tx.tell(f"{DECIDED} {self._reactor}")

        await self._state.write(work)
