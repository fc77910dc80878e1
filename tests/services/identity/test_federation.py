"""What identity alone says of FranceConnect and ProConnect: its settings, its doors, what it keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from kernel.clock import FrozenClock, rfc3339
from services.identity.adapters.federation import askings, choices
from services.identity.adapters.federation.choices import Choice
from services.identity.housekeeping import drop_expired
from services.identity.ports import Identified
from tests.support.people import People, people_at

BROWSER = "b" * 43
CLIENT: dict[str, Any] = {"franceconnect_client_id": "guichet", "franceconnect_client_secret": "x"}
DOORS = (
    "/internal/federation/franceconnect/departure",
    "/internal/federation/franceconnect/return",
    "/internal/federation/choice",
    "/internal/federation/choice/settlement",
    "/internal/federation/leaving",
)


@pytest.mark.parametrize("path", DOORS)
async def test_these_doors_are_for_people_alone(people: People, path: str) -> None:
    for service in ("gateway", "dossiers", "console"):
        for purpose in ("read", "operate", "feed"):
            answer = await people.post(path, {"browser": BROWSER}, people.desk.as_service(service, purpose))
            assert answer.status_code == 404
    assert (await people.desk.client.post(path, json={"browser": BROWSER})).status_code == 401


async def test_without_a_contract_nobody_leaves(people: People) -> None:
    for name in ("franceconnect", "proconnect"):
        body = {"browser": BROWSER, "next": "/"}
        answer = await people.post(f"/internal/federation/{name}/departure", body)
        assert (answer.status_code, answer.json()["slug"]) == (404, "not-found")
    answer = await people.post("/internal/federation/evil/departure", {"browser": BROWSER, "next": "/"})
    assert answer.status_code in (404, 422)


@pytest.mark.parametrize(
    "settings",
    [
        {"franceconnect_issuer": "https://fc.example"},
        CLIENT | {"franceconnect_issuer": "http://fc.example"},
        CLIENT | {"franceconnect_issuer": "fc.example"},
        CLIENT | {"franceconnect_issuer": "file:///etc/passwd"},
        {"proconnect_issuer": "https://pc.example", "proconnect_client_id": "guichet"},
    ],
)
async def test_half_a_contract_does_not_start(tmp_path: Path, settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        async with people_at(tmp_path, **settings):
            pass


async def test_the_secret_is_not_shown(tmp_path: Path) -> None:
    told: dict[str, Any] = CLIENT | {
        "franceconnect_client_secret": "a-word-of-ours",
        "franceconnect_issuer": "https://fc.example",
    }
    async with people_at(tmp_path, **told) as people:
        assert "a-word-of-ours" not in repr(people.desk.run.settings)


async def test_without_listed_bodies_proconnect_is_not_offered(tmp_path: Path) -> None:
    told: dict[str, Any] = {
        "proconnect_issuer": "http://127.0.0.1:1",
        "proconnect_client_id": "a",
        "proconnect_client_secret": "b",
    }
    async with people_at(tmp_path, **told) as people:
        answer = await people.post("/internal/federation/proconnect/departure", {"browser": BROWSER, "next": "/"})
        assert answer.status_code == 404


async def test_what_is_under_way_ends_with_its_time(tmp_path: Path, clock: FrozenClock) -> None:
    async with people_at(tmp_path, clock=clock) as people:
        run = people.desk.run
        known = Identified("sub", "eidas1", "token", "Ada", "Martin", email="ada@example.org")
        late, _ = await askings.begin(run, "franceconnect", BROWSER, "sign-in", "/")
        await choices.offer(run, BROWSER, Choice("address-taken", "/", known))
        rows = await run.state.read("SELECT * FROM federation_asking") + await run.state.read(
            "SELECT * FROM federation_choice"
        )
        shown = str(rows)
        for secret in (late, BROWSER, "ada@example.org", "Martin"):
            assert secret not in shown
        clock.advance(minutes=10, seconds=1)
        assert await choices.waiting(run, BROWSER) is not None
        assert await askings.take(run, "franceconnect", BROWSER, late) is None
        clock.advance(minutes=30)
        assert await choices.waiting(run, BROWSER) is None
        await askings.begin(run, "franceconnect", BROWSER, "sign-in", "/")
        await drop_expired(run)
        assert len(await run.state.read("SELECT * FROM federation_asking")) == 1
        assert await run.state.read("SELECT * FROM federation_choice") == []
        assert rfc3339(clock()) > rows[0]["until"]


async def test_a_state_serves_once_and_only_where_it_began(people: People) -> None:
    run = people.desk.run
    for name, browser in (("proconnect", BROWSER), ("franceconnect", "c" * 43)):
        state, _ = await askings.begin(run, "franceconnect", BROWSER, "sign-in", "/")
        assert await askings.take(run, name, browser, state) is None
        assert await askings.take(run, "franceconnect", BROWSER, state) is None, "and is spent by it"
    state, asking = await askings.begin(run, "franceconnect", BROWSER, "sign-in", "/x")
    assert await askings.take(run, "franceconnect", BROWSER, state) == asking
    assert await askings.take(run, "franceconnect", BROWSER, state) is None
