"""Puts a service together: opens its files, wires its neighbours, stops it in order."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from kernel.bus import NatsBus
from kernel.clock import Clock, system_clock
from kernel.codec import Codec
from kernel.databases import open_databases
from kernel.eventstore import EventStore
from kernel.feed import Hint, Hints, LocalSource, RemoteSource, Source
from kernel.http.client import Peer, http_client
from kernel.http.tokens import Signer, Verifier, load_trust
from kernel.ids import IdSource, random_uuid, short_id
from kernel.leases import SharedLeases, SoleLeases
from kernel.projector import Projector
from kernel.relay import Relay
from kernel.runtime.declaration import Service
from kernel.runtime.runtime import Runtime
from kernel.runtime.starting import start
from kernel.settings import ServiceSettings
from kernel.state import STATE_DDL
from kernel.stores import open_store
from kernel.vault import Vault

SERVICES = ("identity", "dossiers", "discussion", "files", "notifier")


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
    service: Service,
    settings: ServiceSettings,
    *,
    clock: Clock = system_clock,
    ids: IdSource = random_uuid,
    store: EventStore | None = None,
) -> AsyncIterator[Runtime]:
    """A running service; everything it opened is closed on the way out, accepted commands first.

    `store`: a log that others hold open too, instead of the one its settings name.
    """
    home = settings.data / service.name
    home.mkdir(parents=True, exist_ok=True)
    databases = open_databases(service.name, settings.database, home)
    codec = Codec(service.name, Vault(databases.keys, settings.secret_bytes))
    log = store or await open_store(settings.eventstore, home, codec, clock)
    state, owner = databases.state(STATE_DDL + service.state_ddl), f"{platform.node()}-{short_id(random_uuid())}"
    signer = Signer(service.name, settings.signing_key.get_secret_value())
    client = http_client()
    peers = {name: Peer(name, settings.peer_url(name), client, signer) for name in SERVICES if name != service.name}
    bus = _bus(service.name, settings)
    sources = _sources(LocalSource(log), peers, bus)
    runtime = Runtime(
        service=service,
        settings=settings,
        clock=clock,
        ids=ids,
        codec=codec,
        store=log,
        databases=databases,
        state=state,
        projectors={p.name: Projector(p, databases, sources) for p in service.projections},
        peers=peers,
        bus=bus,
        relay=Relay(log, state, bus, codec) if bus else None,
        signer=signer,
        verifier=Verifier(load_trust(settings.trust), service.name),
        client=client,
        ports=service.ports(settings),
        leases=SharedLeases(state, owner) if databases.shared else SoleLeases(),
        owner=owner,
    )
    tasks: list[asyncio.Task[None]] = []
    try:
        await start(runtime, sources, tasks)
        yield runtime
    finally:
        runtime.ready = False
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await runtime.jobs.close()
        await runtime.leases.release()
        if bus is not None:
            await bus.close()
        await client.aclose()
        if store is None:
            await log.close()
        await databases.close()


def _bus(name: str, settings: ServiceSettings) -> NatsBus | None:
    if settings.nats_url is None:
        return None
    seed = settings.nats_seed.get_secret_value() if settings.nats_seed else None
    return NatsBus(name, settings.nats_url, seed, settings.nats_replicas)


def _sources(own: LocalSource, peers: Mapping[str, Peer], bus: NatsBus | None) -> dict[str, Source]:
    def remote(name: str, peer: Peer) -> Source:
        def listen() -> Hints:
            return NoHints() if bus is None else bus.listen(name)

        return RemoteSource(name, peer.feed, peer.fact, listen)

    return {own.name: own, **{name: remote(name, peer) for name, peer in peers.items()}}
