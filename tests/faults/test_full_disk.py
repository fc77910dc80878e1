"""A disk is full: writes are refused in words, reads go on, and once there is space again nothing is half done.

Each process has a small disk of its own, a tmpfs, which only root can mount.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from console.demo.command import PIECES
from console.demo.portal import Portal
from tests.support.aftermath import held, history, nothing_is_lost
from tests.support.residents import files_without_account
from tests.support.scene import Scene, set_up
from tests.support.stack import SERVICES, Stack, wait_for

pytestmark = pytest.mark.faults

DISKS = (*SERVICES, "nats", "mailbox")
SIZE = "16m"
PHOTO = {"file": ("photo.jpg", (PIECES / "photo.jpg").read_bytes(), "image/jpeg")}


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data directory whose rooms are disks; a skip where that cannot be had."""
    data = tmp_path_factory.mktemp("disks") / "var"
    mounted: list[Path] = []
    try:
        for name in DISKS:
            (data / name).mkdir(parents=True)
            command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", str(data / name)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
            mounted.append(data / name)
        yield data
    finally:
        for disk in mounted:
            subprocess.run(["umount", "-l", str(disk)], check=False)


@pytest.fixture(scope="module")
def stack(disks: Path) -> Iterator[Stack]:
    """A Guichet on these disks."""
    running = Stack(disks)
    try:
        yield running.start()
    finally:
        running.close()


@pytest.fixture(scope="module")
def scene(stack: Stack) -> Scene:
    """Everything there is to read and to write."""
    return set_up(stack)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Not a byte is left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for piece in (65_536, 512, 1):
            with contextlib.suppress(OSError):
                while file.write(b"x" * piece) == piece:
                    pass
    try:
        yield
    finally:
        ballast.unlink()


def command(scene: Scene, service: str) -> tuple[Portal, str, str, dict[str, Any]]:
    """Something to write in a service."""
    owner, agent, id = scene.callers["owner"], scene.callers["agent"], scene.demande
    commands: dict[str, tuple[Portal, str, str, dict[str, Any]]] = {
        "identity": (owner, "PATCH", "/api/me", {"json": {"phone": "06 98 76 54 32"}}),
        "dossiers": (agent, "POST", f"/api/backoffice/demandes/{id}/notes", {"json": {"text": "Une note."}}),
        "discussion": (owner, "POST", f"/api/demandes/{id}/discussion/messages", {"json": {"body": "Bonjour."}}),
        "files": (owner, "POST", f"/api/demandes/{id}/files", {"files": PHOTO}),
    }
    return commands[service]


READ = {
    "identity": ("/api/me", "/api/sessions"),
    "dossiers": ("/api/demandes", "/api/demandes/{id}", "/api/demandes/{id}/history", "/api/demarches"),
    "discussion": ("/api/demandes/{id}/discussion", "/api/notifications"),
    "files": (),  # a document is handed out only once it is recorded who took it
}


@pytest.mark.parametrize("service", READ)
def test_on_a_full_disk_nothing_is_written_and_everything_can_be_read(stack: Stack, scene: Scene, service: str) -> None:
    portal, method, path, arguments = command(scene, service)
    headers = portal._headers | {"Idempotency-Key": uuid.uuid4().hex}
    before, pid = stack.settled(), stack.pid(service)

    def write() -> httpx.Response:
        return portal.client.request(method, path, headers=headers, **arguments)

    with full(stack.data / service):
        for _ in range(5):
            refused = write()
            assert (refused.status_code, refused.json()["slug"]) == (503, "unavailable")
            assert refused.headers["retry-after"].isdigit()
        owner = scene.callers["owner"]
        for address in READ[service]:
            assert owner.call("GET", address.replace("{id}", scene.demande)).status == 200
        assert stack.facts(service) == before[service]
    done = wait_for("it writes again", lambda: answer if (answer := write()).is_success else None)
    assert "idempotency-replayed" not in done.headers
    assert write().headers["idempotency-replayed"] == "true"
    assert stack.pid(service) == pid, "it had to be started again"


def test_while_its_disk_is_full_the_notifier_plans_and_sends_nothing_and_then_everything(
    stack: Stack, scene: Scene
) -> None:
    with full(stack.data / "notifier"):
        filed = [files_without_account(stack.portal()) for _ in range(3)]
        assert stack.mails(filed[0][1]) == []
    for demande, email in filed:
        (mail,) = stack.mails(email, 1)
        assert demande["tracking_number"] in mail["text"]


@pytest.mark.slow
async def test_while_the_disk_of_nats_is_full_mails_go_out_all_the_same(stack: Stack, scene: Scene) -> None:
    before = await held(stack)
    with full(stack.data / "nats"):
        for _ in range(30):
            demande, email = files_without_account(stack.portal())
        (mail,) = stack.mails(email, 1)
        assert demande["tracking_number"] in mail["text"]
    # A stream that once could not be written is refused until the server starts again; the relays have waited.
    pid = stack.kill("nats")
    stack.back("nats", pid)
    async with asyncio.timeout(30):
        while await held(stack) < before + 60:
            await asyncio.sleep(0.2)


@pytest.mark.slow
def test_a_mail_server_without_space_is_tried_again(stack: Stack, scene: Scene) -> None:
    with full(stack.data / "mailbox"):
        deferred = len(history(stack, "notifier", type="NotificationDeferred"))
        _, email = files_without_account(stack.portal())
        wait_for("it was tried", lambda: len(history(stack, "notifier", type="NotificationDeferred")) > deferred)
    assert len(stack.mails(email, 1)) == 1


def test_afterwards_nothing_is_lost(stack: Stack, scene: Scene) -> None:
    nothing_is_lost(stack)
