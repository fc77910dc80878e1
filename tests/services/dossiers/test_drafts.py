"""Drafts over the API: saved as they are typed, sealed, filed, copied, forgotten."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from kernel.clock import FrozenClock
from services.dossiers.adapters import drafts
from services.dossiers.main import SERVICE
from services.dossiers.reactions.drafts import discard_old_drafts
from services.identity.events import AccountErased
from tests.support.dossiers import ASSOCIATION, CONTACT, examples, filing
from tests.support.producers import producers
from tests.support.service import Desk, serving

SLUG = "subvention-association"


async def begun(desk: Desk, **typed: Any) -> dict[str, Any]:
    answer = await desk.client.post(
        "/api/demandes", json={"demarche": SLUG, "submit": False} | typed, headers=desk.as_account("a1")
    )
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    assert answer.headers["etag"] == f'"{body["version"]}"'
    return body


async def typing(desk: Desk, id: str, changes: dict[str, Any], account: str = "a1", **headers: str) -> httpx.Response:
    return await desk.client.patch(
        f"/api/demandes/{id}/answers", json=changes, headers=desk.as_account(account) | headers
    )


async def shown(desk: Desk, id: str, account: str = "a1") -> httpx.Response:
    return await desk.client.get(f"/api/demandes/{id}", headers=desk.as_account(account))


async def mine(desk: Desk, account: str = "a1") -> list[dict[str, Any]]:
    answer = await desk.client.get("/api/demandes", headers=desk.as_account(account))
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_draft_is_begun_typed_and_filed(desk: Desk) -> None:
    body = await begun(desk)
    id = body["id"]
    assert (body["status"], body["tracking_number"], body["submitted_at"], body["version"]) == (
        "brouillon",
        None,
        None,
        1,
    )
    (line,) = await mine(desk)
    assert (line["id"], line["status"], line["submitted_at"]) == (id, "brouillon", None)
    answers = await examples(desk, SLUG)
    first, *others = answers
    saved = await typing(desk, id, {"answers": {first: answers[first]}, "on_behalf_of": ASSOCIATION})
    assert (saved.status_code, saved.headers["etag"], saved.json()["version"]) == (200, '"2"', 2)
    seen = (await shown(desk, id)).json()
    assert seen["answers"] == {first: answers[first]}
    assert seen["on_behalf_of"] == ASSOCIATION
    assert seen["contact"] == {"email": "a1@example.org", "first_name": "Ada", "last_name": "Martin"}
    assert any(fault["pointer"].startswith("/answers/") for fault in seen["to_complete"])
    early = await desk.client.post(f"/api/demandes/{id}/submission", headers=desk.as_account("a1"))
    assert (early.status_code, early.json()["slug"]) == (422, "invalid-answers")
    assert (await shown(desk, id)).json()["version"] == 2
    await typing(desk, id, {"answers": {name: answers[name] for name in others}, "contact": CONTACT})
    assert (await shown(desk, id)).json()["to_complete"] == []
    filed = await desk.client.post(f"/api/demandes/{id}/submission", headers=desk.as_account("a1"))
    assert filed.status_code == 200, filed.text
    told = filed.json()
    assert (told["id"], told["reference"], told["status"]) == (id, body["reference"], "deposee")
    assert len(told["tracking_number"]) == 19
    (line,) = await mine(desk)
    assert (line["status"], line["submitted_at"]) == ("deposee", told["submitted_at"])
    kept = (await shown(desk, id)).json()["answers"]
    assert kept.items() <= answers.items()
    assert answers.keys() - kept.keys() == {"accueil_handicap", "domaine_autre"}  # hidden by other answers
    assert await drafts.find(desk.run, id) is None
    late = await typing(desk, id, {"answers": {}})
    assert (late.status_code, late.json()["slug"]) == (409, "bad-transition")
    again = await desk.client.post(f"/api/demandes/{id}/submission", headers=desk.as_account("a1"))
    assert (again.status_code, again.json()["slug"]) == (409, "bad-transition")


async def test_without_an_account_there_is_no_draft(desk: Desk) -> None:
    answer = await desk.client.post(
        "/api/demandes", json={"demarche": SLUG, "submit": False}, headers=desk.as_anonymous()
    )
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/submit")
    assert "connectez-vous" in answer.json()["detail"]


async def test_a_wrong_value_is_told_and_nothing_is_kept(desk: Desk) -> None:
    id = (await begun(desk))["id"]
    wrong = await typing(desk, id, {"answers": {"budget_total": "beaucoup", "projet_titre": "Fanfare"}})
    assert (wrong.status_code, wrong.json()["slug"]) == (422, "invalid-answers")
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/answers/budget_total"]
    assert (await shown(desk, id)).json()["answers"] == {}
    for body in ({"answers": 5}, {"answers": {"nulle_part": 1}}, {"contact": {"email": "x"}}, {"autre": 1}):
        assert (await typing(desk, id, body)).status_code == 422
    refused = await desk.client.post(
        "/api/demandes",
        json={"demarche": SLUG, "submit": False, "answers": {"budget_total": "beaucoup"}},
        headers=desk.as_account("b2"),
    )
    assert refused.status_code == 422
    assert await mine(desk, "b2") == []
    assert len(await desk.run.state.read("SELECT * FROM draft")) == 1


async def test_two_pages_do_not_overwrite_each_other(desk: Desk) -> None:
    id = (await begun(desk))["id"]
    assert (await typing(desk, id, {"answers": {"projet_titre": "A"}}, **{"If-Match": '"1"'})).status_code == 200
    stale = await typing(desk, id, {"answers": {"projet_titre": "B"}}, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["slug"]) == (412, "stale-version")
    for headers in ({"If-Match": '"1"'}, {"If-Match": '"99"'}):
        for call in ("submission", "withdrawal"):
            answer = await desk.client.post(
                f"/api/demandes/{id}/{call}", json={}, headers=desk.as_account("a1") | headers
            )
            assert answer.status_code == 412
    assert (await shown(desk, id)).json()["answers"] == {"projet_titre": "A"}


async def test_a_repeated_save_answers_the_same(desk: Desk) -> None:
    id = (await begun(desk))["id"]
    key = {"Idempotency-Key": "k1"}
    first = await typing(desk, id, {"answers": {"projet_titre": "A"}}, **key)
    await typing(desk, id, {"answers": {"projet_titre": "B"}})
    again = await typing(desk, id, {"answers": {"projet_titre": "A"}}, **key)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert (await shown(desk, id)).json()["answers"] == {"projet_titre": "B"}
    other = await typing(desk, id, {"answers": {"projet_titre": "C"}}, **key)
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-mismatch")


async def test_a_repeated_beginning_and_a_repeated_submission_answer_the_same(desk: Desk) -> None:
    headers = desk.as_account("a1") | {"Idempotency-Key": "begin"}
    body = {
        "demarche": SLUG,
        "submit": False,
        "on_behalf_of": ASSOCIATION,
        "answers": await examples(desk, SLUG),
    }
    first, again = [await desk.client.post("/api/demandes", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    id = first.json()["id"]
    headers = desk.as_account("a1") | {"Idempotency-Key": "file", "If-Match": '"1"'}
    filed, repeated = [await desk.client.post(f"/api/demandes/{id}/submission", headers=headers) for _ in range(2)]
    assert (filed.status_code, repeated.status_code, repeated.json()) == (200, 200, filed.json())
    assert repeated.headers["idempotency-replayed"] == "true"
    third = await desk.client.post(
        "/api/demandes", json=body, headers=desk.as_account("a1") | {"Idempotency-Key": "begin"}
    )
    assert third.json() == first.json()
    assert await drafts.find(desk.run, id) is None


async def test_a_draft_shows_to_nobody_else(desk: Desk) -> None:
    id = (await begun(desk))["id"]
    agent = desk.as_account("i1", "instructeur", services=("vie-associative",))
    for headers in (desk.as_account("b2"), desk.as_tracking(id), agent):
        answers = [
            await desk.client.get(f"/api/demandes/{id}", headers=headers),
            await desk.client.get(f"/api/demandes/{id}/history", headers=headers),
            await desk.client.get(f"/api/backoffice/demandes/{id}", headers=headers),
            await desk.client.post(f"/api/demandes/{id}/withdrawal", json={}, headers=headers),
            await desk.client.get(f"/api/demandes/{id}/receipt", headers=headers),
        ]
        assert {answer.status_code for answer in answers} <= {401, 404}
    assert (await typing(desk, id, {"answers": {}}, "b2")).status_code == 404
    listed = await desk.client.get("/api/backoffice/demandes", headers=agent)
    assert (listed.json()["items"], listed.json()["counts"]) == ([], {})
    inside = await desk.client.get(f"/internal/demandes/{id}", headers=desk.as_service("discussion", "read"))
    assert inside.status_code == 404


async def test_a_withdrawn_draft_is_gone_with_its_key(desk: Desk) -> None:
    id = (await begun(desk, answers={"projet_titre": "Secret de brouillon"}))["id"]
    headers = desk.as_account("a1") | {"Idempotency-Key": "gone"}
    gone, again = [await desk.client.post(f"/api/demandes/{id}/withdrawal", json={}, headers=headers) for _ in range(2)]
    assert (gone.status_code, gone.json()["status"]) == (200, "retiree")
    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (200, gone.json(), "true")
    assert await mine(desk) == []
    assert (await shown(desk, id)).status_code == 404
    assert (await typing(desk, id, {"answers": {}})).status_code == 404
    assert desk.run.codec.vault.seal(f"demande:{id}", b"x", b"") is None


async def test_nothing_typed_lies_in_clear_on_the_disk(desk: Desk, tmp_path: Path) -> None:
    id = (await begun(desk, answers={"projet_titre": "Fanfare-confidentielle"}))["id"]
    await typing(desk, id, {"contact": {"last_name": "Confidentiel"}})
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"Fanfare-confidentielle" not in content, path
            assert b"Confidentiel" not in content, path


async def test_a_draft_nobody_changes_is_forgotten_after_thirty_days(desk: Desk, now: FrozenClock) -> None:
    old, kept = (await begun(desk))["id"], (await begun(desk))["id"]
    now.advance(days=29)
    await typing(desk, kept, {"answers": {"projet_titre": "Encore"}})
    now.advance(days=1, seconds=1)
    await discard_old_drafts(desk.run)
    await discard_old_drafts(desk.run)
    assert (await shown(desk, old)).status_code == 404
    assert (await shown(desk, kept)).status_code == 200
    history = await desk.run.store.read(f"dossiers.demande-{old}")
    assert [fact.type for fact in history] == ["DemandeDrafted", "DraftDiscarded"]
    assert history[-1].at >= history[0].at + timedelta(days=30)


async def test_the_drafts_of_an_erased_account_go_with_it_and_what_was_filed_stays(tmp_path: Path) -> None:
    async with producers(tmp_path / "town", reader="dossiers") as told:
        shutil.copytree(tmp_path / "town" / "trust", tmp_path / "trust")
        shutil.copy(tmp_path / "town" / "keys.json", tmp_path / "keys.json")
        async with serving(SERVICE, tmp_path, identity_url=told.urls["identity_url"]) as desk:
            gone = (await begun(desk, answers={"projet_titre": "A"}))["id"]
            filed = (await filing(desk, desk.as_account("a1"))).json()["id"]
            kept = await desk.client.post(
                "/api/demandes", json={"demarche": SLUG, "submit": False}, headers=desk.as_account("b2")
            )
            await told.say(AccountErased(account="a1", email="a1@example.org"))
            async with asyncio.timeout(10):
                while await drafts.find(desk.run, gone) is not None:
                    await asyncio.sleep(0.02)
            assert await drafts.find(desk.run, kept.json()["id"]) is not None
            history = await desk.run.store.read(f"dossiers.demande-{gone}")
            assert [fact.type for fact in history] == ["DemandeDrafted", "DraftDiscarded"]
            seen = await desk.client.get(f"/api/demandes/{filed}", headers=desk.as_tracking(filed))
            assert seen.json()["answers"]


async def test_a_past_demande_is_begun_again(desk: Desk) -> None:
    past = (await filing(desk, desk.as_account("a1"))).json()["id"]
    answer = await desk.client.post(f"/api/demandes/{past}/duplicate", headers=desk.as_account("a1"))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["id"] != past
    assert set(body["dropped"]) == {"/answers/contrat_republicain", "/answers/attestation"}
    before, after = (await shown(desk, past)).json(), (await shown(desk, body["id"])).json()
    assert after["status"] == "brouillon"
    assert after["answers"] == {
        name: value for name, value in before["answers"].items() if name not in ("contrat_republicain", "attestation")
    }
    assert (after["contact"], after["on_behalf_of"]) == (before["contact"], before["on_behalf_of"])
    assert {fault["pointer"] for fault in after["to_complete"]} == set(body["dropped"])
    for headers, status in ((desk.as_account("b2"), 404), (desk.as_tracking(past), 401), (desk.as_anonymous(), 401)):
        assert (await desk.client.post(f"/api/demandes/{past}/duplicate", headers=headers)).status_code == status


async def test_drafts_and_demandes_are_one_list_by_pages(desk: Desk, now: FrozenClock) -> None:
    ids = []
    for number in range(5):
        now.advance(minutes=1)
        ids.append((await begun(desk) if number % 2 else (await filing(desk, desk.as_account("a1"))).json())["id"])
    seen, cursor = [], None
    while True:
        params: dict[str, Any] = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await desk.client.get("/api/demandes", params=params, headers=desk.as_account("a1"))).json()
        seen += [item["id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == ids[::-1]
    only = await desk.client.get("/api/demandes?status=brouillon", headers=desk.as_account("a1"))
    assert {item["id"] for item in only.json()["items"]} == {ids[1], ids[3]}
