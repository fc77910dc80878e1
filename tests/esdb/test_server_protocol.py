"""What no client here asks for and others do: the messages themselves, through the generated stubs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.esdb_server.process import EsdbServer
from tests.esdb_server.wire import Code, grpc, shared_pb2, streams_pb2, streams_pb2_grpc, structured, uuid_of

# Nested messages may be given as dictionaries, which the generated types do not know.
pb: Any = streams_pb2
EMPTY = shared_pb2.Empty()
LIMIT = 64 * 1024


@pytest.fixture
async def stub(server: EsdbServer) -> AsyncIterator[Any]:
    async with grpc.aio.insecure_channel(server.target) as channel:
        yield streams_pb2_grpc.StreamsStub(channel)  # type: ignore[no-untyped-call]


def named(stream: str) -> shared_pb2.StreamIdentifier:
    return shared_pb2.StreamIdentifier(stream_name=stream.encode())


def proposal(**metadata: str) -> Any:
    message = pb.AppendReq.ProposedMessage(id=structured(uuid4()), metadata=metadata, data=b"{}")
    return pb.AppendReq(proposed_message=message)


def append(stream: str, *proposals: Any, **expected: Any) -> Iterable[Any]:
    options = pb.AppendReq.Options(stream_identifier=named(stream), **(expected or {"any": EMPTY}))
    return iter([pb.AppendReq(options=options), *proposals])


JSON = {"type": "Happened", "content-type": "application/json"}


def batch(
    stream: str | None, correlation: UUID, count: int = 1, *, final: bool = True, size: int = 2, **options: Any
) -> Any:
    messages = [
        pb.BatchAppendReq.ProposedMessage(
            id=shared_pb2.UUID(string=str(uuid4())), metadata=JSON, data=b"x" * size, custom_metadata=b""
        )
        for _ in range(count)
    ]
    request = pb.BatchAppendReq(correlation_id=structured(correlation), proposed_messages=messages, is_final=final)
    if stream is not None:
        request.options.stream_identifier.CopyFrom(named(stream))
        request.options.MergeFrom(pb.BatchAppendReq.Options(**options))
        if request.options.WhichOneof("expected_stream_position") is None:
            request.options.any.SetInParent()
    return request


def reading(stream: str, **options: Any) -> Any:
    chosen = pb.ReadReq.Options.StreamOptions(stream_identifier=named(stream), start=EMPTY)
    request = pb.ReadReq.Options(stream=chosen, no_filter=EMPTY, count=100, uuid_option={"string": EMPTY})
    request.MergeFrom(pb.ReadReq.Options(**options))
    return pb.ReadReq(options=request)


async def answers(call: Any) -> list[Any]:
    return [answer async for answer in call]


async def failure(call: Any) -> Any:
    """The error a call ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await (answers(call) if hasattr(call, "__aiter__") and not hasattr(call, "__await__") else call)
    return caught.value


def trailers(error: Any) -> dict[str, str]:
    return dict(list(error.trailing_metadata()))


async def test_ids_travel_in_either_form(stub: Any, stream: str) -> None:
    sent = proposal(**JSON)
    await stub.Append(append(stream, sent))
    id = uuid_of(sent.proposed_message.id)
    for form in ("string", "structured"):
        (answer,) = await answers(stub.Read(reading(stream, uuid_option={form: EMPTY})))
        assert answer.event.event.id.WhichOneof("value") == form
        assert uuid_of(answer.event.event.id) == id


async def test_an_event_carries_its_ticks_and_positions(stub: Any, stream: str) -> None:
    done = await stub.Append(append(stream, proposal(**JSON)))
    (answer,) = await answers(stub.Read(reading(stream)))
    event, position = answer.event.event, done.success.position
    assert (event.commit_position, event.prepare_position) == (position.commit_position, position.prepare_position)
    assert answer.event.commit_position == position.commit_position
    assert not answer.event.HasField("link")
    assert abs(int(event.metadata["created"]) / 1e7 - time.time()) < 60
    assert event.metadata["content-type"] == "application/json"


async def test_a_reader_that_says_so_is_told_the_first_and_last_revision(stub: Any, stream: str) -> None:
    await stub.Append(append(stream, *(proposal(**JSON) for _ in range(3))))
    found = await answers(stub.Read(reading(stream, control_option={"compatibility": 1})))
    assert [answer.WhichOneof("content") for answer in found] == [
        "first_stream_position",
        *["event"] * 3,
        "last_stream_position",
    ]
    assert found[-1].last_stream_position == 2


async def test_a_missing_stream_is_an_answer_and_not_an_error(stub: Any, stream: str) -> None:
    (answer,) = await answers(stub.Read(reading(stream)))
    assert answer.stream_not_found.stream_identifier.stream_name == stream.encode()


