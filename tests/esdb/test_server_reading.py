"""What every client is shown when it reads: streams and `$all`, in both directions, filtered, links resolved."""

from __future__ import annotations

import pytest
from esdbclient import RecordedEvent, StreamState
from esdbclient.exceptions import GrpcError, NotFound

from tests.support.esdb import Client, event, events, link

ANY, NO_STREAM = StreamState.ANY, StreamState.NO_STREAM


def numbers(found: list[RecordedEvent]) -> list[int]:
    return [item.stream_position for item in found]


def at(item: RecordedEvent) -> int:
    assert item.commit_position is not None
    return item.commit_position


@pytest.mark.parametrize(
    ("how", "shown"),
    [
        ({}, [0, 1, 2, 3, 4]),
        ({"limit": 2}, [0, 1]),
        ({"limit": 0}, []),
        ({"stream_position": 3}, [3, 4]),
        ({"stream_position": 1, "limit": 2}, [1, 2]),
        ({"stream_position": 5}, []),
        ({"stream_position": 50}, []),
        ({"backwards": True}, [4, 3, 2, 1, 0]),
        ({"backwards": True, "limit": 1}, [4]),
        ({"backwards": True, "stream_position": 2}, [2, 1, 0]),
        ({"backwards": True, "stream_position": 50, "limit": 2}, [4, 3]),
        ({"backwards": True, "stream_position": 0}, [0]),
    ],
)
async def test_a_stream_is_read_from_anywhere_in_both_directions(
    client: Client, stream: str, how: dict[str, int], shown: list[int]
) -> None:
    await client.append(stream, NO_STREAM, *events(5))
    assert numbers(await client.read(stream, **how)) == shown


@pytest.mark.parametrize("how", [{}, {"backwards": True}, {"stream_position": 4}])
async def test_a_stream_that_never_was_is_not_found(client: Client, stream: str, how: dict[str, int]) -> None:
    with pytest.raises(NotFound):
        await client.read(stream, **how)


async def test_a_long_stream_comes_whole_and_in_order(client: Client, stream: str) -> None:
    for start in range(0, 1_200, 300):
        await client.append(stream, start - 1 if start else NO_STREAM, *events(300))
    assert numbers(await client.read(stream)) == list(range(1_200))
    assert numbers(await client.read(stream, backwards=True)) == list(range(1_199, -1, -1))
    everything = await client.read_all(filter_include=[stream], filter_by_stream_name=True)
    assert numbers(everything) == list(range(1_200))
    backwards = await client.read_all(filter_include=[stream], filter_by_stream_name=True, backwards=True)
    assert backwards == everything[::-1]


async def test_the_log_is_read_from_a_position_on_inclusive_and_back_from_it_exclusive(
    client: Client, stream: str
) -> None:
    await client.append(stream, NO_STREAM, *events(4))
    await client.append(f"{stream}-b", NO_STREAM, event())
    found = await client.read(stream)
    onwards = await client.read_all(commit_position=found[1].commit_position)
    assert [item.stream_name for item in onwards] == [stream] * 3 + [f"{stream}-b"]
    assert numbers(onwards) == [1, 2, 3, 0]
    assert numbers(await client.read_all(commit_position=found[1].commit_position, limit=2)) == [1, 2]
    assert numbers(await client.read_all(commit_position=found[2].commit_position, backwards=True, limit=2)) == [1, 0]
    assert (await client.read_all(backwards=True, limit=1))[0].stream_name == f"{stream}-b"


async def test_the_log_is_in_one_order_whoever_wrote(client: Client, stream: str) -> None:
    positions = [await client.append(f"{stream}-{number % 3}", ANY, event()) for number in range(9)]
    found = await client.read_all(filter_include=[f"{stream}.*"], filter_by_stream_name=True)
    assert [item.commit_position for item in found] == positions == sorted(positions)


async def test_a_position_between_two_events_is_refused(client: Client, stream: str) -> None:
    position = await client.append(stream, NO_STREAM, *events(2))
    await client.append(stream, 1, event())
    for wrong in (position + 1, position - 1, 3):
        with pytest.raises(GrpcError, match="invalid position"):
            await client.read_all(commit_position=wrong)
    assert len(await client.read_all(commit_position=position)) == 2


