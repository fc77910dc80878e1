"""Streams.Read: reading a stream or `$all`, in both directions. Subscriptions share the RPC and live next door."""

from __future__ import annotations

from collections.abc import Iterator

from tests.esdb_server import filters
from tests.esdb_server.errors import Invalid
from tests.esdb_server.log import PAGE, TOMBSTONE, Log, Record
from tests.esdb_server.messages import ReadResp, shown
from tests.esdb_server.node import Node
from tests.esdb_server.streams import limits
from tests.esdb_server.subscriptions import follow_all, follow_stream
from tests.esdb_server.wire import Call, stream_name, streams_pb2

Options = streams_pb2.ReadReq.Options


async def read(node: Node, request: streams_pb2.ReadReq, call: Call) -> None:
    """Answer one Read. Raises Refusal, and ValueError when the combination of options makes no sense."""
    log, options = node.reader(call), request.options
    stream, count = options.WhichOneof("stream_option"), options.WhichOneof("count_option")
    filtered = options.WhichOneof("filter_option")
    if stream is None or count is None or filtered is None or (stream == "stream" and filtered == "filter"):
        raise ValueError(f"stream={stream}, count={count}, filter={filtered}")
    if count == "subscription":
        if options.read_direction == Options.Backwards:
            raise ValueError("a subscription goes forwards")
        await (follow_stream if stream == "stream" else follow_all)(node, log, options, call)
    elif stream == "stream":
        await _read_stream(log, options, call)
    else:
        await _read_all(log, options, call)


async def _read_stream(log: Log, options: Options, call: Call) -> None:
    show, wanted = shown(log, options), options.stream
    name, backwards = stream_name(wanted.stream_identifier), options.read_direction == Options.Backwards
    bounds, last = limits(log, name), log.last(name)
    if bounds is None:
        identifier = wanted.stream_identifier
        await call.write(ReadResp(stream_not_found=ReadResp.StreamNotFound(stream_identifier=identifier)))
        return
    first = {"start": 0, "end": TOMBSTONE}.get(wanted.WhichOneof("revision_option") or "start", wanted.revision)
    first = min(first, last if backwards else TOMBSTONE)
    compatible = options.control_option.compatibility >= 1
    if compatible and not backwards:
        await call.write(ReadResp(first_stream_position=bounds.first))
    left = options.count
    for record in _stream(log, name, max(first, 0 if backwards else bounds.first), backwards):
        if left == 0 or (backwards and record.revision < bounds.first):
            break
        if bounds.show(record):
            await call.write(show(record))
            left -= 1
    if compatible and not backwards:
        await call.write(ReadResp(last_stream_position=last))


async def _read_all(log: Log, options: Options, call: Call) -> None:
    show, wanted = shown(log, options), options.all
    passes = filters.parse(options.filter) if options.WhichOneof("filter_option") == "filter" else filters.everything
    backwards = options.read_direction == Options.Backwards
    chosen = wanted.WhichOneof("all_option")
    position = {"start": 0, "end": TOMBSTONE}.get(chosen or "start", min(wanted.position.commit_position, TOMBSTONE))
    if chosen == "position" and not log.begins(position):
        raise Invalid("Trying to read from an invalid position.")
    left = options.count
    for record in _all(log, position, backwards):
        if left == 0:
            break
        if passes(record):
            await call.write(show(record))
            left -= 1


def _stream(log: Log, name: str, revision: int, backwards: bool) -> Iterator[Record]:
    while page := log.stream(name, revision, backwards=backwards):
        yield from page
        if len(page) < PAGE:
            return
        revision = page[-1].revision + (-1 if backwards else 1)


def _all(log: Log, position: int, backwards: bool) -> Iterator[Record]:
    while page := log.all(position, backwards=backwards):
        yield from page
        if len(page) < PAGE:
            return
        position = page[-1].position if backwards else page[-1].end
