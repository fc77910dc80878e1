"""What every client is sent when it subscribes: history, then what happens, each event once and in order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from esdbclient import RecordedEvent, StreamState
from esdbclient.exceptions import GrpcError, ServiceUnavailable, StreamIsDeleted

from tests.esdb_server.process import EsdbServer
from tests.support.esdb import Client, Subscription, connect, event, events, link

ANY, NO_STREAM = StreamState.ANY, StreamState.NO_STREAM


def numbers(found: list[RecordedEvent]) -> list[int]:
    return [item.stream_position for item in found]


async def silent(subscription: Subscription) -> bool:
    """Whether nothing comes for a moment. Ends the subscription."""
    waiting = asyncio.ensure_future(subscription.next())
    await asyncio.sleep(0.15)
    quiet = not waiting.done()
    await subscription.stop()
    await asyncio.gather(waiting, return_exceptions=True)
    return quiet


async def test_a_stream_is_followed_from_its_start_into_the_present(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(3))
    subscription = await client.follow(stream, include_caught_up=True)
    assert numbers(await subscription.until_caught_up()) == [0, 1, 2]
    for version in (2, 3):
        await client.append(stream, version, event())
    assert numbers(await subscription.take(2)) == [3, 4]
    assert await silent(subscription)


async def test_a_stream_is_followed_strictly_after_a_revision(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(3))
    subscription = await client.follow(stream, stream_position=1)
    assert numbers(await subscription.take(1)) == [2]
    await client.append(stream, 2, event())
    assert numbers(await subscription.take(1)) == [3]
    await subscription.stop()


async def test_a_stream_is_followed_from_its_end(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(3))
    subscription = await client.follow(stream, from_end=True, include_caught_up=True)
    assert await subscription.until_caught_up() == []
    await client.append(stream, 2, event())
    assert numbers(await subscription.take(1)) == [3]
    assert await silent(subscription)


async def test_a_stream_that_does_not_exist_yet_is_waited_for(client: Client, stream: str) -> None:
    subscription = await client.follow(stream, include_caught_up=True)
    assert await subscription.until_caught_up() == []
    await client.append(stream, NO_STREAM, *events(2))
    assert numbers(await subscription.take(2)) == [0, 1]
    await subscription.stop()


async def test_a_follower_survives_deletion_and_sees_the_stream_come_back(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(2))
    subscription = await client.follow(stream, include_caught_up=True)
    assert numbers(await subscription.until_caught_up()) == [0, 1]
    await client.delete(stream, 1)
    await client.append(stream, NO_STREAM, event())
    assert numbers(await subscription.take(1)) == [2]
    await subscription.stop()
    again = await client.follow(stream)
    assert numbers(await again.take(1)) == [2]
    await again.stop()


async def test_a_tombstone_is_the_last_thing_a_follower_sees(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, event())
    subscription = await client.follow(stream, include_caught_up=True)
    assert numbers(await subscription.until_caught_up()) == [0]
    await client.tombstone(stream, 0)
    assert (await subscription.next()).type == "$streamDeleted"
    with pytest.raises(StreamIsDeleted):
        await subscription.next()
    with pytest.raises(StreamIsDeleted):
        await client.follow(stream)


async def test_truncation_hides_history_from_a_follower_and_not_the_present(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(5))
    await client.describe(stream, {"$maxCount": 2})
    subscription = await client.follow(stream, include_caught_up=True)
    assert numbers(await subscription.until_caught_up()) == [3, 4]
    await client.append(stream, 4, *events(5))
    assert numbers(await subscription.take(5)) == [5, 6, 7, 8, 9]
    await subscription.stop()


async def test_the_log_is_followed_strictly_after_a_position(client: Client, stream: str) -> None:
    position = await client.append(stream, NO_STREAM, event())
    await client.append(stream, 0, *events(2))
    subscription = await client.follow_all(commit_position=position, include_caught_up=True)
    assert numbers(await subscription.until_caught_up()) == [1, 2]
    await client.append(f"{stream}-b", NO_STREAM, event())
    assert (await subscription.next()).stream_name == f"{stream}-b"
    assert await silent(subscription)


async def test_the_log_is_followed_from_its_end(client: Client, stream: str) -> None:
    subscription = await client.follow_all(from_end=True, include_caught_up=True)
    assert await subscription.until_caught_up() == []
    await client.append(stream, NO_STREAM, event())
    assert (await subscription.next()).stream_name == stream
    await subscription.stop()


async def test_the_log_is_followed_from_its_first_event(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, event())
    subscription = await client.follow_all(include_caught_up=True, filter_exclude=())
    found = await subscription.until_caught_up()
    assert found[0].type == "$metadata"
    positions = [item.commit_position or 0 for item in found]
    assert positions == sorted(set(positions))
    assert found[-1].stream_name == stream
    await subscription.stop()


async def test_a_position_between_two_events_is_refused(client: Client, stream: str) -> None:
    position = await client.append(stream, NO_STREAM, event())
    await client.append(stream, 0, event())
    with pytest.raises(GrpcError, match="invalid position"):
        await client.follow_all(commit_position=position + 1)


async def test_a_filtered_follower_gets_what_passes(client: Client, stream: str) -> None:
    how = {"filter_include": [f"{stream}\\..*"], "filter_by_stream_name": True, "from_end": True}
    subscription = await client.follow_all(**how)
    for number in range(4):
        await client.append(f"{stream}.{number}" if number % 2 else f"{stream}-{number}", ANY, event())
    assert [item.stream_name for item in await subscription.take(2)] == [f"{stream}.1", f"{stream}.3"]
    await subscription.stop()
    by_type = await client.follow_all(filter_include=[f"Type{stream[-8:]}"])
    await client.append(stream, ANY, event("Other"), event(f"Type{stream[-8:]}"))
    assert (await by_type.next()).type == f"Type{stream[-8:]}"
    await by_type.stop()


async def test_checkpoints_tell_how_far_a_filtered_follower_has_looked(client: Client, stream: str) -> None:
    start = await client.append(stream, NO_STREAM, event())
    await client.append(f"{stream}-b", NO_STREAM, *events(25))
    last = await client.append(f"{stream}-c", NO_STREAM, event())
    how = {"filter_include": [stream], "filter_by_stream_name": True, "commit_position": start}
    subscription = await client.follow_all(
        **how, include_checkpoints=True, include_caught_up=True, window_size=5, checkpoint_interval_multiplier=2
    )
    found = await subscription.until_caught_up()
    others = await client.read(f"{stream}-b")
    assert all(item.is_checkpoint for item in found)
    # One each 5 x 2 considered events, and one before it is live.
    assert [item.commit_position for item in found] == [others[9].commit_position, others[19].commit_position, last]
    await client.append(f"{stream}-b", 24, *events(3))
    end = await client.append(f"{stream}-b", 27, event())
    # 6 were considered before it was live, and 4 after.
    assert [(item.is_checkpoint, item.commit_position) for item in await subscription.take(1)] == [(True, end)]
    await client.append(stream, 0, event())
    assert (await subscription.next()).stream_name == stream
    await subscription.stop()


async def test_a_checkpoint_is_a_position_to_go_on_from(client: Client, stream: str) -> None:
    await client.append(f"{stream}-b", NO_STREAM, *events(3))
    how = {"filter_include": [stream], "filter_by_stream_name": True}
    subscription = await client.follow_all(**how, include_checkpoints=True, include_caught_up=True)
    checkpoint = (await subscription.until_caught_up())[-1]
    await subscription.stop()
    await client.append(stream, NO_STREAM, *events(2))
    again = await client.follow_all(**how, commit_position=checkpoint.commit_position)
    assert numbers(await again.take(2)) == [0, 1]
    await again.stop()


async def test_without_a_filter_there_are_no_checkpoints(client: Client, stream: str) -> None:
    start = await client.append(stream, NO_STREAM, *events(5))
    subscription = await client.follow_all(
        commit_position=start,
        filter_exclude=(),
        include_checkpoints=True,
        include_caught_up=True,
        window_size=1,
        checkpoint_interval_multiplier=1,
    )
    await client.append(stream, 4, *events(5))
    found = [await subscription.next() for _ in range(6)]
    assert not [item for item in found if item.is_checkpoint]
    await subscription.stop()


async def test_being_caught_up_is_told_once(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, event())
    subscription = await client.follow(stream, include_caught_up=True)
    await subscription.until_caught_up()
    for version in range(5):
        await client.append(stream, version, event())
    assert not [item for item in await subscription.take(5) if item.is_caught_up]
    assert await silent(subscription)


async def test_links_are_followed_by_subscriptions_too(client: Client, stream: str) -> None:
    await client.append(stream, NO_STREAM, *events(2))
    (first, second) = await client.read(stream)
    links = f"{stream}-links"
    await client.append(links, NO_STREAM, link(second))
    subscription = await client.follow(links, resolve_links=True)
    assert (await subscription.next()).id == second.id
    await client.append(links, 0, event("$>", f"9@{stream}".encode()), link(first))
    assert (await subscription.next()).id == first.id
    await subscription.stop()


async def test_nothing_is_missed_or_repeated_between_history_and_present(client: Client, stream: str) -> None:
    await client.append(f"{stream}.0", NO_STREAM, *events(200))

    async def write(name: str) -> None:
        for _ in range(25):
            await client.append(name, ANY, *events(2))

    writers = [asyncio.create_task(write(f"{stream}.{number}")) for number in range(4)]
    subscription = await client.follow_all(filter_include=[f"{stream}\\..*"], filter_by_stream_name=True)
    found = await subscription.take(400)
    await asyncio.gather(*writers)
    await subscription.stop()
    positions = [item.commit_position or 0 for item in found]
    assert positions == sorted(set(positions))
    for number in range(4):
        mine = numbers([item for item in found if item.stream_name == f"{stream}.{number}"])
        assert mine == list(range(250 if number == 0 else 50))


async def test_many_followers_all_get_everything(client: Client, stream: str) -> None:
    followers = [await client.follow(stream) for _ in range(10)]
    await client.append(stream, NO_STREAM, *events(20))
    for follower in followers:
        assert numbers(await follower.take(20)) == list(range(20))
        await follower.stop()


@pytest.mark.parametrize("kind", ["sync", "asyncio"])
@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_server_that_ends_ends_its_subscriptions_with_an_error(kind: str, end: str, tmp_path: Path) -> None:
    with EsdbServer(tmp_path) as server:
        client = await connect(kind, server.uri)
        await client.append("s", NO_STREAM, event())
        subscription = await client.follow("s")
        await subscription.next()
        waiting = asyncio.ensure_future(subscription.next())
        await asyncio.sleep(0.05)
        status = await asyncio.to_thread(getattr(server, end))
        assert status == (0 if end == "stop" else -9)
        with pytest.raises(ServiceUnavailable):
            await waiting
        server.start()
        again = await client.follow("s", stream_position=0)
        await client.append("s", 0, event())
        assert numbers(await again.take(1)) == [1]
        await client.close()
