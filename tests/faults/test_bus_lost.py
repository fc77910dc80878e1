"""Everything NATS holds is lost, twice, while people work: they notice nothing, and nothing is missing."""

from __future__ import annotations

import shutil

import nats
import pytest

from console.demo.command import PIECES, with_account
from tests.support.aftermath import held, history, nothing_is_lost
from tests.support.patient import Saboteur, patient, patient_mailbox
from tests.support.residents import files_without_account
from tests.support.stack import SERVICES, Stack

pytestmark = pytest.mark.faults

DIES = "Il ouvre une discussion"


@pytest.mark.slow
async def test_the_stream_may_vanish_under_the_running_server_and_with_it(stack: Stack) -> None:
    def vanishes(step: str) -> None:
        if step == DIES:
            stack.kill("nats")
        shutil.rmtree(stack.data / "nats", ignore_errors=True)

    saboteur = Saboteur({"Demande déposée": 0.01, DIES: 0.01}, vanishes)
    with_account(patient(stack), patient_mailbox(stack), saboteur, PIECES)
    saboteur.done()
    nothing_is_lost(stack)
    assert await held(stack) > 0


async def test_what_is_published_afterwards_is_the_log_and_nothing_is_published_twice(stack: Stack) -> None:
    pid = stack.kill("nats")
    shutil.rmtree(stack.data / "nats", ignore_errors=True)
    stack.back("nats", pid)
    public_before = sum(len(history(stack, service)) for service in SERVICES)
    _, email = files_without_account(patient(stack))
    stack.mails(email, 1)
    assert sum(len(history(stack, service)) for service in SERVICES) > public_before
    seed = str(stack.data / "keys" / "console" / "nats.seed")
    client = await nats.connect(stack.urls["nats"], nkeys_seed=seed, inbox_prefix="_INBOX.console")
    consumer = await client.jetstream().pull_subscribe("guichet.>", stream="GUICHET")
    ids = [(message.headers or {})["ce-id"] for message in await consumer.fetch(100, timeout=5)]
    await client.close()
    assert len(ids) == len(set(ids))
    recorded = {event["id"] for service in SERVICES for event in history(stack, service)}
    assert set(ids) <= recorded
