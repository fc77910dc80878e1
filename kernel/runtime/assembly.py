"""Puts a service together: opens its files, wires its neighbours, starts its loops, stops them in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from kernel.bus import NatsBus
from kernel.clock import Clock, system_clock
from kernel.codec import Codec
from kernel.db import Db, SqliteDb, Tx
from kernel.eventstore import EventStore
from kernel.feed import EpochChanged, Hint, Hints, LocalSource, RemoteSource, Source
from kernel.http.client import Peer, http_client
from kernel.http.tokens import Signer, Verifier, load_trust
from kernel.ids import IdSource, random_uuid
from kernel.position import Mark
from kernel.projector import Projector, ReadModel
from kernel.reactor import ReactorRunner
from kernel.relay import Relay
from kernel.runtime.declaration import Service
from kernel.runtime.runtime import Runtime
from kernel.settings import ServiceSettings
from kernel.state import STATE_DDL
from kernel.stores.sqlite import SqliteStore
from kernel.vault import SqliteKeys, Vault

SERVICES = ("identity", "dossiers", "discussion", "files", "notifier")
PATIENT_START = 600.0
log = logging.getLogger(__name__)


class NoHints:
    """Without a bus a follower lives on the feed's long poll."""

    alive = False

    async def next(self, timeout: float) -> Hint | None:
        await asyncio.sleep(timeout)
        return None

    def close(self) -> None:
        """Nothing to close."""


@asynccontextmanager
async def running(
    service: Service, settings: ServiceSettings, *, clock: Clock = system_clock, ids: IdSource = random_uuid
) -> AsyncIterator[Runtime]:
    """A running service; everything it opened is closed on the way out, accepted commands first."""
    home = settings.data / service.name
    home.mkdir(parents=True, exist_ok=True)
    thread = ThreadPoolExecutor(1, thread_name_prefix=f"{service.name}-db")
    keys = SqliteKeys(home / "keys.db")
    codec = Codec(service.name, Vault(keys, settings.secret_bytes))
    store = SqliteStore(home, codec, clock)
    state = SqliteDb(home / "state.db", thread, durable=True, ddl=STATE_DDL + service.state_ddl)
    signer = Signer(service.name, settings.signing_key.get_secret_value())
    client = http_client()
    peers = {name: Peer(name, settings.peer_url(name), client, signer) for name in SERVICES if name != service.name}
    bus = _bus(service.name, settings)
    sources = _sources(LocalSource(store), peers, bus)
    runtime = Runtime(
        service=service,
        settings=settings,
        clock=clock,
        ids=ids,
        codec=codec,
        store=store,
        state=state,
        projectors={p.name: Projector(p, home / "read", sources, thread) for p in service.projections},
        peers=peers,
        bus=bus,
        relay=Relay(store, state, bus, codec) if bus else None,
        signer=signer,
        verifier=Verifier(load_trust(settings.trust), service.name),
        client=client,
        ports=service.ports(settings),
        thread=thread,
    )
    tasks: list[asyncio.Task[None]] = []
    try:
        await _start(runtime, sources, tasks)
        yield runtime
    finally:
        runtime.ready = False
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if bus is not None:
            await bus.close()
        await client.aclose()
        await store.close()
        thread.shutdown()
        for projector in runtime.projectors.values():
            projector.live.close()
        state.close()
        keys.close()


async def _start(runtime: Runtime, sources: Mapping[str, Source], tasks: list[asyncio.Task[None]]) -> None:
    service, state = runtime.service, runtime.state
    from_zero = not await state.read("SELECT store FROM installation")
    if runtime.bus is not None:
        runtime.bus.start()
    for projector in runtime.projectors.values():
        await projector.start()
        _remove_old_versions(runtime.settings.data / service.name / "read", projector)
        own = sources[service.name]
        if own in projector.sources:
            if _of_another_log(projector.live, runtime.store):
                log.warning("the log was replaced: the read model %s is built again", projector.projection.name)
                await projector.start_over()
            await projector.catch_up(own, projector.live, runtime.store.head)
        tasks += [_loop(f"projection/{projector.projection.name}", projector.follow, s) for s in projector.sources]
    for reactor in service.reactors:
        runner = ReactorRunner(reactor, runtime, state, sources)
        runtime.reactors.append(runner)
        await runner.start(from_zero=from_zero)
        tasks += [_loop(f"reactor/{reactor.name}", runner.follow, source) for source in runner.sources]
        tasks.append(_loop(f"reactor/{reactor.name}/retry", runner.retry))
    await _installed(state, runtime.store.epoch)
    if runtime.relay is not None:
        tasks += [_loop("relay", runtime.relay.run), _loop("heartbeat", runtime.relay.beat)]
    if service.starting is not None:
        await service.starting(runtime)
    await _show_own_facts(runtime)
    tasks += [_loop(f"worker/{worker.name}", worker.run, runtime) for worker in service.workers]
    runtime.ready = True


async def _show_own_facts(runtime: Runtime) -> None:
    """Answer nothing before the read models show what the log already holds."""
    mark = {runtime.name: Mark(runtime.store.head, runtime.store.public_head)}
    for projector in runtime.projectors.values():
        await projector.live.reached(mark, runtime.name, PATIENT_START)


def _bus(name: str, settings: ServiceSettings) -> NatsBus | None:
    if settings.nats_url is None:
        return None
    seed = settings.nats_seed.get_secret_value() if settings.nats_seed else None
    return NatsBus(name, settings.nats_url, seed)


def _sources(own: LocalSource, peers: Mapping[str, Peer], bus: NatsBus | None) -> dict[str, Source]:
    def remote(name: str, peer: Peer) -> Source:
        def listen() -> Hints:
            return NoHints() if bus is None else bus.listen(name)

        return RemoteSource(name, peer.feed, peer.fact, listen)

    return {own.name: own, **{name: remote(name, peer) for name, peer in peers.items()}}


async def _installed(state: Db, epoch: str) -> None:
    """From now on, a reactor never seen was added later."""

    def work(tx: Tx) -> None:
        tx.run("INSERT INTO installation VALUES(1, :epoch) ON CONFLICT DO NOTHING", epoch=epoch)

    await state.write(work)


def _of_another_log(live: ReadModel, store: EventStore) -> bool:
    return live.epochs.get(store.source, store.epoch) != store.epoch or live.positions[store.source] > store.head


def _remove_old_versions(directory: Path, projector: Projector) -> None:
    """Earlier versions hold personal data, and so does what a rebuild that was killed left beside."""
    current = projector.projection.file()
    kept = {current, f"{current}-wal", f"{current}-shm"}
    for path in directory.glob(f"{projector.projection.name}.v*.db*"):
        if path.name not in kept:
            path.unlink(missing_ok=True)


def _loop(name: str, run: Callable[..., Awaitable[None]], *arguments: object) -> asyncio.Task[None]:
    """Run for ever; what fails is logged and started again after a growing pause."""

    async def forever() -> None:
        pause = 0.5
        while True:
            started = asyncio.get_running_loop().time()
            try:
                await run(*arguments)
                return
            except EpochChanged as error:
                # Nothing more is folded until a rebuild, which this loop then goes on from.
                log.error("%s waits: %s", name, error)
            except Exception:
                log.exception("%s failed", name)
            lived = asyncio.get_running_loop().time() - started
            pause = 0.5 if lived > 60 else min(pause * 2, 15.0)
            await asyncio.sleep(pause)

    return asyncio.create_task(forever(), name=name)