async def test_a_conflict_is_told_in_the_fields_of_every_version(stub: Any, stream: str) -> None:
    wrong = (await stub.Append(append(stream, proposal(**JSON), revision=4))).wrong_expected_version
    assert wrong.WhichOneof("current_revision_option") == "current_no_stream"
    assert wrong.WhichOneof("current_revision_option_20_6_0") == "no_stream_20_6_0"
    assert (wrong.expected_revision, wrong.expected_revision_20_6_0) == (4, 4)
    await stub.Append(append(stream, proposal(**JSON)))
    wrong = (await stub.Append(append(stream, proposal(**JSON), no_stream=EMPTY))).wrong_expected_version
    assert wrong.WhichOneof("expected_revision_option") == "expected_no_stream"
    assert (wrong.current_revision, wrong.current_revision_20_6_0) == (0, 0)
    wrong = (await stub.Append(append(f"{stream}-b", stream_exists=EMPTY))).wrong_expected_version
    assert wrong.WhichOneof("expected_revision_option") == "expected_stream_exists"
    assert wrong.WhichOneof("expected_revision_option_20_6_0") == "stream_exists_20_6_0"


@pytest.mark.parametrize("missing", ["type", "content-type"])
async def test_an_event_needs_a_type_and_a_content_type(stub: Any, stream: str, missing: str) -> None:
    given = {name: value for name, value in JSON.items() if name != missing}
    error = await failure(stub.Append(append(stream, proposal(**given))))
    assert (error.code(), error.details()) == (
        Code.INVALID_ARGUMENT,
        f"Required Metadata Property '{missing}' is missing",
    )
    assert trailers(error) == {
        "exception": "missing-required-metadata-property",
        "required-metadata-properties": "type,content-type",
    }


async def test_every_refusal_carries_its_trailers(stub: Any, stream: str) -> None:
    await stub.Append(append(stream, proposal(**JSON)))
    wrong = pb.DeleteReq.Options(stream_identifier=named(stream), revision=7)
    error = await failure(stub.Delete(pb.DeleteReq(options=wrong)))
    assert error.code() == Code.FAILED_PRECONDITION
    assert error.details() == (
        f"Delete failed due to WrongExpectedVersion. Stream: {stream}, Expected version: 7, Actual version: 0"
    )
    assert trailers(error) == {
        "exception": "wrong-expected-version",
        "stream-name": stream,
        "expected-version": "7",
        "actual-version": "0",
    }
    options = pb.TombstoneReq.Options(stream_identifier=named(stream), any=EMPTY)
    done = await stub.Tombstone(pb.TombstoneReq(options=options))
    assert done.position.commit_position > 0
    for call in (
        stub.Append(append(stream, proposal(**JSON))),
        stub.Read(reading(stream)),
        stub.Tombstone(pb.TombstoneReq(options=options)),
    ):
        error = await failure(call)
        assert (error.code(), error.details()) == (Code.FAILED_PRECONDITION, f"Event stream '{stream}' is deleted.")
        assert trailers(error) == {"exception": "stream-deleted", "stream-name": stream}
    large = pb.AppendReq(
        proposed_message=pb.AppendReq.ProposedMessage(id=structured(uuid4()), metadata=JSON, data=b"x" * LIMIT)
    )
    error = await failure(stub.Append(append(f"{stream}-b", large)))
    assert (error.code(), error.details()) == (Code.INVALID_ARGUMENT, f"Maximum Append Size of {LIMIT} Exceeded.")
    assert trailers(error) == {"exception": "maximum-append-size-exceeded", "maximum-append-size": str(LIMIT)}


@pytest.mark.parametrize(
    "options",
    [
        {"read_direction": pb.ReadReq.Options.Backwards, "subscription": {}},
        {"filter": {"count": EMPTY, "event_type": {"regex": "x"}, "checkpointIntervalMultiplier": 1}},
        {"all": {"start": EMPTY}, "filter": {"count": EMPTY, "event_type": {"regex": "("}}},
        {"all": {"start": EMPTY}, "filter": {"event_type": {"regex": "x"}}},
        {"all": {"start": EMPTY}, "subscription": {}, "filter": {"count": EMPTY, "event_type": {"regex": "x"}}},
    ],
)
async def test_a_reading_that_makes_no_sense_is_refused(stub: Any, stream: str, options: dict[str, Any]) -> None:
    error = await failure(stub.Read(reading(stream, **options)))
    assert (error.code(), error.details()) == (Code.UNKNOWN, "Exception was thrown by handler.")


async def test_an_append_without_options_is_refused(stub: Any) -> None:
    senseless: list[list[Any]] = [[], [proposal(**JSON)], list(append("", proposal(**JSON)))]
    for requests in senseless:
        error = await failure(stub.Append(iter(requests)))
        assert (error.code(), error.details()) == (Code.UNKNOWN, "Exception was thrown by handler.")
    error = await failure(stub.Append(append("$all", proposal(**JSON))))
    assert error.code() == Code.PERMISSION_DENIED


async def test_one_call_carries_many_appends_told_apart_by_their_ids(stub: Any, stream: str) -> None:
    requests = {uuid4(): f"{stream}.{number % 4}" for number in range(40)}
    call = stub.BatchAppend(iter([batch(name, id) for id, name in requests.items()]))
    found = await answers(call)
    assert {
        uuid_of(answer.correlation_id): answer.stream_identifier.stream_name.decode() for answer in found
    } == requests
    assert sorted(answer.success.current_revision for answer in found) == sorted(list(range(10)) * 4)
    assert len({answer.success.position.commit_position for answer in found}) == 40


