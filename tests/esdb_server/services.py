"""The gRPC services: each method hands over to its room and lets `answering` end the call."""

from __future__ import annotations

import time

from tests.esdb_server import append, batch, reading
from tests.esdb_server.errors import answering
from tests.esdb_server.node import Node
from tests.esdb_server.wire import Call, Requests, gossip_pb2, gossip_pb2_grpc, grpc, shared_pb2, streams_pb2
from tests.esdb_server.wire import streams_pb2_grpc as streams_grpc

State = gossip_pb2.MemberInfo.VNodeState
VERSION = "23.10.0"
FEATURES = {"read": ("position", "events"), "batchappend": ("deadline_duration",)}


class Streams(streams_grpc.StreamsServicer):
    """`event_store.client.streams.Streams`."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def Read(self, request: streams_pb2.ReadReq, context: Call) -> None:
        async with answering(context):
            await reading.read(self._node, request, context)

    async def Append(self, requests: Requests[streams_pb2.AppendReq], context: Call) -> streams_pb2.AppendResp | None:
        async with answering(context):
            return await append.append(self._node, requests, context)
        return None

    async def BatchAppend(self, requests: Requests[streams_pb2.BatchAppendReq], context: Call) -> None:
        async with answering(context):
            await batch.batch_append(self._node, requests, context)

    async def Delete(self, request: streams_pb2.DeleteReq, context: Call) -> streams_pb2.DeleteResp | None:
        async with answering(context):
            return await append.delete(self._node, request, context)
        return None

    async def Tombstone(self, request: streams_pb2.TombstoneReq, context: Call) -> streams_pb2.TombstoneResp | None:
        async with answering(context):
            return await append.tombstone(self._node, request, context)
        return None


class Gossip(gossip_pb2_grpc.GossipServicer):
    """`event_store.client.gossip.Gossip`: who is in the cluster, and what each of them is."""

    def __init__(self, node: Node, replicas: frozenset[int] = frozenset()) -> None:
        self._cluster, self._replicas = node.cluster, replicas

    async def Read(self, request: shared_pb2.Empty, context: Call) -> gossip_pb2.ClusterInfo:
        leader = self._cluster.leader()
        members = []
        for member in self._cluster.members:
            follows = State.ReadOnlyReplica if member.port in self._replicas else State.Follower
            members.append(
                gossip_pb2.MemberInfo(
                    instance_id=shared_pb2.UUID(string=str(member.id)),
                    time_stamp=time.time_ns() // 100,
                    state=State.Leader if member == leader else follows,
                    is_alive=self._cluster.alive(member),
                    http_end_point=gossip_pb2.EndPoint(address=member.host, port=member.port),
                )
            )
        return gossip_pb2.ClusterInfo(members=members)


def serve(server: grpc.aio.Server, node: Node, replicas: frozenset[int] = frozenset()) -> None:
    """Add every service to a server."""
    streams_grpc.add_StreamsServicer_to_server(Streams(node), server)  # type: ignore[no-untyped-call]
    gossip_pb2_grpc.add_GossipServicer_to_server(Gossip(node, replicas), server)  # type: ignore[no-untyped-call]
    handler = grpc.unary_unary_rpc_method_handler(_features)
    name = "event_store.client.server_features.ServerFeatures"
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(name, {"GetSupportedMethods": handler})])


async def _features(request: bytes, context: Call) -> bytes:
    """What the npm client asks first. The wheel has no message for it, so it is put together by hand."""
    methods = [
        ("event_store.client.streams.streams", name)
        for name in ("read", "append", "batchappend", "delete", "tombstone")
    ]
    methods += [
        ("event_store.client.gossip.gossip", "read"),
        ("event_store.client.server_features.serverfeatures", "getsupportedmethods"),
    ]
    encoded = b"".join(
        _field(1, _field(1, name.encode()) + _field(2, service.encode()) + _texts(3, FEATURES.get(name, ())))
        for service, name in methods
    )
    return encoded + _field(2, VERSION.encode())


def _texts(number: int, texts: tuple[str, ...]) -> bytes:
    return b"".join(_field(number, text.encode()) for text in texts)


def _field(number: int, value: bytes) -> bytes:
    """A length-delimited field shorter than 128 bytes."""
    return bytes([number << 3 | 2, len(value)]) + value
