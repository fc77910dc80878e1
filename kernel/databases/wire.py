"""One connection to PostgreSQL, in pipeline mode: statements leave at once, answers are awaited only when they matter.

It speaks through psycopg's libpq layer (`psycopg.pq`), since a cursor per statement costs more than the server's work.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from psycopg import Error, pq
from psycopg.errors import error_from_result

from kernel.databases.statements import Statement
from kernel.errors import unavailable

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

    from kernel.db import Row

PREPARED = 500
CLASSES = ("08", "53", "57", "58")
"""SQLSTATE classes that say the server cannot do it now: connection, resources, operator, system."""
STATES = ("25P03", "25P04", "40001", "40P01", "55P03")
"""And single states: idle or long transactions ended by the server, serialisation, deadlock, a lock waited for."""
Known = tuple[str, str, tuple[int, ...]]
_INT8, _FLOAT8, _BYTEA, _NUMERIC = 20, 701, 17, 1700


class Wire:
    """Sends statements and reads their answers. It never waits: `feed` and `done` tell its owner when to."""

    def __init__(self, pgconn: PGconn) -> None:
        self.pg = pgconn
        pgconn.nonblocking = 1
        pgconn.enter_pipeline_mode()
        self._prepared: dict[Known, bytes] = {}
        self._fresh: list[Known] = []
        self._names = 0
        self._expected: deque[bool] = deque()
        self._rows: list[Row] = []
        self._failure: PGresult | None = None

    @property
    def queued(self) -> int:
        """How many answers are outstanding."""
        return len(self._expected)

    def send(self, schema: str, statement: Statement, params: Mapping[str, Any]) -> None:
        """Queue a statement. It is prepared once per schema: other tables are behind the same names there."""
        values, formats, types = [], [], []
        for parameter in statement.names:
            value, format, type = _sent(params[parameter])
            values.append(value)
            formats.append(format)
            types.append(type)
        known = (schema, statement.text, tuple(types))
        name = self._prepared.get(known)
        if name is None:
            name = self._prepare(known, statement, types)
        self.pg.send_query_prepared(name, values, formats)
        self._expected.append(statement.answers)

    def end(self) -> None:
        """Ask for an answer to all that was sent."""
        self.pg.pipeline_sync()
        self._rows, self._failure = [], None

    def feed(self) -> bool:
        """Send on what is buffered; whether some of it still waits for the socket."""
        return self.pg.flush() == 1

    def done(self) -> bool:
        """Read what has arrived; whether everything was answered."""
        gaps = 0
        while not self.pg.is_busy() and gaps < 3:
            result = self.pg.get_result()
            if result is None:
                # One between two answers; more mean that there is nothing to read, or nobody to read from.
                gaps += 1
                continue
            gaps = 0
            if result.status == pq.ExecStatus.PIPELINE_SYNC:
                self._expected.clear()
                return True
            self._take(result)
        if self.pg.status == pq.ConnStatus.BAD:
            raise unavailable()
        return False

    def answer(self) -> list[Row]:
        """The rows of the last statement that has any. Raises Refused(unavailable), or what PostgreSQL refuses."""
        fresh, self._fresh = self._fresh, []
        if self._failure is None:
            return self._rows
        for known in fresh:
            # What was to be prepared in a part that failed may not be there.
            self._prepared.pop(known, None)
        raise told(error_from_result(self._failure))

    def _prepare(self, known: Known, statement: Statement, types: list[int]) -> bytes:
        if len(self._prepared) >= PREPARED:
            self._prepared.clear()
            self.pg.send_query_params(b"DEALLOCATE ALL", None)
            self._expected.append(False)
        self._names += 1
        name = self._prepared[known] = b"g%d" % self._names
        self._fresh.append(known)
        self.pg.send_prepare(name, statement.text.encode(), types)
        self._expected.append(False)
        return name

    def _take(self, result: PGresult) -> None:
        wanted = self._expected.popleft() if self._expected else False
        if result.status == pq.ExecStatus.FATAL_ERROR:
            self._failure = self._failure or result
        elif wanted and result.status == pq.ExecStatus.TUPLES_OK:
            self._rows = _rows(result)


def told(error: Error) -> Exception:
    """What to raise: a database that does not answer is one thing, a statement that is wrong another."""
    state = error.sqlstate
    if state is None or state[:2] in CLASSES or state in STATES:
        return unavailable()
    return error


def _sent(value: Any) -> tuple[bytes | None, pq.Format, int]:
    # A text has no type of its own: PostgreSQL gives it that of what it is compared with or put into.
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode(), pq.Format.TEXT, 0
    if value is None:
        return None, pq.Format.TEXT, 0
    if isinstance(value, int):
        return b"%d" % value, pq.Format.TEXT, _INT8 if -(2**63) <= value < 2**63 else _NUMERIC
    if isinstance(value, float):
        return repr(value).encode(), pq.Format.TEXT, _FLOAT8
    if isinstance(value, bytes):
        return value, pq.Format.BINARY, _BYTEA
    raise TypeError(f"a parameter is a {type(value).__name__}")


def _rows(result: PGresult) -> list[Row]:
    columns = range(result.nfields)
    names = [(result.fname(column) or b"").decode() for column in columns]
    readers = [_READERS.get(result.ftype(column), bytes.decode) for column in columns]
    rows = []
    for number in range(result.ntuples):
        values = [result.get_value(number, column) for column in columns]
        rows.append(
            {
                name: None if value is None else read(value)
                for name, read, value in zip(names, readers, values, strict=True)
            }
        )
    return rows


def _number(value: bytes) -> int | float:
    text = value.decode()
    return int(text) if text.lstrip("-").isdigit() else float(text)


_READERS: dict[int, Callable[[bytes], Any]] = {
    16: lambda value: int(value == b"t"),  # SQLite has no booleans
    20: int,
    21: int,
    23: int,
    26: int,
    700: float,
    701: float,
    1700: _number,
    17: lambda value: bytes.fromhex(value[2:].decode()),
}
