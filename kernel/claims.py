"""Pieces of work that the processes of a service share: whoever claims one does it, the others go on to the next."""

from __future__ import annotations

from kernel.clock import Clock
from kernel.db import Db, Tx

_TAKE = """
INSERT INTO claim VALUES(:kind, :id, :owner, :until) ON CONFLICT(kind, id) DO UPDATE SET
  owner=excluded.owner, until=excluded.until WHERE claim.owner=:owner OR claim.until<=:now
RETURNING id
"""


class SoleClaims:
    """This process is the only one: everything is its own."""

    async def take(self, id: str, seconds: float) -> bool:
        """Nobody else wants it."""
        return True

    async def give_back(self, id: str) -> None:
        """Nobody waits for it."""


class Claims:
    """Claims on one kind of work. They run out, so that a process that dies takes nothing with it.

    They are told by the clocks of the machines: let them last much longer than clocks differ.
    """

    def __init__(self, kind: str, state: Db, owner: str, clock: Clock) -> None:
        self._kind, self._state, self._owner, self._clock = kind, state, owner, clock

    async def take(self, id: str, seconds: float) -> bool:
        """Whether a piece of work is this process's, for so long."""
        now = self._clock().timestamp()
        params = {"kind": self._kind, "owner": self._owner, "until": now + seconds, "now": now}
        return bool(await self._state.write(lambda tx: tx.run(_TAKE, id=id, **params)))

    async def give_back(self, id: str) -> None:
        """It is done, or left to whoever comes next."""

        def work(tx: Tx) -> None:
            tx.run(
                "DELETE FROM claim WHERE kind=:kind AND id=:id AND owner=:owner",
                kind=self._kind,
                id=id,
                owner=self._owner,
            )

        await self._state.write(work)
