"""Catch-up subscriptions: history first, then what comes, strictly after where the caller stands.

Each pulls from the log at its reader's pace, so a slow one merely falls behind; as in versions 23 and 24 of the real
server, nobody is told so (`fell_behind` is never sent).
"""

from __future__ import annotations

from uuid import uuid4

from tests.esdb_server import filters
from tests.esdb_server.errors import Invalid, StreamDeleted
from tests.esdb_server.log import PAGE, TOMBSTONE, Log
from tests.esdb_server.messages import ReadResp, checkpoint, shown
from tests.esdb_server.node import Node
from tests.esdb_server.streams import Limits, limits
from tests.esdb_server.wire import Call, stream_name, streams_pb2

Options = streams_pb2.ReadReq.Options


async def follow_stream(node: Node, log: Log, options: Options, call: Call) -> None:
    """A stream, which need not exist yet. Ends only with its tombstone. Raises StreamDeleted, Unavailable."""
    show, wanted = shown(log, options), options.stream
    name = stream_name(wanted.stream_identifier)
    bounds = limits(log, name) or Limits(log.last(name) + 1)
    chosen = wanted.WhichOneof("revision_option")
    after = {"start": -1, "end": log.last(name)}.get(chosen or "start", min(wanted.revision, TOMBSTONE - 1))
    await _confirm(call)
    live = False
    while True:
        end = log.end
        page = log.stream(name, max(after + 1, bounds.first))
        for record in page:
            if bounds.show(record):
                await call.write(show(record))
            if record.revision == TOMBSTONE:
                raise StreamDeleted(name)
            after = record.revision
        if len(page) == PAGE:
            continue
        if not live:
            # Truncation hides history only: who is live sees every event.
            live, bounds = True, Limits()
            await call.write(ReadResp(caught_up=ReadResp.CaughtUp()))
        await node.changed(end)


async def follow_all(node: Node, log: Log, options: Options, call: Call) -> None:
    """The whole log, or what passes a filter, with checkpoints. Raises Invalid, Unavailable."""
    show, wanted = shown(log, options), options.all
    filtered = options.WhichOneof("filter_option") == "filter"
    passes = filters.parse(options.filter) if filtered else filters.everything
    interval = filters.interval(options.filter) if filtered else 0
    chosen, tail = wanted.WhichOneof("all_option"), log.tail
    end, newest = (tail.end, tail.position) if tail else (0, 0)
    given = min(wanted.position.commit_position, TOMBSTONE)
    start = {"start": 0, "end": end}.get(chosen or "start", given)
    if not log.begins(start):
        raise Invalid("Trying to read from an invalid position.")
    await _confirm(call)
    live, considered, looked = False, 0, min(start, newest)
    while True:
        end = log.end
        page = log.all(start)
        for record in page:
            start, looked = record.end, record.position
            if chosen == "position" and record.position == given:
                continue
            if passes(record):
                await call.write(show(record))
            considered += 1
            if filtered and considered == interval:
                considered = 0
                await call.write(checkpoint(looked))
        if len(page) == PAGE:
            continue
        if not live:
            live = True
            if filtered:
                await call.write(checkpoint(looked))
            await call.write(ReadResp(caught_up=ReadResp.CaughtUp()))
        await node.changed(end)


async def _confirm(call: Call) -> None:
    confirmation = ReadResp.SubscriptionConfirmation(subscription_id=str(uuid4()))
    await call.write(ReadResp(confirmation=confirmation))
