"""Read models and `state`: one SQL text with `:name` parameters, rows as dictionaries. Adapters: `kernel.databases`.

The text is SQLite's and PostgreSQL's at once: `ON CONFLICT`, `RETURNING`, partial indexes; in `DO UPDATE` a column of
the existing row is written with its table's name. Types are TEXT, INTEGER (64 bits), DOUBLE PRECISION and BLOB; a
yes or no is 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from kernel.vault import KeyTable

T = TypeVar("T")
Row = dict[str, Any]


class Overtaken(RuntimeError):
    """Another process has done this work meanwhile: nothing was written, look again where it stands."""


class Tx(Protocol):
    """A transaction in progress."""

    def run(self, sql: str, **params: Any) -> list[Row]:
        """Run one statement; the rows of a SELECT or RETURNING, else none.

        A statement without rows may be sent with those that follow: what is wrong with it is then raised by a later
        one, by a savepoint, or by the commit.
        """

    def tell(self, news: str) -> None:
        """Have the other processes of the service hear `news` once this is committed."""


class Db(Protocol):
    """A database. Both methods raise `Refused(unavailable)` when it does not answer."""

    async def read(self, sql: str, **params: Any) -> list[Row]:
        """The rows of a query."""

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in one transaction, committed when it returns, rolled back when it raises.

        One at a time: what `work` reads does not change before it has written.
        """


class Rows(Db, Protocol):
    """The tables of a read model, which a rebuilt set of tables can replace."""

    def still(self) -> AbstractAsyncContextManager[None]:
        """Keep the other processes from writing; this one may."""

    async def land(self) -> None:
        """What was built so far moves to where it will stay."""

    async def become(self, other: Any) -> None:
        """Take over the tables of another, which is gone then; readers of this one do not notice."""

    async def delete(self) -> None:
        """Remove the tables."""


class Databases(Protocol):
    """Where one service keeps its state, its read models and its keys.

    `shared`: other processes of the service may be at work in the same place.
    """

    shared: bool

    @property
    def keys(self) -> KeyTable:
        """The keys of personal data."""

    def state(self, ddl: str) -> Db:
        """The service's own tables."""

    def rows(self, label: str, ddl: str, beside: str = "") -> Rows:
        """The tables of one version of a read model, or of another build of them beside."""

    def start(self, hear: Callable[[str | None], None]) -> None:
        """Hear what other processes tell, from now on; `None` when some of it may have been missed."""

    async def forget_others(self, labels: Collection[str]) -> None:
        """Remove every other version of these read models that nobody uses: they hold personal data."""

    async def close(self) -> None:
        """Finish what is being written, then let go."""
