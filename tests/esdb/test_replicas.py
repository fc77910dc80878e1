"""Several processes of one service over an event store that is elsewhere and one PostgreSQL, nothing else in common."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from tests.esdb_server.server import Server
from tests.support.databases import place
from tests.support.service import Desk, serving
from tests.support.toy import SERVICE


async def made(desk: Desk) -> str:
    answer = await desk.client.post("/api/counters", headers=desk.as_account("a1"))
    assert (answer.status_code, answer.headers.get("guichet-stale")) == (201, None)
    id: str = answer.json()["id"]
    return id


async def test_what_one_process_records_both_show_and_both_go_on(tmp_path: Path) -> None:
    server = Server(tmp_path / "server")
    uri = (await server.start()).uri
    homes = [tmp_path / name for name in ("one", "two")]
    for home in homes:
        home.mkdir()
    async with place("postgresql", tmp_path / "place") as where:
        settings: dict[str, Any] = {"eventstore": uri, "database": where.url}
        async with serving(SERVICE, homes[1], **settings) as two:
            async with serving(SERVICE, homes[0], **settings) as one:
                ids = [await made(desk) for _ in range(4) for desk in (one, two)]
                for desk, id in zip((two, one) * 4, ids, strict=True):
                    grown = await desk.client.post(
                        f"/api/counters/{id}/additions", json={"amount": 3}, headers=desk.as_account("a1")
                    )
                    seen = {"Guichet-Position": grown.headers["guichet-position"]}
                    for reader in (one, two):
                        got = await reader.client.get(f"/api/counters/{id}", headers=reader.as_account("a1") | seen)
                        assert (got.json()["total"], got.headers["etag"]) == (3, '"2"')
                replayed = await one.run.replay_of("totals").run()
                assert (replayed["identical"], replayed["events"]) == (True, 16)
            async with asyncio.timeout(10):
                await made(two)
    await server.stop()
