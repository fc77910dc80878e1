"""NATS: hints for those who follow, a JetStream stream for other systems. Never the only copy of anything."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from nats.js.api import DiscardPolicy, StorageType, StreamConfig
from nats.js.client import JetStreamContext
from nats.js.errors import BadRequestError
from pydantic_core import from_json, to_json

from kernel.cloudevents import current_schema, from_cloudevent, to_cloudevent
from kernel.codec import Codec
from kernel.envelope import Recorded
from kernel.feed import Hint

STREAM = "GUICHET"
BUFFER = 1000
DAYS_KEPT = 3
ACKNOWLEDGED = 5.0
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
log = logging.getLogger(__name__)


def stream_config(replicas: int = 1) -> StreamConfig:
    """The JetStream stream that other systems read: 72 hours, deduplicated over two minutes."""
    return StreamConfig(
        name=STREAM,
        subjects=["guichet.>"],
        storage=StorageType.FILE,
        max_age=DAYS_KEPT * 86_400,
        max_bytes=1 << 30,
        duplicate_window=120,
        discard=DiscardPolicy.OLD,
        num_replicas=replicas,
    )


class NatsBus:
    """One connection of this process, made in the background and made again for ever."""

    def __init__(self, name: str, url: str, seed: str | None, replicas: int = 1) -> None:
        self.name, self._url, self._seed, self._replicas = name, url, seed, replicas
        self._client: Client | None = None
        self._js: JetStreamContext | None = None
        self._listeners: dict[str, set[NatsHints]] = defaultdict(set)
        self._raw: list[tuple[str, Callable[[bytes], Awaitable[None]]]] = []
        self._connecting: asyncio.Task[None] | None = None
        self._stream_seen = False

    @property
    def connected(self) -> bool:
        """Whether the server answers now."""
        return self._client is not None and self._client.is_connected

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._connecting = asyncio.create_task(self._connect(), name="nats-connect")

    async def close(self) -> None:
        """Let go of the connection."""
        if self._connecting is not None:
            self._connecting.cancel()
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def listen(self, source: str) -> NatsHints:
        """Subscribe to the hints of one producer."""
        hints = NatsHints(self, source)
        self._listeners[source].add(hints)
        return hints

    def on_message(self, subject: str, handler: Callable[[bytes], Awaitable[None]]) -> None:
        """Have `handler` called with the payload of every message on a subject. Call it before `start`."""
        self._raw.append((subject, handler))

    def unlisten(self, hints: NatsHints) -> None:
        """Forget a subscription."""
        self._listeners[hints.source].discard(hints)

    async def publish(self, facts: Sequence[Recorded], codec: Codec, epoch: str) -> None:
        """Publish public facts, each acknowledged by JetStream. Raises ConnectionError when one was not."""
        if self._js is None or not self.connected:
            raise ConnectionError("the bus is away")
        if not self._stream_seen:
            await self.ensure_stream()
        try:
            await asyncio.gather(*(self._publish_one(self._js, fact, codec, epoch) for fact in facts))
        except (NatsError, TimeoutError) as error:
            # A stream that is gone looks like silence: followers listen on the same subjects and do not answer.
            self._stream_seen = False
            raise ConnectionError(type(error).__name__) from error

    async def send(self, subject: str, body: dict[str, Any]) -> None:
        """Send a message that may be lost. Quietly does nothing while the bus is away."""
        if self._client is not None and self.connected:
            with contextlib.suppress(NatsError, OSError):
                await self._client.publish(subject, to_json(body))

    async def ensure_stream(self) -> None:
        """Create the stream when it is missing; one that is configured otherwise is left. Raises ConnectionError."""
        if self._js is None:
            raise ConnectionError("the bus is away")
        try:
            await self._js.add_stream(stream_config(self._replicas))
        except BadRequestError as error:
            log.warning("the stream %s is configured otherwise: %s", STREAM, error.description)
        except (NatsError, TimeoutError) as error:
            raise ConnectionError(type(error).__name__) from error
        self._stream_seen = True

    async def _publish_one(self, js: JetStreamContext, fact: Recorded, codec: Codec, epoch: str) -> None:
        if fact.event is None:
            return
        schema = current_schema(fact)
        event = to_cloudevent(fact, None, schema=schema)
        headers = {f"ce-{name}": str(value) for name, value in event.items() if name not in ("data", "datacontenttype")}
        headers |= {"Nats-Msg-Id": str(fact.id), "content-type": "application/json", "guichet-store": epoch}
        if fact.event.seals:
            headers["guichet-sealed"] = "1"
        subject = f"guichet.{fact.source}.{fact.type}.{_UNSAFE.sub('_', fact.route) or 'none'}"
        try:
            await js.publish(subject, to_json(codec.published(fact.event)), headers=headers, timeout=ACKNOWLEDGED)
        except MaxPayloadError:
            log.error(
                "%s at %s.%d is too large for the bus: it is in the feed only", fact.type, fact.source, fact.position
            )

    async def _connect(self) -> None:
        while True:
            client = Client()
            try:
                await self._open(client)
                break
            except (OSError, NatsError, TimeoutError) as error:
                log.info("the bus does not answer yet: %s", type(error).__name__)
                await client.close()
                await asyncio.sleep(1)
        self._client, self._js = client, client.jetstream()
        await self._gap()

    async def _open(self, client: Client) -> None:
        await client.connect(
            self._url,
            name=self.name,
            nkeys_seed_str=self._seed,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            error_cb=_quiet,
            disconnected_cb=self._gap,
            reconnected_cb=self._gap,
            closed_cb=partial(self._closed, client),
            inbox_prefix=f"_INBOX.{self.name}",
        )
        await client.subscribe("guichet.>", cb=self._fact)
        await client.subscribe("guichet-heartbeat.>", cb=self._heartbeat)
        for subject, handler in self._raw:
            await client.subscribe(subject, cb=_payload(handler))
        # One flush may overtake what was buffered before it; after two the server knows the subscriptions.
        for _ in range(2):
            await client.flush()

    async def _gap(self) -> None:
        for listeners in self._listeners.values():
            for hints in listeners:
                hints.gap()

    async def _closed(self, client: Client) -> None:
        # The library makes connections again by itself; one it gave up for good is replaced.
        if client is self._client:
            self._client = None
            await self._gap()
            self.start()

    async def _fact(self, message: Msg) -> None:
        listeners = self._listeners.get(message.subject.split(".")[1])
        if not listeners:
            return
        try:
            hint = _hint(message)
        except (LookupError, ValueError, TypeError) as error:
            log.warning("a malformed hint on %s: %s", message.subject, type(error).__name__)
            return
        for hints in listeners:
            hints.put(hint)

    async def _heartbeat(self, message: Msg) -> None:
        listeners = self._listeners.get(message.subject.split(".")[1])
        if not listeners:
            return
        try:
            body = from_json(message.data)
            hint = Hint(int(body["head"]), int(body["public"]), str(body["epoch"]))
        except (KeyError, ValueError, TypeError) as error:
            log.warning("a malformed heartbeat on %s: %s", message.subject, type(error).__name__)
            return
        for hints in listeners:
            hints.put(hint)


class NatsHints:
    """`Hints` of one producer, buffered; an overflow counts as a gap."""

    def __init__(self, bus: NatsBus, source: str) -> None:
        self.source, self._bus = source, bus
        self._queue: asyncio.Queue[Hint | None] = asyncio.Queue(BUFFER)

    @property
    def alive(self) -> bool:
        return self._bus.connected

    async def next(self, timeout: float) -> Hint | None:
        try:
            async with asyncio.timeout(timeout):
                return await self._queue.get()
        except TimeoutError:
            return None

    def put(self, hint: Hint) -> None:
        """Buffer a hint."""
        if self._queue.full():
            self.gap()
        else:
            self._queue.put_nowait(hint)

    def gap(self) -> None:
        """Something was missed: have the follower read the feed."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    def close(self) -> None:
        self._bus.unlisten(self)


def _hint(message: Msg) -> Hint:
    headers = message.headers or {}
    event: dict[str, Any] = {name[3:]: value for name, value in headers.items() if name.startswith("ce-")}
    sealed = "guichet-sealed" in headers
    event["data"] = None if sealed else from_json(message.data)
    fact = from_cloudevent(event)
    return Hint(fact.position, fact.previous, headers["guichet-store"], fact, sealed)


def _payload(handler: Callable[[bytes], Awaitable[None]]) -> Callable[[Msg], Awaitable[None]]:
    async def call(message: Msg) -> None:
        await handler(message.data)

    return call


async def _quiet(error: Exception) -> None:
    log.info("the bus: %s", type(error).__name__)
