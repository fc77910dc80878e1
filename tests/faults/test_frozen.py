"""A process that hangs (SIGSTOP) holds nobody up: the others go on, and who needs it is told in time to come back."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from console.demo.command import PIECES
from tests.support.aftermath import nothing_is_lost
from tests.support.residents import writes
from tests.support.scene import Scene, set_up
from tests.support.stack import Stack, wait_for

pytestmark = pytest.mark.faults

# Eight seconds in the gateway; the rest is for a machine that is busy with other tests.
IN_TIME = 15.0
PHOTO = {"file": ("photo.jpg", (PIECES / "photo.jpg").read_bytes(), "image/jpeg")}


@pytest.fixture(scope="module")
def scene(stack: Stack) -> Scene:
    """Everything there is to read and to write."""
    return set_up(stack)


class Crowd:
    """Asks everything at once, each from a connection of its own."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self._pool = scene, ThreadPoolExecutor(12)
        self._asked: dict[str, Future[httpx.Response]] = {}

    def asks(self, caller: str, method: str, path: str, **arguments: Any) -> None:
        """Somebody asks for something."""
        portal = self._scene.callers[caller]
        client = self._scene.stack.client(**portal._headers)
        self._asked[f"{method} {path}"] = self._pool.submit(client.request, method, path, **arguments)

    def statuses(self) -> dict[str, int]:
        """What they are answered, all of them in time."""
        answers = {asked: future.result(timeout=30) for asked, future in self._asked.items()}
        self._pool.shutdown()
        late = {asked: answer.elapsed for asked, answer in answers.items() if answer.elapsed.total_seconds() > IN_TIME}
        assert late == {}
        for answer in answers.values():
            if answer.status_code == 503:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["slug"] == "unavailable"
                assert answer.headers["retry-after"].isdigit()
        return {asked: answer.status_code for asked, answer in answers.items()}


@pytest.mark.slow
def test_while_discussion_hangs_everything_else_goes_on(stack: Stack, scene: Scene) -> None:
    id, crowd = scene.demande, Crowd(scene)
    with stack.frozen("discussion"):
        crowd.asks("owner", "GET", f"/api/demandes/{id}/discussion")
        crowd.asks("owner", "POST", f"/api/demandes/{id}/discussion/messages", json={"body": "Y a-t-il quelqu'un ?"})
        crowd.asks("owner", "GET", "/api/notifications")
        crowd.asks("owner", "GET", "/api/me")
        crowd.asks("owner", "PATCH", "/api/me", json={"phone": "06 12 34 56 78"})
        crowd.asks("owner", "GET", f"/api/demandes/{id}")
        crowd.asks("owner", "POST", "/api/demandes", json=scene.form)
        crowd.asks("owner", "GET", f"/api/files/{scene.file}")
        crowd.asks("agent", "GET", f"/api/backoffice/demandes/{id}")
        crowd.asks("agent", "POST", f"/api/backoffice/demandes/{id}/notes", json={"text": "Une note."})
        crowd.asks("anonymous", "GET", "/api/demarches")
        crowd.asks("auditeur", "POST", "/api/audit/files/replays", json={"projection": "access"})
        statuses = crowd.statuses()
        # Whether it still looks for what it needs or has given up: it never claims to have compared.
        assert statuses.pop("POST /api/audit/files/replays") in (202, 503)
        assert statuses == {
            f"GET /api/demandes/{id}/discussion": 503,
            f"POST /api/demandes/{id}/discussion/messages": 503,
            "GET /api/notifications": 503,
            "GET /api/me": 200,
            "PATCH /api/me": 200,
            f"GET /api/demandes/{id}": 200,
            "POST /api/demandes": 201,
            f"GET /api/files/{scene.file}": 200,
            f"GET /api/backoffice/demandes/{id}": 200,
            f"POST /api/backoffice/demandes/{id}/notes": 201,
            "GET /api/demarches": 200,
        }
        assert scene.callers["owner"].get("/api/me")["unread_discussions"] is None
        assert httpx.get(f"{stack.urls['gateway']}/readyz", timeout=IN_TIME).status_code == 503
    stack.ready()
    said = writes(scene.callers["owner"], id, "Vous revoilà.")
    thread = scene.callers["owner"].get(f"/api/demandes/{id}/discussion")
    assert thread["messages"][-1]["id"] == said["id"]


@pytest.mark.slow
def test_while_identity_hangs_who_is_known_waits_a_moment_and_is_told(stack: Stack, scene: Scene) -> None:
    crowd = Crowd(scene)
    with stack.frozen("identity"):
        # The verdict on a session is remembered for five seconds at most.
        client = stack.client(**scene.callers["owner"]._headers)
        wait_for("the verdict is forgotten", lambda: client.get("/api/demandes").status_code == 503)
        crowd.asks("owner", "GET", "/api/me")
        crowd.asks("owner", "GET", "/api/demandes")
        crowd.asks("anonymous", "GET", "/api/demarches")
        crowd.asks("anonymous", "POST", "/api/demandes", json=scene.form)
        assert crowd.statuses() == {
            "GET /api/me": 503,
            "GET /api/demandes": 503,
            "GET /api/demarches": 200,
            "POST /api/demandes": 201,
        }
    stack.ready()
    assert scene.callers["owner"].get("/api/me")["email"] == scene.owner.email


@pytest.mark.parametrize("server", ["nats", "mailbox", "notifier"])
def test_what_nobody_waits_for_may_hang(stack: Stack, scene: Scene, server: str) -> None:
    id, crowd = scene.demande, Crowd(scene)
    with stack.frozen(server):
        crowd.asks("owner", "GET", f"/api/demandes/{id}/discussion")
        crowd.asks("owner", "POST", f"/api/demandes/{id}/discussion/messages", json={"body": "Bonjour."})
        crowd.asks("owner", "POST", "/api/demandes", json=scene.form)
        crowd.asks("owner", "POST", f"/api/demandes/{id}/files", files=PHOTO)
        crowd.asks("agent", "POST", f"/api/backoffice/demandes/{id}/notes", json={"text": "Une note."})
        crowd.asks("owner", "GET", "/api/me")
        assert set(crowd.statuses().values()) == {200, 201}


def test_afterwards_nothing_is_lost(stack: Stack, scene: Scene) -> None:
    nothing_is_lost(stack)
