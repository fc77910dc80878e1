"""After a fault: nothing is lost, nothing happened twice, and the history holds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from typing import Any

import httpx
import nats

from tests.support.stack import SERVICES, Stack, wait_for


def history(stack: Stack, service: str, **wanted: str) -> list[dict[str, Any]]:
    """The facts of a service."""
    answer = stack.agent("auditeur").call(
        "GET", f"/api/audit/{service}/events", params=wanted, headers={"Accept": "application/x-ndjson"}
    )
    return [json.loads(line) for line in answer.content.splitlines()]


async def held(stack: Stack) -> int:
    """How many messages the stream holds."""
    seed = str(stack.data / "keys" / "console" / "nats.seed")
    client = await nats.connect(stack.urls["nats"], nkeys_seed=seed, inbox_prefix="_INBOX.console")
    try:
        return (await client.jetstream().stream_info("GUICHET")).state.messages
    finally:
        await client.close()


def arrived(mailbox: str) -> dict[str, list[str]]:
    """Every mail by its Message-ID: the sources of its copies."""
    copies: dict[str, list[str]] = defaultdict(list)
    with httpx.Client(base_url=mailbox, timeout=30) as box:
        for item in box.get("/api/messages").json()["items"]:
            mail = box.get(f"/api/messages/{item['id']}").json()
            copies[mail["headers"]["Message-ID"]].append(mail["source"])
    return copies


def every_mail_arrived_once(stack: Stack, mailbox: str | None = None, within: float = 60.0) -> int:
    """Each mail of the ledger is in the mailbox, once; twice only when an attempt was in doubt, and then identical.

    How many there are.
    """

    def planned() -> set[str]:
        return {event["data"]["message_id"] for event in history(stack, "notifier", type="NotificationQueued")}

    wait_for(
        "every mail is sent", lambda: len(history(stack, "notifier", type="NotificationSent")) == len(planned()), within
    )
    copies = arrived(mailbox or stack.urls["mailbox"])
    assert set(copies) == planned()
    doubtful = {
        event["data"]["notification"]
        for event in history(stack, "notifier", type="NotificationDeferred")
        if event["data"]["in_doubt"]
    }
    queued = {
        event["data"]["message_id"]: event["data"] for event in history(stack, "notifier", type="NotificationQueued")
    }
    for message, sources in copies.items():
        assert len(set(sources)) == 1, f"copies of {message} differ"
        assert len(sources) == 1 or queued[message]["notification"] in doubtful, f"{message} came {len(sources)} times"
    return len(copies)


def no_mail_was_planned_twice(stack: Stack) -> None:
    """One mail for one fact."""
    causes = [
        (event["data"]["cause"], event["data"]["template"])
        for event in history(stack, "notifier", type="NotificationQueued")
    ]
    assert len(causes) == len(set(causes))


def history_holds(stack: Stack) -> None:
    """Every chain is whole, every read model is what its facts say, and nobody holds a fact back."""
    auditor = stack.agent("auditeur")
    for service in SERVICES:
        report = auditor.call("POST", f"/api/audit/{service}/verification", expect=(200, 202)).body
        assert (report["done"], report["ok"], report["faults"]) == (True, True, []), service
        for projection in auditor.get(f"/api/audit/{service}/projections")["items"]:
            body = {"projection": projection["name"]}
            replay = auditor.call("POST", f"/api/audit/{service}/replays", json=body, expect=(200, 202)).body
            assert (replay["done"], replay["differences"]) == (True, []), (service, projection["name"])
    command = [sys.executable, "-m", "console", "parked", "--data", str(stack.data), "list"]
    held = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (held.returncode, held.stdout) == (0, ""), held.stdout + held.stderr


def nothing_is_lost(stack: Stack) -> None:
    """All of it."""
    stack.ready()
    stack.settled()
    every_mail_arrived_once(stack)
    no_mail_was_planned_twice(stack)
    history_holds(stack)
