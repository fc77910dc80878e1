"""ETag and If-Match, idempotency keys, request ids: what a careful client relies on."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.demo.portal import Portal
from tests.support.residents import Resident, contact, files, files_without_account, opens_discussion
from tests.support.stack import Stack, wait_for

pytestmark = pytest.mark.journey


def test_a_stale_version_is_refused_and_the_current_one_passes(agent: Portal, camille: Resident) -> None:
    id = files(camille.portal)["id"]
    path = f"/api/backoffice/demandes/{id}"
    seen = agent.call("GET", path).headers["etag"]
    noted = agent.call("POST", f"{path}/notes", json={"text": "Une note."}, expect=201)
    assert int(noted.headers["etag"].strip('"')) > int(seen.strip('"'))
    move = {"status": "en_instruction"}
    refused = agent.call("POST", f"{path}/status", json=move, headers={"If-Match": seen}, expect=412)
    assert refused.body["slug"] == "stale-version"
    moved = agent.call("POST", f"{path}/status", json=move, headers={"If-Match": noted.headers["etag"]})
    assert moved.headers["etag"] == agent.call("GET", path).headers["etag"] == f'"{moved.body["version"]}"'


def test_every_resource_with_a_version_tells_it_and_honours_it(agent: Portal, camille: Resident) -> None:
    id = files(camille.portal)["id"]
    opens_discussion(agent, id)
    for path in ("/api/me", f"/api/demandes/{id}", f"/api/demandes/{id}/discussion"):
        assert camille.portal.call("GET", path).headers["etag"].strip('"').isdigit(), path
    stale = {"If-Match": '"1"'}
    for method, path, body in (
        ("PATCH", "/api/me", {"phone": "06 12 34 56 78"}),
        ("POST", f"/api/demandes/{id}/discussion/messages", {"body": "Trop tard."}),
        ("POST", f"/api/demandes/{id}/withdrawal", {}),
    ):
        agent.post(f"/api/backoffice/demandes/{id}/notes", {"text": "Une note."}, expect=201)
        answer = camille.portal.call(method, path, json=body, headers=stale, expect=412)
        assert answer.body["slug"] == "stale-version", path


def test_of_two_agents_who_decide_at_once_one_is_told_to_look_again(
    stack: Stack, agent: Portal, camille: Resident
) -> None:
    id = files(camille.portal)["id"]
    path = f"/api/backoffice/demandes/{id}"
    seen = agent.call("GET", path).headers["etag"]

    def decide(status: str) -> int:
        mine = Portal(agent.url, None, stack.client(**agent._headers))
        body = {"status": status, "message": "Parce que."}
        return mine.call("POST", f"{path}/status", json=body, headers={"If-Match": seen}, expect=(200, 412)).status

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(decide, ["en_instruction", "sans_suite"] * 4))
    assert sorted(answers) == [200] + [412] * 7


def test_one_key_sent_many_times_at_once_files_one_demande(stack: Stack, camille: Resident) -> None:
    before = len(camille.portal.get("/api/demandes", params={"limit": 100})["items"])
    key = {"Idempotency-Key": uuid.uuid4().hex}

    def file(_: int) -> str:
        mine = Portal(camille.portal.url, camille.token, stack.client())
        return str(files_once(mine, key)["id"])

    with ThreadPoolExecutor(8) as crowd:
        assert len(set(crowd.map(file, range(16)))) == 1
    assert len(camille.portal.get("/api/demandes", params={"limit": 100})["items"]) == before + 1


def files_once(portal: Portal, key: dict[str, str], **more: object) -> dict[str, object]:
    """File a demande under a key."""
    form = portal.get("/api/demarches/bourse-departementale-collegien")
    answers = {field["name"]: field["example"] for field in form["fields"] if field.get("example") is not None}
    body = {"demarche": form["slug"], "on_behalf_of": {"kind": "self"}, "answers": answers, "submit": True}
    filed: dict[str, object] = portal.call("POST", "/api/demandes", json=body | more, headers=key, expect=201).body
    return filed


def test_the_same_key_for_something_else_is_refused(agent: Portal, camille: Resident) -> None:
    id = files(camille.portal)["id"]
    key = {"Idempotency-Key": uuid.uuid4().hex}
    path = f"/api/backoffice/demandes/{id}/notes"
    agent.call("POST", path, json={"text": "Une note."}, headers=key, expect=201)
    refused = agent.call("POST", path, json={"text": "Une autre."}, headers=key, expect=422)
    assert refused.body["slug"] == "idempotency-mismatch"


def test_two_people_may_use_the_same_key(stack: Stack, camille: Resident) -> None:
    key, terms = {"Idempotency-Key": "formulaire-1"}, stack.portal().get("/api/terms")["version"]
    mine = files_once(camille.portal, key)
    others = [files_once(stack.portal(), key, contact=contact(), terms_version=terms) for _ in range(2)]
    assert len({str(filed["id"]) for filed in (mine, *others)}) == 3


def test_a_repeated_filing_tells_the_same_tracking_number(stack: Stack) -> None:
    key, terms = {"Idempotency-Key": uuid.uuid4().hex}, stack.portal().get("/api/terms")["version"]
    who = contact()
    first = files_once(stack.portal(), key, contact=who, terms_version=terms)
    again = files_once(stack.portal(), key, contact=who, terms_version=terms)
    assert first == again
    assert len(stack.mails(who["email"], 1)) == 1


def test_the_id_of_a_request_is_found_in_the_history(stack: Stack, agent: Portal) -> None:
    filed, _ = files_without_account(stack.portal())
    opens_discussion(agent, filed["id"])
    mine = f"client-{uuid.uuid4().hex}"
    path = f"/api/demandes/{filed['id']}/discussion/messages"
    said = agent.call("POST", path, json={"body": "Bonjour."}, headers={"X-Request-Id": mine}, expect=201)
    assert said.headers["x-request-id"] == mine
    auditor = stack.agent("auditeur")
    found = auditor.get("/api/audit/discussion/events", params={"correlation": mine})
    assert [event["type"] for event in found] == ["fr.guichet.discussion.MessagePosted.v1"]
    assert {event["correlationid"] for event in found} == {mine}

    def told() -> set[str]:
        story = auditor.get(f"/api/audit/demandes/{filed['id']}/timeline")["items"]
        return {event["source"] for event in story if event["correlationid"] == mine}

    wait_for("the mail in the story", lambda: told() >= {"/guichet/discussion", "/guichet/notifier"})


def test_a_request_id_that_is_none_is_replaced(stack: Stack) -> None:
    portal = stack.portal()
    for given in (b"court", b"x" * 65, b"avec espace", "é".encode() * 10, b"a/b/c/d/e/f"):
        answer = portal.client.get("/api/terms", headers={b"X-Request-Id": given})
        assert answer.headers["x-request-id"].encode() != given
        assert len(answer.headers["x-request-id"]) == 32
