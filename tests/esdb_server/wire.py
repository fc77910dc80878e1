"""The edge to gRPC and to the generated messages: the only place where types are taken on trust."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, NoReturn, Protocol, TypeVar
from uuid import UUID

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from esdbclient.protos.Grpc import (
    code_pb2,
    gossip_pb2,
    gossip_pb2_grpc,
    shared_pb2,
    status_pb2,
    streams_pb2,
    streams_pb2_grpc,
)
from google.protobuf import any_pb2, empty_pb2  # type: ignore[import-untyped]
from google.protobuf.message import Message  # type: ignore[import-untyped]

__all__ = [
    "Call",
    "Code",
    "Message",
    "Requests",
    "any_pb2",
    "code_pb2",
    "empty_pb2",
    "gossip_pb2",
    "gossip_pb2_grpc",
    "grpc",
    "shared_pb2",
    "status_pb2",
    "stream_name",
    "streams_pb2",
    "streams_pb2_grpc",
    "structured",
    "uuid_of",
]

Code: Any = grpc.StatusCode
T = TypeVar("T")
Requests = AsyncIterator[T]


class Call(Protocol):
    """What the server uses of `grpc.aio.ServicerContext`."""

    async def abort(
        self, code: Any, details: str = "", trailing_metadata: tuple[tuple[str, str], ...] = ()
    ) -> NoReturn:
        """End the call with an error."""

    async def write(self, message: object) -> None:
        """Send one message of a stream of answers; not twice at a time."""

    def invocation_metadata(self) -> Sequence[tuple[str, str | bytes]] | None:
        """What the client sent along."""


def stream_name(identifier: shared_pb2.StreamIdentifier) -> str:
    """Stream names travel as UTF-8 bytes."""
    return identifier.stream_name.decode()


def uuid_of(message: shared_pb2.UUID) -> UUID:
    """From either form. Raises ValueError."""
    if message.WhichOneof("value") != "structured":
        return UUID(message.string)
    halves = message.structured.most_significant_bits, message.structured.least_significant_bits
    return UUID(bytes=b"".join(half.to_bytes(8, "big", signed=True) for half in halves))


def structured(id: UUID) -> shared_pb2.UUID:
    """As two signed halves."""
    high, low = (int.from_bytes(half, "big", signed=True) for half in (id.bytes[:8], id.bytes[8:]))
    return shared_pb2.UUID(
        structured=shared_pb2.UUID.Structured(most_significant_bits=high, least_significant_bits=low)
    )
