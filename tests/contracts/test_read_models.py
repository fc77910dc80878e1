"""Every read model of every service folds the same facts to the same rows, whichever engine keeps them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from kernel.clock import parse_rfc3339
from kernel.databases.postgres import PostgresDatabases
from kernel.databases.sqlite import SqliteDatabases
from kernel.db import Databases
from kernel.envelope import Meta, Recorded
from kernel.events import Event, event_type
from kernel.feed import FeedPage
from kernel.projection import Projection
from kernel.projector import ReadModel
from kernel.runtime.assembly import SERVICES
from tests.support.facts import any_of, every_fact
from tests.support.postgres import new_database

every_fact()
PROJECTIONS = [
    pytest.param(projection, id=f"{name}.{projection.name}")
    for name in SERVICES
    for projection in import_module(f"services.{name}.main").SERVICE.projections
]
KEYS = frozenset({"account", "demande", "discussion", "document", "file", "message", "notification", "slug", "up_to"})
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with new_database() as made:
        yield made


def ordinary(value: Any, name: str = "") -> Any:
    """The value as it may be in a log: three things of each kind, and no NUL, which PostgreSQL does not keep."""
    if isinstance(value, dict):
        return {key.replace("\0", ""): ordinary(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [ordinary(inner, name) for inner in value]
    if isinstance(value, str):
        return f"{name}{len(value) % 3}" if name in KEYS else value.replace("\0", "")
    return value


def recorded(event: Event, number: int) -> Recorded:
    return Recorded(
        source=event.origin,
        position=number,
        stream=f"{event.origin}.thing-{number % 5}",
        version=number,
        id=UUID(int=number),
        type=event.wire_name,
        schema=event.wire_version,
        at=parse_rfc3339(f"2026-11-24T08:{number % 60:02}:00Z"),
        meta=Meta("account:a", "command", "", "correlation", "causation"),
        event=event,
        route=event.routed_to,
        public=event.is_public,
    )


async def folded(databases: Databases, projection: Projection, facts: Sequence[Recorded], beside: str) -> Any:
    """What the tables hold, and what is parked, once the facts were folded in three pages."""
    rows = databases.rows(projection.label, projection.tables_ddl, beside)
    model = ReadModel(projection, rows, shared=databases.shared)
    for page in (facts[:7], facts[7:8], facts[8:]):
        for source in projection.sources:
            own = [fact for fact in page if fact.source == source]
            if own:
                await model.apply(source, FeedPage(own, own[-1].position, "epoch"))
        await model.land()
    digest, parked = await model.digest(), await model.parked()
    await model.delete()
    await databases.close()
    return digest, [(row["stream"], row["version"]) for row in parked]


@pytest.mark.parametrize("projection", PROJECTIONS)
@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_both_engines_hold_the_same_rows(
    projection: Projection, url: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    kinds = [event_type(source, name) for source, name in sorted(projection.handlers)]
    drawn = data.draw(
        st.lists(st.sampled_from(kinds).flatmap(lambda cls: any_of(cls or Event)), min_size=8, max_size=30)
    )
    facts = []
    for number, event in enumerate(drawn, start=1):
        plain = ordinary(from_json(to_json(event)))
        facts.append(recorded(type(event).model_validate(plain), number))
    home, beside = tmp_path_factory.mktemp("engines"), f"e{next(NUMBERS)}"

    async def both() -> tuple[Any, Any]:
        lite = await folded(SqliteDatabases(Path(home)), projection, facts, beside)
        return lite, await folded(PostgresDatabases("engines", url, Path(home)), projection, facts, beside)

    one, other = asyncio.run(both())
    assert one == other
