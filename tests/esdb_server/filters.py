"""Filters of `$all`: by stream name or event type, by prefixes or by a regular expression."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.esdb_server.log import Record
from tests.esdb_server.wire import streams_pb2

DEFAULT_WINDOW = 32
Filter = Callable[[Record], bool]
Options = streams_pb2.ReadReq.Options.FilterOptions


def everything(record: Record) -> bool:
    """No filter."""
    return True


def parse(options: Options) -> Filter:
    """The filter a request describes. Raises ValueError (re.error included) when it describes none.

    A regular expression is searched for, not matched from the start, and the client's alternatives are not grouped
    (`^a|b$`): both as in the real server, whose syntax is .NET's.
    """
    chosen = options.WhichOneof("filter")
    if chosen is None or options.WhichOneof("window") is None:
        raise ValueError("a filter needs an expression and a window")
    expression = options.stream_identifier if chosen == "stream_identifier" else options.event_type
    test = _test(expression)
    if chosen == "stream_identifier":
        return lambda record: test(record.stream)
    return lambda record: test(record.type)


def interval(options: Options) -> int:
    """How many events are considered between two checkpoints. Raises ValueError."""
    window = options.max if options.WhichOneof("window") == "max" else DEFAULT_WINDOW
    if not window or not options.checkpointIntervalMultiplier:
        raise ValueError("a checkpoint every 0 events")
    return window * options.checkpointIntervalMultiplier


def _test(expression: Options.Expression) -> Callable[[str], bool]:
    if expression.regex:
        try:
            search = re.compile(expression.regex).search
        except re.error as error:
            raise ValueError(str(error)) from error
        return lambda text: search(text) is not None
    prefixes = tuple(expression.prefix)
    return lambda text: text.startswith(prefixes)
