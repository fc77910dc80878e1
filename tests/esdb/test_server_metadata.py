"""What the metadata of a stream does to it, and what is left of a stream that was deleted or ended."""

from __future__ import annotations

import asyncio

import pytest
from esdbclient import StreamState
from esdbclient.exceptions import NotFound, StreamIsDeleted, WrongCurrentVersion

from tests.support.esdb import Client, Version, event, events

ANY, EXISTS, NO_STREAM = StreamState.ANY, StreamState.EXISTS, StreamState.NO_STREAM
END = 2**63 - 1


async def test_metadata_has_versions_and_only_the_last_is_shown(client: Client, stream: str) -> None:
    assert await client.described(stream) == ({}, NO_STREAM)
    await client.describe(stream, {"owner": "a"}, NO_STREAM)
    await client.describe(stream, {"owner": "b", "$maxCount": 3}, 0)
    assert await client.described(stream) == ({"owner": "b", "$maxCount": 3}, 1)
    for wrong in (0, 5, NO_STREAM):
        with pytest.raises(WrongCurrentVersion):
            await client.describe(stream, {"owner": "c"}, wrong)
    assert await client.revisions(f"$${stream}") == [1]
    with pytest.raises(NotFound):
        await client.read(stream)


@pytest.mark.parametrize(
    ("metadata", "shown"),
    [
        ({"$maxCount": 2}, [3, 4]),
        ({"$maxCount": 50}, [0, 1, 2, 3, 4]),
        ({"$tb": 3}, [3, 4]),
        ({"$tb": 5}, []),
        ({"$tb": 1, "$maxCount": 2}, [3, 4]),
        ({"$tb": 4, "$maxCount": 3}, [4]),
        ({"$maxAge": 3600}, [0, 1, 2, 3, 4]),
        ({"owner": "x"}, [0, 1, 2, 3, 4]),
    ],
)
async def test_a_truncated_stream_shows_its_end(
    client: Client, stream: str, metadata: dict[str, int], shown: list[int]
) -> None:
    await client.append(stream, NO_STREAM, *events(5))
    await client.describe(stream, metadata)
    assert await client.revisions(stream) == shown
    assert await client.revisions(stream, stream_position=0, limit=1) == shown[:1]
    assert await client.revisions(stream, backwards=True) == shown[::-1]
    assert await client.revisions(stream, backwards=True, limit=1) == shown[::-1][:1]
    # Truncation hides; the numbers and the log go on.
    await client.append(stream, 4, event())
    found = await client.read_all(filter_include=[stream], filter_by_stream_name=True)
    assert [item.stream_position for item in found] == [0, 1, 2, 3, 4, 5]


async def test_events_grow_too_old_to_be_shown(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(2))
    await client.describe(stream, {"$maxAge": 1})
    await asyncio.sleep(1.1)
    await client.append(stream, 1, event())
    assert await client.revisions(stream) == [2]
    assert await client.revisions(stream, backwards=True, limit=1) == [2]


async def test_a_deleted_stream_is_gone_until_it_is_written_again(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(3))
    await client.describe(stream, {"owner": "x"})
    await client.delete(stream, 2)
    with pytest.raises(NotFound):
        await client.read(stream)
    assert await client.described(stream) == ({"$tb": END}, 1)
    await client.append(stream, NO_STREAM, *events(2))
    assert await client.revisions(stream) == [3, 4]
    assert await client.revisions(stream, backwards=True) == [4, 3]
    assert await client.described(stream) == ({"$tb": 3}, 2)
    found = await client.read_all(filter_include=[stream], filter_by_stream_name=True)
    assert [item.stream_position for item in found] == [0, 1, 2, 3, 4]


async def test_metadata_given_to_a_deleted_stream_brings_it_back_empty(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(3))
    await client.delete(stream, 2)
    await client.describe(stream, {"owner": "y"})
    assert await client.described(stream) == ({"owner": "y", "$tb": 3}, 2)
    assert await client.read(stream) == []
    await client.append(stream, EXISTS, event())
    assert await client.revisions(stream) == [3]


DELETIONS: list[tuple[str, Version, type[Exception] | None]] = [
    ("missing", ANY, NotFound),
    ("missing", NO_STREAM, NotFound),
    ("missing", EXISTS, NotFound),
    ("missing", 0, NotFound),
    ("existing", ANY, None),
    ("existing", EXISTS, None),
    ("existing", 1, None),
    ("existing", 0, WrongCurrentVersion),
    ("existing", 2, WrongCurrentVersion),
    ("existing", NO_STREAM, WrongCurrentVersion),
    ("deleted", 1, None),
    ("deleted", ANY, None),
    ("deleted", NO_STREAM, None),
    ("deleted", EXISTS, StreamIsDeleted),
    ("deleted", 0, WrongCurrentVersion),
    ("tombstoned", ANY, StreamIsDeleted),
    ("tombstoned", 1, StreamIsDeleted),
]


async def prepare(client: Client, stream: str, state: str) -> None:
    if state != "missing":
        await client.append(stream, NO_STREAM, *events(2))
    if state == "deleted":
        await client.delete(stream, 1)
    if state == "tombstoned":
        await client.tombstone(stream, 1)


@pytest.mark.parametrize(("state", "expected", "error"), DELETIONS)
async def test_a_deletion_goes_by_what_it_expects(
    client: Client, stream: str, state: str, expected: Version, error: type[Exception] | None
) -> None:
    await prepare(client, stream, state)
    if error is None:
        await client.delete(stream, expected)
        assert await client.revisions(stream) == []
        return
    with pytest.raises(error):
        await client.delete(stream, expected)
    if state == "existing":
        assert await client.revisions(stream) == [0, 1]


@pytest.mark.parametrize(
    ("state", "expected", "error"),
    [(*case[:2], None if case[0] == "missing" and case[1] in (ANY, NO_STREAM) else case[2]) for case in DELETIONS],
)
async def test_a_tombstone_goes_by_what_it_expects(
    client: Client, stream: str, state: str, expected: Version, error: type[Exception] | None
) -> None:
    await prepare(client, stream, state)
    if error is None:
        await client.tombstone(stream, expected)
        with pytest.raises(StreamIsDeleted):
            await client.read(stream)
        return
    with pytest.raises(error):
        await client.tombstone(stream, expected)


async def test_a_tombstoned_stream_is_over_for_good_and_stays_in_the_log(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(2))
    await client.describe(stream, {"owner": "x"})
    await client.tombstone(stream, 1)
    for how in ({}, {"backwards": True}):
        with pytest.raises(StreamIsDeleted):
            await client.read(stream, **how)
    with pytest.raises(StreamIsDeleted):
        await client.described(stream)
    with pytest.raises(StreamIsDeleted):
        await client.append(stream, ANY, *events(2))
    await client.describe(stream, {"owner": "z"})
    found = await client.read_all(filter_include=[stream], filter_by_stream_name=True)
    assert [(item.type, item.stream_position) for item in found] == [
        ("Happened", 0),
        ("Happened", 1),
        ("$streamDeleted", END),
    ]
