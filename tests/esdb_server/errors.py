"""What the server refuses and how it says so: as a gRPC error with trailers, and inside an answer of BatchAppend."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from tests.esdb_server.wire import Call, Code, Message, any_pb2, code_pb2, empty_pb2, shared_pb2, status_pb2

ANY, EXISTS, NO_STREAM = -2, -4, -1
"""Expected versions that are no revision, by the numbers the real server writes in its trailers."""
log = logging.getLogger(__name__)


class Refusal(Exception):
    """An error of one call. `inside`: its code, message and details when it travels inside an answer."""

    code: Any = Code.UNKNOWN
    inside: tuple[code_pb2.Code.ValueType, str, Message] = (code_pb2.UNKNOWN, "Unknown", shared_pb2.Unknown())

    def __init__(self, text: str, **trailers: object) -> None:
        super().__init__(text)
        self.text = text
        ascii_only = {name: str(value).encode("ascii", "replace").decode() for name, value in trailers.items()}
        self.trailers = tuple((name.replace("_", "-"), value) for name, value in ascii_only.items())

    def status(self) -> status_pb2.Status:
        """The form that fits in an answer of BatchAppend."""
        code, message, details = self.inside
        packed = any_pb2.Any()
        packed.Pack(details)
        return status_pb2.Status(code=code, message=message, details=packed)


class WrongVersion(Refusal):
    """The stream is not where the caller expects it."""

    code = Code.FAILED_PRECONDITION

    def __init__(self, stream: str, expected: int, current: int) -> None:
        super().__init__(
            f"Delete failed due to WrongExpectedVersion. Stream: {stream}, Expected version: {expected}, "
            f"Actual version: {current}",
            exception="wrong-expected-version",
            stream_name=stream,
            expected_version=expected,
            actual_version=current,
        )
        self.expected, self.current = expected, current
        details = shared_pb2.WrongExpectedVersion()
        if current < 0:
            details.current_no_stream.SetInParent()
        else:
            details.current_stream_revision = current
        mark(details, "expected_stream_position", "expected_", expected)
        self.inside = code_pb2.ALREADY_EXISTS, "WrongExpectedVersion", details


class StreamDeleted(Refusal):
    """The stream was hard deleted (or soft deleted, where an existing one is expected)."""

    code = Code.FAILED_PRECONDITION

    def __init__(self, stream: str) -> None:
        super().__init__(f"Event stream '{stream}' is deleted.", exception="stream-deleted", stream_name=stream)
        identifier = shared_pb2.StreamIdentifier(stream_name=stream.encode())
        self.inside = code_pb2.NOT_FOUND, "StreamDeleted", shared_pb2.StreamDeleted(stream_identifier=identifier)


class TooLarge(Refusal):
    """More bytes in one append than the server takes."""

    code = Code.INVALID_ARGUMENT

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"Maximum Append Size of {limit} Exceeded.",
            exception="maximum-append-size-exceeded",
            maximum_append_size=limit,
        )
        details = shared_pb2.MaximumAppendSizeExceeded(maxAppendSize=limit)
        self.inside = code_pb2.INVALID_ARGUMENT, "Maximum Append Size Exceeded", details


class TimedOut(Refusal):
    """The deadline passed before the write was known to be durable: it may have happened."""

    code = Code.ABORTED
    inside = code_pb2.DEADLINE_EXCEEDED, "Timeout", shared_pb2.Timeout()


class AccessDenied(Refusal):
    """Nobody in particular asks, or somebody who may not write."""

    code = Code.PERMISSION_DENIED
    inside = code_pb2.PERMISSION_DENIED, "Access Denied", shared_pb2.AccessDenied()

    def __init__(self) -> None:
        super().__init__("Access Denied", exception="access-denied")


class NotAuthenticated(Refusal):
    """The password is wrong."""

    code = Code.UNAUTHENTICATED


class Invalid(Refusal):
    """A request that makes no sense."""

    code = Code.INVALID_ARGUMENT

    def __init__(self, text: str, **trailers: object) -> None:
        super().__init__(text, **trailers)
        self.inside = code_pb2.INVALID_ARGUMENT, "Bad Request", shared_pb2.BadRequest(message=text)


class NotLeader(Refusal):
    """Ask the leader, whose address is in the trailers."""

    code = Code.NOT_FOUND

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            "Leader info available", exception="not-leader", leader_endpoint_host=host, leader_endpoint_port=port
        )


class Unavailable(Refusal):
    """No leader at the moment, or the server stops, or the reply was lost on order."""

    code = Code.UNAVAILABLE


def mark(message: Message, revision: str, prefix: str, expected: int) -> None:
    """Set the branch of a message that tells an expected version."""
    if expected >= 0:
        setattr(message, revision, expected)
    else:
        name = {ANY: "any", EXISTS: "stream_exists", NO_STREAM: "no_stream"}[expected]
        value = getattr(message, prefix + name)
        value.CopyFrom(empty_pb2.Empty() if isinstance(value, empty_pb2.Empty) else shared_pb2.Empty())


def expected_version(options: Any, branch: str, revision: str) -> int:
    """The expected version a request states. Raises Invalid when it states none."""
    chosen = options.WhichOneof(branch)
    if chosen == revision:
        return int(getattr(options, revision))
    try:
        return {"any": ANY, "stream_exists": EXISTS, "no_stream": NO_STREAM}[chosen]
    except KeyError:
        raise Invalid(f"'{chosen}' is not a valid expected version") from None


@contextlib.asynccontextmanager
async def answering(call: Call) -> AsyncIterator[None]:
    """Turn what is raised into the end of the call, in the real server's words."""
    try:
        yield
    except Refusal as refusal:
        await call.abort(refusal.code, refusal.text, refusal.trailers)
    except (ValueError, LookupError, TypeError) as error:
        log.warning("a request made no sense: %r", error)
        await call.abort(Code.UNKNOWN, "Exception was thrown by handler.")