async def test_an_append_waits_for_its_last_message_while_others_pass(stub: Any, stream: str) -> None:
    long, short = uuid4(), uuid4()
    call = stub.BatchAppend()
    await call.write(batch(stream, long, 2, final=False))
    await call.write(batch(f"{stream}-b", short))
    first = await call.read()
    assert uuid_of(first.correlation_id) == short
    await call.write(batch(None, long, 1, final=False))
    await call.write(batch(None, long, 1))
    second = await call.read()
    assert (uuid_of(second.correlation_id), second.success.current_revision) == (long, 3)
    await call.done_writing()
    assert await call.read() == grpc.aio.EOF


async def test_an_append_that_is_never_finished_times_out(stub: Any, stream: str) -> None:
    call = stub.BatchAppend()
    id = uuid4()
    await call.write(batch(stream, id, final=False, deadline={"nanos": 100_000_000}))
    answer = await asyncio.wait_for(call.read(), 5)
    assert (uuid_of(answer.correlation_id), answer.error.code) == (id, Code.DEADLINE_EXCEEDED.value[0])
    assert answer.error.details.Is(shared_pb2.Timeout.DESCRIPTOR)
    await call.write(batch(None, id))
    await call.done_writing()
    assert await call.read() == grpc.aio.EOF
    (missing,) = await answers(stub.Read(reading(stream)))
    assert missing.WhichOneof("content") == "stream_not_found"


@pytest.mark.parametrize(
    "deadline", [{"deadline": {"seconds": 0}}, {"deadline": {"seconds": -1}}, {"deadline_21_10_0": {"seconds": 1}}]
)
async def test_a_deadline_in_the_past_is_over(stub: Any, stream: str, deadline: dict[str, Any]) -> None:
    (answer,) = await answers(stub.BatchAppend(iter([batch(stream, uuid4(), **deadline)])))
    assert answer.error.details.Is(shared_pb2.Timeout.DESCRIPTOR)


async def test_a_deadline_of_the_older_kind_is_a_moment(stub: Any, stream: str) -> None:
    moment = {"seconds": int(time.time()) + 60}
    (answer,) = await answers(stub.BatchAppend(iter([batch(stream, uuid4(), deadline_21_10_0=moment)])))
    assert answer.success.current_revision == 0


async def test_one_bad_append_does_not_spoil_the_others_of_its_call(stub: Any, stream: str) -> None:
    nameless = pb.BatchAppendReq(correlation_id=structured(uuid4()), is_final=True)
    nameless.options.any.SetInParent()
    careless = batch(stream, uuid4())
    del careless.proposed_messages[0].metadata["type"]
    expecting = batch(stream, uuid4(), stream_position=9)
    huge = batch(stream, uuid4(), 2, size=LIMIT // 2 + 1)
    good = batch(stream, uuid4())
    requests = [nameless, careless, expecting, huge, good]
    found = {uuid_of(a.correlation_id): a for a in await answers(stub.BatchAppend(iter(requests)))}
    in_order = [found[uuid_of(request.correlation_id)] for request in requests]
    kinds = [a.error.details.TypeName() if a.WhichOneof("result") == "error" else "success" for a in in_order]
    assert kinds == [
        "event_store.client.BadRequest",
        "event_store.client.BadRequest",
        "event_store.client.WrongExpectedVersion",
        "event_store.client.MaximumAppendSizeExceeded",
        "success",
    ]
    codes = [a.error.code for a in in_order]
    names = [Code.INVALID_ARGUMENT, Code.INVALID_ARGUMENT, Code.ALREADY_EXISTS, Code.INVALID_ARGUMENT]
    assert codes == [*(code.value[0] for code in names), 0]
    assert in_order[2].error.message == "WrongExpectedVersion"
    assert in_order[2].error.details.type_url == "type.googleapis.com/event_store.client.WrongExpectedVersion"


async def test_prefixes_filter_like_expressions(stub: Any, stream: str) -> None:
    for name in ("a", "b", "c"):
        await stub.Append(append(f"{stream}.{name}", proposal(**JSON)))
    prefixes = [f"{stream}.a", f"{stream}.c"]
    options = {"all": {"start": EMPTY}, "filter": {"count": EMPTY, "stream_identifier": {"prefix": prefixes}}}
    found = await answers(stub.Read(reading(stream, **options)))
    assert [answer.event.event.stream_identifier.stream_name.decode() for answer in found] == prefixes


async def test_what_is_not_there_is_not_implemented(server: EsdbServer) -> None:
    path = "/event_store.client.persistent_subscriptions.PersistentSubscriptions/List"
    async with grpc.aio.insecure_channel(server.target) as channel:
        error = await failure(channel.unary_unary(path)(b""))
    assert error.code() == Code.UNIMPLEMENTED
