"""What another system receives: CloudEvents on JetStream, in order, each once, from the beginning."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from console.demo.portal import Portal
from tests.support.residents import Resident, files, opens_discussion, writes
from tests.support.stack import SERVICES, Stack

pytestmark = pytest.mark.journey


@asynccontextmanager
async def connected(stack: Stack) -> AsyncIterator[Client]:
    """A connection with the console's key, which may read the stream and nothing else."""
    seed = str(stack.data / "keys" / "console" / "nats.seed")
    client = await nats.connect(stack.urls["nats"], nkeys_seed=seed, inbox_prefix="_INBOX.console")
    try:
        yield client
    finally:
        await client.close()


async def received(stack: Stack) -> list[Msg]:
    """Everything the stream holds."""
    async with connected(stack) as client:
        js = client.jetstream()
        held = (await js.stream_info("GUICHET")).state.messages
        consumer = await js.pull_subscribe("guichet.>", stream="GUICHET")
        messages: list[Msg] = []
        while len(messages) < held:
            batch = await consumer.fetch(min(500, held - len(messages)), timeout=10)
            for message in batch:
                await message.ack()
            messages += batch
        return messages


@pytest.fixture(scope="module")
def demande(stack: Stack, camille: Resident) -> str:
    """A demande about which every service has had something to say."""
    agent, id = stack.agent("instructeur"), str(files(camille.portal)["id"])
    opens_discussion(agent, id)
    writes(camille.portal, id)
    return id


async def test_a_consumer_receives_cloudevents_that_say_where_they_come_from(stack: Stack, demande: str) -> None:
    messages = await received(stack)
    assert len(messages) > 20
    for message in messages:
        headers = message.headers or {}
        _, service, name, route = message.subject.split(".")
        assert headers["ce-specversion"] == "1.0"
        assert headers["ce-source"] == f"/guichet/{service}"
        assert headers["ce-type"].startswith(f"fr.guichet.{service}.{name}.v")
        assert headers["ce-subject"].startswith(f"{service}.")
        assert headers["ce-id"] == headers["Nats-Msg-Id"]
        assert datetime.fromisoformat(headers["ce-time"]).utcoffset() is not None
        assert headers["ce-correlationid"]
        assert headers["content-type"] == "application/json"
        assert isinstance(json.loads(message.data), dict)
        assert route
    mine = {message.subject.split(".")[1] for message in messages if message.subject.endswith(f".{demande}")}
    assert mine >= {"dossiers", "discussion", "notifier"}


async def test_each_event_comes_once_in_the_order_of_its_service_and_is_the_auditors(
    stack: Stack, demande: str
) -> None:
    auditor = stack.agent("auditeur")
    by_service: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for message in await received(stack):
        headers = message.headers or {}
        by_service[message.subject.split(".")[1]].append((int(headers["ce-sequence"]), headers["ce-id"]))
    for service in SERVICES:
        answer = auditor.call("GET", f"/api/audit/{service}/events", headers={"Accept": "application/x-ndjson"})
        log = {event["id"]: int(event["sequence"]) for event in map(json.loads, answer.content.splitlines())}
        heard = by_service[service]
        assert heard == sorted(set(heard)), service
        assert all(log[id] == sequence for sequence, id in heard if id in log), service


async def test_nothing_that_is_sealed_travels(stack: Stack, demande: str, camille: Resident, agent: Portal) -> None:
    opened = [
        message
        for message in await received(stack)
        if message.subject == f"guichet.discussion.DiscussionOpened.{demande}"
    ]
    (message,) = opened
    assert "topic" not in json.loads(message.data)
    for each in await received(stack):
        carried = each.data.decode() + each.subject + json.dumps(each.headers)
        assert camille.email not in carried
        assert "Pièce à fournir" not in carried


async def test_a_consumer_that_speaks_is_not_heard(stack: Stack) -> None:
    before = len(await received(stack))
    async with connected(stack) as client:
        await client.publish("guichet.dossiers.DemandeSubmitted.0000000000000000", b"{}")
        await client.flush()
    assert len(await received(stack)) == before
