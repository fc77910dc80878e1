"""Streams.Append (one call, one append), Delete and Tombstone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from tests.esdb_server.commits import Proposed, Written
from tests.esdb_server.errors import (
    ANY,
    EXISTS,
    NO_STREAM,
    AccessDenied,
    Invalid,
    TooLarge,
    WrongVersion,
    expected_version,
    mark,
)
from tests.esdb_server.node import Node
from tests.esdb_server.wire import Call, Requests, shared_pb2, stream_name, streams_pb2, uuid_of

AppendResp = streams_pb2.AppendResp
PATIENCE = 0.05
"""Seconds the end of the requests is waited for before a refusal: sent too early, it gets lost in some clients."""


async def append(node: Node, requests: Requests[streams_pb2.AppendReq], call: Call) -> AppendResp:
    """Answer one Append. Raises Refusal, ValueError."""
    try:
        return await _append(node, requests, call)
    except Exception:
        await drain(requests)
        raise


async def drain(requests: AsyncIterator[object]) -> None:
    """Take in what the client still sends, for a moment."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(PATIENCE):
            async for _ in requests:
                pass


def proposed(message: streams_pb2.AppendReq.ProposedMessage | streams_pb2.BatchAppendReq.ProposedMessage) -> Proposed:
    """An event to append. Raises Invalid when its type or content type is missing, ValueError when its id is none."""
    kind, content = (_required(message.metadata, name) for name in ("type", "content-type"))
    id = uuid_of(message.id).bytes
    return Proposed(id, kind, content == "application/json", message.data, message.custom_metadata)


def writable(stream: str) -> str:
    """A stream one may write to. Raises AccessDenied, ValueError."""
    if not stream:
        raise ValueError("a stream has a name")
    if stream == "$all":
        raise AccessDenied
    return stream


async def delete(node: Node, request: streams_pb2.DeleteReq, call: Call) -> streams_pb2.DeleteResp:
    """Answer one Delete. Raises Refusal, ValueError."""
    stream, expected = _target(request.options)
    written = await node.writer(call).write(lambda ledger: ledger.delete(stream, expected), node.options.write_timeout)
    position = streams_pb2.DeleteResp.Position(commit_position=written.position, prepare_position=written.position)
    return streams_pb2.DeleteResp(position=position)


async def tombstone(node: Node, request: streams_pb2.TombstoneReq, call: Call) -> streams_pb2.TombstoneResp:
    """Answer one Tombstone. Raises Refusal, ValueError."""
    stream, expected = _target(request.options)
    written = await node.writer(call).write(
        lambda ledger: ledger.tombstone(stream, expected), node.options.write_timeout
    )
    position = streams_pb2.TombstoneResp.Position(commit_position=written.position, prepare_position=written.position)
    return streams_pb2.TombstoneResp(position=position)


async def _append(node: Node, requests: Requests[streams_pb2.AppendReq], call: Call) -> AppendResp:
    node.access.check(call, writes=True)
    first = await anext(requests, None)
    if first is None or first.WhichOneof("content") != "options":
        raise ValueError("the first message of an append tells its options")
    stream = writable(stream_name(first.options.stream_identifier))
    expected = expected_version(first.options, "expected_stream_revision", "revision")
    events: list[Proposed] = []
    size = 0
    async for request in requests:
        if request.WhichOneof("content") != "proposed_message":
            raise ValueError("the further messages of an append are its events")
        events.append(proposed(request.proposed_message))
        size += events[-1].size
        if size > node.options.max_append_size:
            raise TooLarge(node.options.max_append_size)
    try:
        written = await node.writer(call).write(
            lambda ledger: ledger.append(stream, expected, events), node.options.write_timeout
        )
    except WrongVersion as wrong:
        return AppendResp(wrong_expected_version=_wrong(wrong))
    node.replied()
    return AppendResp(success=_success(written))


def _success(written: Written) -> AppendResp.Success:
    position = AppendResp.Position(commit_position=written.position, prepare_position=written.position)
    if written.revision < 0:
        return AppendResp.Success(no_stream=shared_pb2.Empty(), position=position)
    return AppendResp.Success(current_revision=written.revision, position=position)


def _wrong(wrong: WrongVersion) -> AppendResp.WrongExpectedVersion:
    """With the fields of 20.6.0 as well, which know no expected `no_stream`: there it is the revision -1."""
    message = AppendResp.WrongExpectedVersion()
    if wrong.current < 0:
        message.current_no_stream.SetInParent()
        message.no_stream_20_6_0.SetInParent()
    else:
        message.current_revision = message.current_revision_20_6_0 = wrong.current
    mark(message, "expected_revision", "expected_", wrong.expected)
    if wrong.expected == ANY:
        message.any_20_6_0.SetInParent()
    elif wrong.expected == EXISTS:
        message.stream_exists_20_6_0.SetInParent()
    else:
        message.expected_revision_20_6_0 = 2**64 - 1 if wrong.expected == NO_STREAM else wrong.expected
    return message


def _target(options: Any) -> tuple[str, int]:
    stream = writable(stream_name(options.stream_identifier))
    return stream, expected_version(options, "expected_stream_revision", "revision")


def _required(metadata: Mapping[str, str], name: str) -> str:
    if name not in metadata:
        raise Invalid(
            f"Required Metadata Property '{name}' is missing",
            exception="missing-required-metadata-property",
            required_metadata_properties="type,content-type",
        )
    return metadata[name]
