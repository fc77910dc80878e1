"""Labels and assignment: what a service does for itself with a demande."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.labels import label
from services.dossiers.commands import LabelDemande
from services.dossiers.events import DemandeLabelled, DemandeUnlabelled
from services.dossiers.main import SERVICE
from tests.support.given import given
from tests.support.service import Desk, serving

DESK = "/api/backoffice/demandes"


def labelled(text: str) -> DemandeLabelled:
    return DemandeLabelled(demande="", agent="i1", label=text)


def asked(add: tuple[str, ...] = (), remove: tuple[str, ...] = ()) -> LabelDemande:
    return LabelDemande(add=add, remove=remove, agent="i1")


def test_labels_are_put_on_and_taken_away_in_one_move() -> None:
    gone = DemandeUnlabelled(demande="", agent="i1", label="urgent")
    given(demande, labelled("urgent")).when(label, asked(("à  rappeler ",), ("urgent",))).then(
        gone, labelled("à rappeler")
    )


def test_a_label_that_is_there_already_changes_nothing() -> None:
    given(demande, labelled("urgent")).when(label, asked(("urgent",), ("absent",))).then()


@pytest.mark.parametrize(
    "command",
    [asked(), asked(("",)), asked(("x" * 31,)), asked(("a\u200bb",)), asked(("a",), ("a",))],
)
def test_a_label_is_one_short_line(command: LabelDemande) -> None:
    given(demande).when(label, command).refused("invalid-request")


def test_a_demande_carries_twenty_labels_at_most() -> None:
    facts = [labelled(f"étiquette {number}") for number in range(20)]
    given(demande, *facts).when(label, asked(("de plus",))).refused("too-many-labels")
    given(demande, *facts).when(label, asked(("de plus",), ("étiquette 0",))).then(
        DemandeUnlabelled(demande="", agent="i1", label="étiquette 0"), labelled("de plus")
    )


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path) as running:
        yield running


async def filed(desk: Desk) -> str:
    slug = "subvention-association"
    shown = (await desk.client.get(f"/api/demarches/{slug}", headers=desk.as_anonymous())).json()
    body = {
        "demarche": slug,
        "on_behalf_of": {"kind": "association", "name": "Fanfare", "identifier": "73282932000074"},
        "answers": {field["name"]: field["example"] for field in shown["fields"] if field["example"] is not None},
    }
    answer = await desk.client.post("/api/demandes", json=body, headers=desk.as_account("a1"))
    return str(answer.json()["id"])


def agent(desk: Desk, account: str = "i1", **more: Any) -> dict[str, str]:
    return desk.as_account(account, "instructeur", services=("vie-associative",), **more)


async def test_labels_are_listed_filtered_and_hidden_from_the_applicant(desk: Desk) -> None:
    id, other = await filed(desk), await filed(desk)
    answer = await desk.client.post(f"{DESK}/{id}/labels", json={"add": ["Urgent", "à voir"]}, headers=agent(desk))
    assert answer.json() == {"id": id, "labels": ["Urgent", "à voir"], "version": 3}
    answer = await desk.client.post(f"{DESK}/{id}/labels", json={"remove": ["à voir"]}, headers=agent(desk))
    assert answer.json() == {"id": id, "labels": ["Urgent"], "version": 4}
    items = (await desk.client.get(DESK, headers=agent(desk))).json()["items"]
    assert {item["id"]: item["labels"] for item in items} == {id: ["Urgent"], other: []}
    found = (await desk.client.get(DESK, params={"label": "Urgent"}, headers=agent(desk))).json()["items"]
    assert [item["id"] for item in found] == [id]
    assert (await desk.client.get(f"{DESK}/{id}", headers=agent(desk))).json()["labels"] == ["Urgent"]
    for path in ("", "/history"):
        assert "Urgent" not in (await desk.client.get(f"/api/demandes/{id}{path}", headers=desk.as_account("a1"))).text
    for headers in (desk.as_account("a1"), desk.as_account("i2", "instructeur", services=("habitat",))):
        hidden = await desk.client.post(f"{DESK}/{id}/labels", json={"add": ["x"]}, headers=headers)
        assert hidden.status_code == 404


async def test_who_was_slower_reads_which_colleague_was_faster(desk: Desk) -> None:
    id = await filed(desk)
    fast, slow = agent(desk, "i1", first_name="Jeanne", last_name="Roy"), agent(desk, "i2")
    seen = {"If-Match": '"1"'}
    url = f"{DESK}/{id}/assignment"
    assert (await desk.client.post(url, json={"agent": "me"}, headers=fast | seen)).status_code == 200
    answer = await desk.client.post(url, json={"agent": "me"}, headers=slow | seen)
    assert (answer.status_code, answer.json()["slug"]) == (412, "stale-version")
    assert answer.json()["detail"].startswith("Jeanne Roy a pris cette demande entre-temps.")
    assert (await desk.client.post(url, json={"agent": None}, headers=fast)).json()["assigned_to"] is None
    answer = await desk.client.post(url, json={"agent": "me"}, headers=slow | {"If-Match": '"2"'})
    assert answer.json()["detail"].startswith("Cette demande a été remise au service entre-temps.")
