"""Streams.BatchAppend: any number of appends on one stream of messages, told apart by their correlation ids."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field

from tests.esdb_server.append import drain, proposed, writable
from tests.esdb_server.commits import Proposed, Written
from tests.esdb_server.errors import AccessDenied, Invalid, Refusal, TimedOut, TooLarge, expected_version
from tests.esdb_server.node import Node
from tests.esdb_server.wire import Call, Requests, empty_pb2, shared_pb2, stream_name, streams_pb2, uuid_of
from tests.esdb_server.writer import Operation

Request = streams_pb2.BatchAppendReq
BatchAppendResp = streams_pb2.BatchAppendResp


@dataclass(slots=True)
class Pending:
    """An append whose last message may not have come yet."""

    correlation: shared_pb2.UUID
    stream: shared_pb2.StreamIdentifier
    expected: int
    expires: float
    events: list[Proposed] = field(default_factory=list)
    alarm: asyncio.TimerHandle | None = None


async def batch_append(node: Node, requests: Requests[Request], call: Call) -> None:
    """Answer one BatchAppend. Raises Refusal when the call as a whole ends: no leader here, or a reply to lose."""
    worker = Worker(node, call)
    try:
        async with asyncio.TaskGroup() as tasks:
            worker.tasks = tasks
            async for request in requests:
                worker.take(request)
    except BaseExceptionGroup as group:
        refusals = group.subgroup(Refusal)
        if refusals is None:
            raise
        await drain(requests)
        raise _first(refusals) from None


class Worker:
    """The appends under way on one call. Their order is the writer's queue's; their answers come as they come."""

    tasks: asyncio.TaskGroup

    def __init__(self, node: Node, call: Call) -> None:
        self._node, self._call = node, call
        self._pending: dict[bytes, Pending] = {}
        self._pen = asyncio.Lock()

    def take(self, request: Request) -> None:
        """One message. Raises NotLeader, Unavailable, NotAuthenticated."""
        key = request.correlation_id.SerializeToString()
        try:
            if request.HasField("options"):
                self._open(key, request)
            if key in self._pending:
                self._add(key, request)
        except (TimedOut, TooLarge, AccessDenied, Invalid, ValueError) as error:
            refusal = error if isinstance(error, Refusal) else Invalid(str(error))
            pending = self._close(key)
            stream = pending.stream if pending else request.options.stream_identifier
            self.tasks.create_task(self._write(request.correlation_id, stream, refusal))

    def _open(self, key: bytes, request: Request) -> None:
        options = request.options
        self._node.access.check(self._call, writes=True)
        if not options.HasField("stream_identifier"):
            raise Invalid("Required field StreamIdentifier not set.")
        uuid_of(request.correlation_id)
        writable(stream_name(options.stream_identifier))
        timeout = min(_requested(options), self._node.options.write_timeout)
        if timeout <= 0:
            raise TimedOut("Operation timed out")
        expected = expected_version(options, "expected_stream_position", "stream_position")
        pending = Pending(request.correlation_id, options.stream_identifier, expected, time.monotonic() + timeout)
        pending.alarm = asyncio.get_running_loop().call_later(timeout, self._expire, key)
        self._pending.setdefault(key, pending)

    def _add(self, key: bytes, request: Request) -> None:
        pending = self._pending[key]
        pending.events.extend(proposed(message) for message in request.proposed_messages)
        if sum(event.size for event in pending.events) > self._node.options.max_append_size:
            raise TooLarge(self._node.options.max_append_size)
        if request.is_final:
            writer, left = self._node.writer(self._call), pending.expires - time.monotonic()
            answer = writer.submit(_operation(pending), left)
            self._close(key)
            self.tasks.create_task(self._answer(pending, writer.settled(answer, left)))

    async def _answer(self, pending: Pending, answer: Coroutine[None, None, Written]) -> None:
        try:
            outcome: Written | Refusal = await answer
        except Refusal as refusal:
            outcome = refusal
        else:
            self._node.replied()
        await self._write(pending.correlation, pending.stream, outcome)

    def _expire(self, key: bytes) -> None:
        pending = self._close(key)
        if pending is not None:
            self.tasks.create_task(self._write(pending.correlation, pending.stream, TimedOut("Operation timed out")))

    def _close(self, key: bytes) -> Pending | None:
        pending = self._pending.pop(key, None)
        if pending is not None and pending.alarm is not None:
            pending.alarm.cancel()
        return pending

    async def _write(
        self, correlation: shared_pb2.UUID, stream: shared_pb2.StreamIdentifier, outcome: Written | Refusal
    ) -> None:
        response = BatchAppendResp(correlation_id=correlation, stream_identifier=stream)
        if isinstance(outcome, Refusal):
            response.error.CopyFrom(outcome.status())
        else:
            response.success.position.commit_position = outcome.position
            response.success.position.prepare_position = outcome.position
            if outcome.revision < 0:
                response.success.no_stream.CopyFrom(empty_pb2.Empty())
            else:
                response.success.current_revision = outcome.revision
        async with self._pen:
            await self._call.write(response)


def _operation(pending: Pending) -> Operation:
    stream = stream_name(pending.stream)
    return lambda ledger: ledger.append(stream, pending.expected, pending.events)


def _first(group: BaseExceptionGroup[Refusal]) -> Refusal:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _requested(options: Request.Options) -> float:
    """Seconds until the deadline, in whichever form it came."""
    match options.WhichOneof("deadline_option"):
        case "deadline":
            return float(options.deadline.seconds + options.deadline.nanos / 1e9)
        case "deadline_21_10_0":
            moment = options.deadline_21_10_0
            return float(moment.seconds + moment.nanos / 1e9 - time.time())
        case _:
            return float("inf")
