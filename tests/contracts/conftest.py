"""The adapters a contract is checked against."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kernel.eventstore import EventStore
from tests.support.esdb_lab import ClusterLab, EsdbLab
from tests.support.stores import LABS, Lab

ALL = LABS | {"eventstoredb": EsdbLab, "eventstoredb-cluster": ClusterLab}


@pytest.fixture(params=sorted(ALL))
async def lab(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Lab]:
    """Each adapter of the event store, with a clock that moves when told."""
    made = ALL[request.param](tmp_path)
    yield made
    await made.close()


@pytest.fixture
async def store(lab: Lab) -> EventStore:
    """A fresh store."""
    return await lab.open()
