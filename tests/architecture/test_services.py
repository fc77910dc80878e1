"""What every service promises by its declaration: no open door, no shown secret, one table from one source."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kernel.clock import parse_rfc3339
from kernel.envelope import Meta, Recorded
from kernel.events import Event, Seal, event_type
from kernel.http import deps
from kernel.projection import Projection
from kernel.runtime.app import application
from kernel.runtime.assembly import SERVICES
from kernel.runtime.declaration import Service
from tests.support.facts import any_of, every_fact

FACTS = every_fact()
OPEN = frozenset({"/livez", "/readyz", "/metrics", "/openapi.json"})
WRITES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}


def declared(name: str) -> Service:
    service: Service = import_module(f"services.{name}.main").SERVICE
    return service


DECLARED = {name: declared(name) for name in SERVICES}
PROJECTIONS = [
    pytest.param(projection, id=f"{name}.{projection.name}")
    for name, service in DECLARED.items()
    for projection in service.projections
]


def routes(service: Service) -> Iterator[APIRoute]:
    """Every route of a service, its own and those all services have."""
    app = application(service)
    waiting: list[Any] = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            yield route
        else:
            waiting += getattr(getattr(route, "original_router", None) or route, "routes", [])


def asks(dependant: Dependant) -> Iterator[object]:
    """Everything a route depends on."""
    for part in dependant.dependencies:
        yield part.call
        yield from asks(part)


@pytest.mark.parametrize("name", SERVICES)
def test_every_door_asks_who_calls(name: str) -> None:
    found = list(routes(DECLARED[name]))
    assert len(found) > 12
    unguarded = [route.path for route in found if deps.principal not in set(asks(route.dependant))]
    assert set(unguarded) <= OPEN


@pytest.mark.parametrize("name", SERVICES)
def test_a_name_is_used_once(name: str) -> None:
    service = DECLARED[name]
    for names in (
        [projection.name for projection in service.projections],
        [reactor.name for reactor in service.reactors],
        [worker.name for worker in service.workers],
        [aggregate.category for aggregate in service.aggregates],
    ):
        assert len(set(names)) == len(names)
    assert service.name == name
    assert {aggregate.service for aggregate in service.aggregates} <= {name}
    assert all("-" not in aggregate.category and "." not in aggregate.category for aggregate in service.aggregates)


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_secret_in_a_fact_is_secret_in_a_state(name: str) -> None:
    """An auditor reads states: a secret that was copied into one without its mark would be shown to him."""
    seals = [(field, seal.secret) for cls in FACTS if cls.origin == name for field, seal in cls.seals.items()]
    secrets = {field for field, secret in seals if secret} - {field for field, secret in seals if not secret}
    shown = [
        f"{type(aggregate.initial).__name__}.{field}"
        for aggregate in DECLARED[name].aggregates
        for field, info in type(aggregate.initial).model_fields.items()
        if field in secrets and not any(isinstance(mark, Seal) and mark.secret for mark in info.metadata)
    ]
    assert not shown


@pytest.mark.parametrize("name", SERVICES)
def test_sealed_values_are_handed_to_whom_reads_them_and_to_nobody_else(name: str) -> None:
    for reader, types in DECLARED[name].entitled.items():
        assert reader in SERVICES
        handled = {key for projection in DECLARED[reader].projections for key in projection.handlers}
        handled |= {key for reactor in DECLARED[reader].reactors for key in reactor.reactions}
        for cls in types:
            assert cls.origin == name
            assert cls.is_public
            assert cls.seals, f"{cls.wire_name} has nothing sealed: {reader} needs no entitlement"
            assert (name, cls.wire_name) in handled, f"{reader} does not read {cls.wire_name}"


@pytest.mark.parametrize("name", SERVICES)
def test_neighbours_are_followed_for_public_facts_only(name: str) -> None:
    service = DECLARED[name]
    followed = {key for projection in service.projections for key in projection.handlers}
    followed |= {key for reactor in service.reactors for key in reactor.reactions}
    for source, wire_name in followed:
        cls = event_type(source, wire_name)
        assert cls is not None
        assert cls.is_public or source == name, f"{name} waits for {source}.{wire_name}, which is never published"


class Watched:
    """A transaction that notes which tables each statement reads and writes."""

    def __init__(self, ddl: str) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.executescript(ddl)
        self.db.set_authorizer(self._note)
        self.touched: set[str] = set()

    def run(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        cursor = self.db.execute(sql, params)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tell(self, news: str) -> None:
        """Nobody else listens."""

    def _note(self, action: int, table: str | None, *_: str | None) -> int:
        if table is not None and action in WRITES | {sqlite3.SQLITE_READ} and not table.startswith("sqlite_"):
            self.touched.add(table)
        return sqlite3.SQLITE_OK


def recorded(event: Event, number: int) -> Recorded:
    return Recorded(
        source=event.origin,
        position=number,
        stream=f"{event.origin}.thing-{number % 3}",
        version=number,
        id=UUID(int=number),
        type=event.wire_name,
        schema=event.wire_version,
        at=parse_rfc3339(f"2026-11-24T08:{number:02}:00Z"),
        meta=Meta("account:a", "command", "", "correlation", "causation"),
        event=event,
        route=event.routed_to,
        public=event.is_public,
    )


@pytest.mark.parametrize("projection", PROJECTIONS)
@settings(max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_table_is_fed_by_one_source(projection: Projection, data: st.DataObject) -> None:
    """Sources have no common order: a table that two of them feed could be rebuilt otherwise than it was built."""
    owners: dict[str, str] = {}
    tx = Watched(projection.ddl)
    for number, ((source, wire_name), handler) in enumerate(sorted(projection.handlers.items()), start=1):
        cls = event_type(source, wire_name)
        assert cls is not None
        tx.touched = set()
        event = data.draw(any_of(cls))
        # Any value may come in this test, not in a log; what was touched before it failed still counts.
        with suppress(ValueError, LookupError, sqlite3.Error):
            handler(tx, event, recorded(event, number))
        for table in tx.touched:
            assert owners.setdefault(table, source) == source, f"{table} is fed by {owners[table]} and {source}"
    tx.db.close()