async def test_the_log_begins_with_events_of_the_servers_own_that_clients_leave_out(client: Client) -> None:
    first = (await client.read_all(filter_exclude=(), limit=1))[0]
    assert (first.type, first.stream_name[:2]) == ("$metadata", "$$")
    assert at(first) > 3
    assert not [item for item in await client.read_all(commit_position=0) if item.type.startswith("$")]


async def test_event_types_are_filtered_either_way(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, event("Opened"), event("Changed"), event("Closed"), event("ChangedAgain"))
    start = at((await client.read(stream))[0])

    async def types(**how: object) -> list[str]:
        return [item.type for item in await client.read_all(commit_position=start, **how)]

    assert await types(filter_include=["Changed"]) == ["Changed"]
    assert await types(filter_include=["Changed.*"]) == ["Changed", "ChangedAgain"]
    assert await types(filter_exclude=["Opened", "Closed"]) == ["Changed", "ChangedAgain"]
    assert await types(filter_include=["Changed.*"], limit=1) == ["Changed"]
    assert await types(filter_include=["C.*"], backwards=True, limit=1) != ["Opened"]
    # The client does not group its alternatives: `^Opened|Again$` finds both ends.
    assert await types(filter_include=["Opened", "Again"]) == ["Opened", "ChangedAgain"]


async def test_streams_are_filtered_by_their_names(client: Client, stream: str) -> None:
    for name in ("a", "ab", "b"):
        await client.append(f"{stream}.{name}", NO_STREAM, event())

    async def names(**how: object) -> list[str]:
        found = await client.read_all(filter_by_stream_name=True, **how)
        return [item.stream_name.removeprefix(f"{stream}.") for item in found]

    assert await names(filter_include=[f"{stream}\\.a.*"]) == ["a", "ab"]
    assert await names(filter_include=[f"{stream}\\.a"]) == ["a"]
    assert [name for name in await names(filter_exclude=[f"{stream}\\.a"]) if len(name) < 3] == ["ab", "b"]


async def test_links_are_shown_or_followed(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(3))
    targets = await client.read(stream)
    links = f"{stream}-links"
    await client.append(links, NO_STREAM, link(targets[2]), link(targets[0]))
    plain = await client.read(links)
    assert [(item.type, item.is_link_event, item.link) for item in plain] == [("$>", True, None)] * 2
    followed = await client.read(links, resolve_links=True)
    assert [(item.stream_name, item.stream_position) for item in followed] == [(stream, 2), (stream, 0)]
    assert [item.id for item in followed] == [targets[2].id, targets[0].id]
    assert [item.link and item.link.stream_position for item in followed] == [0, 1]
    # What is followed stands where the link stands.
    assert [item.commit_position for item in followed] == [item.commit_position for item in plain]
    everything = await client.read_all(commit_position=plain[0].commit_position, resolve_links=True, filter_exclude=())
    assert [item.id for item in everything] == [targets[2].id, targets[0].id]


async def test_a_link_that_leads_nowhere_is_left_out(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(3))
    targets = await client.read(stream)
    links = f"{stream}-links"
    await client.append(links, NO_STREAM, *map(link, targets), event("$>", f"0@{stream}-no".encode()))
    await client.append(links, 3, event("$>", b"nonsense"))
    assert len(await client.read(links, resolve_links=True)) == 3
    await client.describe(stream, {"$tb": 2})
    assert numbers(await client.read(links, resolve_links=True)) == [2]
    await client.delete(stream, 2)
    assert await client.read(links, resolve_links=True) == []
    await client.tombstone(stream, ANY)
    assert await client.read(links, resolve_links=True) == []
    assert len(await client.read(links)) == 5


async def test_what_was_acknowledged_is_read_at_once(client: Client, stream: str) -> None:
    for version in range(30):
        await client.append(stream, version - 1 if version else NO_STREAM, event())
        assert numbers(await client.read(stream, backwards=True, limit=1)) == [version]
