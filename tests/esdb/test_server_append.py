"""What every client is promised when it appends: expected versions, idempotency, all or nothing, sizes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from esdbclient import NewEvent, StreamState
from esdbclient.exceptions import (
    FailedPrecondition,
    GrpcError,
    MaximumAppendSizeExceededError,
    StreamIsDeleted,
    WrongCurrentVersion,
)

from tests.esdb_server.process import EsdbServer
from tests.support.esdb import Client, Version, connect, event, events

ANY, EXISTS, NO_STREAM = StreamState.ANY, StreamState.EXISTS, StreamState.NO_STREAM
LIMIT = 64 * 1024
# Appending one event alone, the client maps a deleted stream to its parent error.
DELETED = (StreamIsDeleted, FailedPrecondition)


async def test_an_event_comes_back_as_it_was_appended(writer: Client, stream: str) -> None:
    sent = NewEvent(type="OrdreReçu", data='{"é": 1}'.encode(), metadata=b'{"who": "x"}', id=uuid4())
    position = await writer.append(stream, NO_STREAM, sent)
    (found,) = await writer.read(stream)
    assert (found.id, found.type, found.data, found.metadata) == (sent.id, sent.type, sent.data, sent.metadata)
    assert (found.stream_name, found.stream_position, found.content_type) == (stream, 0, "application/json")
    assert (found.commit_position, found.prepare_position) == (position, position)
    assert found.recorded_at is not None
    assert abs(datetime.now(UTC) - found.recorded_at) < timedelta(minutes=1)


@pytest.mark.parametrize("content", ["application/octet-stream", "text/plain"])
async def test_what_is_not_json_is_bytes(writer: Client, stream: str, content: str) -> None:
    blob = bytes(range(256))
    sent = NewEvent(type="Blob", data=blob, content_type=content, metadata=blob)  # type: ignore[arg-type]
    await writer.append(stream, NO_STREAM, sent)
    (found,) = await writer.read(stream)
    assert (found.data, found.metadata, found.content_type) == (blob, blob, "application/octet-stream")


async def test_revisions_count_from_zero_and_positions_leave_gaps(writer: Client, stream: str) -> None:
    first = await writer.append(stream, NO_STREAM, *events(3))
    second = await writer.append(stream, 2, *events(2))
    found = await writer.read(stream)
    assert [item.stream_position for item in found] == [0, 1, 2, 3, 4]
    positions = [item.commit_position or 0 for item in found]
    assert (positions[2], positions[4]) == (first, second)
    assert positions[0] > 3
    assert all(later - earlier > 1 for earlier, later in pairwise(positions))


EXPECTATIONS: list[tuple[str, Version, str]] = [
    ("missing", NO_STREAM, "ok"),
    ("missing", ANY, "ok"),
    ("missing", EXISTS, "wrong"),
    ("missing", 0, "wrong"),
    ("described", NO_STREAM, "ok"),
    ("described", EXISTS, "ok"),
    ("existing", NO_STREAM, "wrong"),
    ("existing", ANY, "ok"),
    ("existing", EXISTS, "ok"),
    ("existing", 0, "wrong"),
    ("existing", 1, "ok"),
    ("existing", 2, "wrong"),
    ("deleted", NO_STREAM, "ok"),
    ("deleted", ANY, "ok"),
    ("deleted", EXISTS, "deleted"),
    ("deleted", 0, "wrong"),
    ("deleted", 1, "ok"),
    ("deleted", 2, "wrong"),
    ("tombstoned", NO_STREAM, "deleted"),
    ("tombstoned", ANY, "deleted"),
    ("tombstoned", EXISTS, "deleted"),
    ("tombstoned", 0, "deleted"),
    ("tombstoned", 1, "deleted"),
]


@pytest.mark.parametrize(("state", "expected", "outcome"), EXPECTATIONS)
async def test_an_append_goes_by_what_it_expects(
    writer: Client, stream: str, state: str, expected: Version, outcome: str
) -> None:
    await prepare(writer, stream, state)
    before = await shown(writer, stream, state)
    attempt = writer.append(stream, expected, event())
    if outcome == "ok":
        await attempt
        # A stream that was deleted shows what came after, numbered on.
        assert await shown(writer, stream, state) == [*before, 2 if state in ("existing", "deleted") else 0]
        return
    with pytest.raises(WrongCurrentVersion if outcome == "wrong" else DELETED):
        await attempt
    assert await shown(writer, stream, state) == before


async def prepare(client: Client, stream: str, state: str) -> None:
    if state == "described":
        await client.describe(stream, {"owner": "x"})
    if state in ("existing", "deleted", "tombstoned"):
        await client.append(stream, NO_STREAM, *events(2))
    if state == "deleted":
        await client.delete(stream, 1)
    if state == "tombstoned":
        await client.tombstone(stream, 1)


async def shown(client: Client, stream: str, state: str) -> list[int]:
    return [] if state == "tombstoned" else await client.revisions(stream)


async def test_a_wrong_version_tells_the_current_one(writer: Client, stream: str) -> None:
    with pytest.raises(WrongCurrentVersion, match="does not exist"):
        await writer.append(stream, 3, event())
    await writer.append(stream, NO_STREAM, *events(2))
    with pytest.raises(WrongCurrentVersion, match="last event is 1 not 0"):
        await writer.append(stream, 0, event())


@pytest.mark.parametrize("expected", [NO_STREAM, ANY])
@pytest.mark.parametrize("count", [1, 3])
async def test_an_append_made_twice_happened_once(writer: Client, stream: str, expected: Version, count: int) -> None:
    sent = events(count)
    first = await writer.append(stream, expected, *sent)
    await writer.append(stream, ANY, *events(2))
    assert await writer.append(stream, expected, *sent) == first
    assert len(await writer.read(stream)) == count + 2


async def test_a_repetition_is_known_by_its_place_when_the_version_is_exact(writer: Client, stream: str) -> None:
    await writer.append(stream, NO_STREAM, *events(2))
    sent = events(3)
    first = await writer.append(stream, 1, *sent)
    assert await writer.append(stream, 1, *sent) == first
    assert await writer.append(stream, 1, *sent[:2]) == await position_of(writer, stream, 3)
    for wrong in ([*sent, event()], [sent[0], event()], [sent[1]], [sent[1], sent[2]]):
        with pytest.raises(WrongCurrentVersion):
            await writer.append(stream, 1, *wrong)
    assert await writer.revisions(stream) == [0, 1, 2, 3, 4]


async def position_of(client: Client, stream: str, revision: int) -> int:
    (found,) = await client.read(stream, stream_position=revision, limit=1)
    return found.commit_position or 0


@pytest.mark.parametrize("expected", [ANY, EXISTS])
async def test_a_repetition_is_known_by_its_ids_when_any_version_will_do(
    writer: Client, stream: str, expected: Version
) -> None:
    await writer.append(stream, NO_STREAM, *events(2))
    sent = events(2)
    first = await writer.append(stream, expected, *sent)
    assert await writer.append(stream, expected, *sent) == first
    with pytest.raises(WrongCurrentVersion):
        await writer.append(stream, expected, sent[0], event())
    # Only the first id decides whether an append is looked upon as a repetition.
    await writer.append(stream, expected, event(), sent[0])
    assert await writer.revisions(stream) == [0, 1, 2, 3, 4, 5]


async def test_an_id_belongs_to_its_stream(writer: Client, stream: str) -> None:
    sent = event()
    first = await writer.append(stream, ANY, sent)
    assert await writer.append(f"{stream}-b", ANY, sent) > first
    assert await writer.append(f"{stream}-b", ANY, sent) > first


async def test_an_id_may_come_again_where_the_version_says_so(writer: Client, stream: str) -> None:
    sent = event()
    await writer.append(stream, NO_STREAM, sent)
    await writer.append(stream, 0, sent)
    assert await writer.revisions(stream) == [0, 1]


async def test_a_refused_append_leaves_nothing_behind(writer: Client, stream: str) -> None:
    await writer.append(stream, NO_STREAM, event())
    end = (await writer.read_all(backwards=True, limit=1))[0].commit_position
    with pytest.raises(WrongCurrentVersion):
        await writer.append(stream, 5, *events(3))
    assert (await writer.read_all(backwards=True, limit=1))[0].commit_position == end


async def test_an_empty_append_checks_the_version_and_shows_nothing(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM)
    assert await client.revisions(stream) == []
    await client.append(stream, NO_STREAM, *events(2))
    await client.append(stream, 1)
    with pytest.raises(WrongCurrentVersion):
        await client.append(stream, 0)
    await client.append(stream, 1, event())
    assert await client.revisions(stream) == [0, 1, 2]


async def test_an_append_may_be_as_large_as_the_limit_and_no_larger(writer: Client, stream: str) -> None:
    def sized(size: int) -> NewEvent:
        return event("T" * 10, b"d" * (size - 20 - 7), metadata=b"m" * 7)

    await writer.append(stream, NO_STREAM, sized(LIMIT))
    with pytest.raises((MaximumAppendSizeExceededError, GrpcError), match=str(LIMIT)):
        await writer.append(stream, 0, sized(LIMIT + 1))
    with pytest.raises(MaximumAppendSizeExceededError, match=str(LIMIT)):
        await writer.append(stream, 0, *(sized(LIMIT // 4 + 1) for _ in range(4)))
    assert await writer.revisions(stream) == [0]


async def test_of_many_who_expect_the_same_version_one_succeeds(writer: Client, stream: str) -> None:
    attempts = [writer.append(stream, NO_STREAM, event()) for _ in range(12)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, WrongCurrentVersion) for outcome in outcomes) == 11
    assert await writer.revisions(stream) == [0]


async def test_of_many_who_expect_nothing_all_succeed(writer: Client, stream: str) -> None:
    positions = await asyncio.gather(*(writer.append(stream, ANY, *events(2)) for _ in range(12)))
    assert len(set(positions)) == 12
    found = await writer.read(stream)
    assert [item.stream_position for item in found] == list(range(24))
    assert [item.data for item in found] == [b'{"n": 1}', b'{"n": 2}'] * 12


async def test_repetitions_at_the_same_moment_happen_once(writer: Client, stream: str) -> None:
    sent = events(2)
    positions = await asyncio.gather(*(writer.append(stream, ANY, *sent) for _ in range(12)))
    assert len(set(positions)) == 1
    assert await writer.revisions(stream) == [0, 1]


async def test_a_stream_name_is_any_text(writer: Client, stream: str) -> None:
    for name in (f"{stream} à l'été/☀", f"{stream}-" + "x" * 500):
        await writer.append(name, NO_STREAM, event())
        assert [item.stream_name for item in await writer.read(name)] == [name]


async def test_the_clients_see_what_each_of_them_wrote(server: EsdbServer, stream: str) -> None:
    clients = [await connect(kind, server.uri) for kind in ("append", "batch", "asyncio")]
    for version, client in enumerate(clients):
        await client.append(stream, version - 1 if version else NO_STREAM, event())
    assert [await client.revisions(stream) for client in clients] == [[0, 1, 2]] * 3
    for client in clients:
        await client.close()
