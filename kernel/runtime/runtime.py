"""A running service: its log, its read models, its neighbours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import NAMESPACE_URL, uuid5

import httpx

from kernel.aggregate import Aggregate, Command, State
from kernel.audit import Replayed
from kernel.bus import NatsBus
from kernel.claims import Claims, SoleClaims
from kernel.clock import Clock
from kernel.codec import Codec
from kernel.db import Databases, Db
from kernel.envelope import Commit, Context, Recorded
from kernel.events import Event
from kernel.eventstore import EventStore, History
from kernel.http.client import Peer
from kernel.http.tokens import Signer, Verifier
from kernel.ids import IdSource
from kernel.jobs import Board, Jobs
from kernel.keys import derive, keyed_hash
from kernel.leases import Leases
from kernel.position import Mark, Vector
from kernel.projection import Projection
from kernel.projector import Projector
from kernel.reactor import ReactorRunner
from kernel.relay import Relay
from kernel.runtime.declaration import Service
from kernel.settings import ServiceSettings
from kernel.telemetry import Metrics

S = TypeVar("S", bound=State)
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)
P = TypeVar("P")
PATIENCE = 1.0
_OWN = uuid5(NAMESPACE_URL, "urn:guichet:own-initiative")


class Runtime:
    """What routes, reactions and workers are handed. Built by `kernel.runtime.assembly`."""

    def __init__(
        self,
        *,
        service: Service,
        settings: ServiceSettings,
        clock: Clock,
        ids: IdSource,
        codec: Codec,
        store: EventStore,
        databases: Databases,
        state: Db,
        projectors: Mapping[str, Projector],
        peers: Mapping[str, Peer],
        bus: NatsBus | None,
        relay: Relay | None,
        signer: Signer,
        verifier: Verifier,
        client: httpx.AsyncClient,
        ports: Mapping[type, object],
        leases: Leases,
        owner: str,
    ) -> None:
        self.service, self.settings, self.clock, self.ids = service, settings, clock, ids
        self.codec, self.store, self.databases, self.state = codec, store, databases, state
        self.projectors, self.peers, self.bus, self.relay = projectors, peers, bus, relay
        self.signer, self.verifier, self.client = signer, verifier, client
        self.leases, self.owner = leases, owner
        self.metrics, self.jobs = Metrics(), Jobs(Board(state, clock) if databases.shared else None)
        self.reactors: list[ReactorRunner[Runtime]] = []
        self.ready = False
        self.stopping = asyncio.Event()
        self._ports = ports

    @property
    def name(self) -> str:
        """The service's name."""
        return self.service.name

    def port(self, port: type[P]) -> P:
        """The adapter of a port."""
        return cast(P, self._ports[port])

    def replay_of(self, projection: str, *, flip: bool = False) -> Replayed:
        """The task that rebuilds a read model beside the live one and compares them."""
        return Replayed(self.projectors[projection], flip=flip)

    async def handle(
        self,
        aggregate: Aggregate[S, E],
        id: str,
        decide: Any,
        command: C,
        ctx: Context,
    ) -> Commit:
        """Have `decide(state, command)` say what happens to one aggregate, and record it.

        Raises what the decision refuses and what `EventStore.update` raises.
        """

        def decision(history: History) -> Iterable[Event]:
            return cast(Iterable[Event], decide(aggregate.fold_recorded(history), command))

        return await self.store.update(aggregate.stream(id), decision, ctx)

    async def load(
        self, aggregate: Aggregate[S, E], id: str, *, upto: int | datetime | None = None
    ) -> tuple[S, Sequence[Recorded]]:
        """The state of one aggregate and its history, now or as it was."""
        history = await self.store.read(aggregate.stream(id), upto=upto)
        return aggregate.fold_recorded(history), history

    async def replay(self, aggregate: Aggregate[S, E], id: str, ctx: Context) -> Sequence[Recorded]:
        """The facts this very command already recorded, before anything it needs is spent a second time."""
        history = await self.store.read(aggregate.stream(id))
        return [fact for fact in history if fact.meta.command == str(ctx.command_id)]

    async def view(self, projection: Projection, vector: Vector | None = None) -> Db:
        """A read model to query, once it has seen what `vector` names, or after a second at the latest."""
        projector = self.projectors[projection.name]
        if vector:
            await projector.live.reached(vector, self.name, PATIENCE)
        return projector.live.db

    async def fresh(self, commit: Commit, *projections: Projection) -> bool:
        """Wait, a second at most, until these read models show a commit; whether they do."""
        vector = {self.name: Mark(commit.position, commit.public_position)}
        live = [self.projectors[projection.name].live for projection in projections]
        return all(await asyncio.gather(*(model.reached(vector, self.name, PATIENCE) for model in live)))

    def claims(self, kind: str) -> Claims | SoleClaims:
        """Claims on one kind of work that the processes of this service share."""
        return Claims(kind, self.state, self.owner, self.clock) if self.databases.shared else SoleClaims()

    async def news(self, after: int, seconds: float) -> None:
        """Wait for a fact after a position, at most so long, and no longer once the process is asked to stop."""
        waits = [
            asyncio.ensure_future(self.store.changed(after, seconds)),
            asyncio.ensure_future(self.stopping.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def key(self, purpose: str) -> bytes:
        """A key of this service for one purpose."""
        return derive(self.settings.secret_bytes, purpose)

    def keyed_hash(self, purpose: str, text: str) -> str:
        """An index over personal data that nobody without the service's secret can guess."""
        return keyed_hash(self.settings.secret_bytes, purpose, text)

    def reaction(self, fact: Recorded, reactor: str) -> Context:
        """The context of the command a reaction issues: the same fact always means the same command."""
        command = uuid5(fact.id, f"{self.name}/{reactor}")
        return Context(
            actor=f"service:{self.name}",
            command_id=command,
            fingerprint=f"reaction/{reactor}",
            correlation=fact.meta.correlation,
            causation=str(fact.id),
            traceparent=fact.meta.traceparent,
        )

    def own_initiative(self, purpose: str, *, key: str | None = None) -> Context:
        """The context of a command nobody asked for: start-up, clocks. `key` makes it idempotent."""
        command = uuid5(uuid5(self.ids(), "fresh") if key is None else _OWN, f"{self.name}/{purpose}/{key}")
        return Context(
            actor=f"service:{self.name}",
            command_id=command,
            fingerprint=f"initiative/{purpose}",
            correlation=str(command),
        )
