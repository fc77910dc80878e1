"""Who may take part: everybody else gets the same 404, and whoever shows nothing a 401."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.discussion import DEMANDE, Talk, submitted, tell
from tests.support.service import Desk

OTHER = "dem0000000000009"
CALLS: Mapping[str, tuple[str, str, Any]] = {
    "read": ("GET", "/api/demandes/{}/discussion", None),
    "post": ("POST", "/api/demandes/{}/discussion/messages", {"body": "Bonjour"}),
    "mark": ("POST", "/api/demandes/{}/discussion/read", {"up_to": "m000000000000001"}),
    "open": ("POST", "/api/backoffice/demandes/{}/discussion", {"subject": "Objet", "body": "Bonjour"}),
    "close": ("POST", "/api/backoffice/demandes/{}/discussion/closure", None),
}
BACK_OFFICE = ("open", "close")


def strangers(desk: Desk) -> dict[str, dict[str, str]]:
    return {
        "another account": desk.as_account("b2"),
        "the agent of another service": desk.as_account("i2", "instructeur", services=("culture",)),
        "an agent of no service": desk.as_account("i3", "instructeur"),
        "an administrator": desk.as_account("x1", "administrateur", services=("habitat",)),
        "an auditor": desk.as_account("x2", "auditeur", services=("habitat",)),
        "the tracking session of another demande": desk.as_tracking(OTHER),
    }


async def call(desk: Desk, name: str, headers: dict[str, str], demande: str = DEMANDE) -> Any:
    method, path, body = CALLS[name]
    return await desk.client.request(method, path.format(demande), json=body, headers=headers)


@pytest.mark.parametrize("name", CALLS)
async def test_strangers_get_the_same_404_as_for_what_does_not_exist(talk: Talk, name: str) -> None:
    await talk.opens()
    missing = await call(talk.desk, name, talk.agent, "nimporte quoi")
    assert missing.status_code == 404
    for who, headers in strangers(talk.desk).items():
        answer = await call(talk.desk, name, headers)
        assert (who, answer.status_code) == (who, 404)
        assert answer.text == missing.text


@pytest.mark.parametrize("name", BACK_OFFICE)
async def test_the_applicant_has_no_back_office(talk: Talk, name: str) -> None:
    for headers in (talk.applicant, talk.desk.as_tracking(DEMANDE)):
        assert (await call(talk.desk, name, headers)).status_code == 404


@pytest.mark.parametrize("name", [*CALLS])
async def test_whoever_shows_nothing_is_asked_to_sign_in(talk: Talk, name: str) -> None:
    for headers in ({}, talk.desk.as_anonymous(), {"Authorization": "Bearer x"}, talk.desk.as_service("files", "read")):
        answer = await call(talk.desk, name, headers)
        assert (answer.status_code, answer.json()["slug"]) == (401, "unauthenticated")
    for headers in ({}, talk.desk.as_anonymous()):
        assert (await talk.desk.client.get("/api/notifications", headers=headers)).status_code == 401


async def test_the_account_its_tracking_session_and_the_agent_take_part(talk: Talk) -> None:
    await talk.opens()
    for headers in (talk.applicant, talk.desk.as_tracking(DEMANDE), talk.agent):
        for name, status in (("read", 200), ("post", 201), ("mark", 422)):
            assert (await call(talk.desk, name, headers)).status_code == status


async def test_a_demande_of_nobody_has_no_owner_to_pretend_to_be(talk: Talk) -> None:
    await tell(talk.desk, submitted(OTHER, owner=""))
    await Talk(talk.desk, OTHER).opens()
    assert (await call(talk.desk, "read", talk.desk.as_account(""), OTHER)).status_code == 404


async def test_an_agent_who_filed_a_demande_speaks_as_its_applicant(talk: Talk) -> None:
    await talk.opens()
    both = talk.desk.as_account("a1", "instructeur", services=("habitat",))
    said = await call(talk.desk, "post", both)
    assert said.json()["author"]["kind"] == "applicant"


async def test_a_position_makes_a_read_wait_and_a_foolish_one_does_not_hold_it_long(talk: Talk) -> None:
    opened = await talk.opens()
    position = {"Guichet-Position": opened.headers["guichet-position"]}
    assert (await talk.reads(talk.applicant | position)).json() == opened.json()
    late = await talk.reads(talk.applicant | {"Guichet-Position": "discussion=99999.99999"})
    assert (late.status_code, late.headers["guichet-stale"]) == (200, "true")
