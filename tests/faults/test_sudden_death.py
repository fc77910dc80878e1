"""kill -9 of each process while a demande goes from its filing to its decision: the journey ends as it should."""

from __future__ import annotations

import os
import random

import pytest

from console.demo.command import PIECES, with_account
from console.running import birth
from tests.support.aftermath import nothing_is_lost
from tests.support.patient import Saboteur, patient, patient_mailbox
from tests.support.stack import EVERYTHING, Stack, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.slow]

# Each is killed twice, in the middle of steps that need it; two journeys at a time would prove no more.
VICTIMS = {
    "nats and the gateway": {
        "Demande déposée": "nats",
        "Il se l'attribue": "gateway",
        "Il ouvre une discussion": "nats",
        "Le demandeur répond": "gateway",
    },
    "S3 and identity": {
        "Compte activé": "identity",
        "L'instructeur se connecte": "identity",
        "Le demandeur envoie « attestation": "s3",
        "L'instructeur télécharge": "s3",
    },
    "the mailbox and dossiers": {
        "Compte demandé": "mailbox",
        "Demande déposée": "dossiers",
        "Il passe la demande en instruction": "mailbox",
        "L'instructeur accepte": "dossiers",
    },
    "notifier and files": {
        "Demande déposée": "notifier",
        "Le demandeur envoie « photo": "files",
        "L'instructeur envoie": "files",
        "L'instructeur accepte": "notifier",
    },
    "discussion": {
        "Il ouvre une discussion": "discussion",
        "Le demandeur répond": "discussion",
    },
}
LONGEST_DELAY = 0.04


@pytest.fixture(scope="module")
def dice() -> random.Random:
    """When to strike within a step; GUICHET_SEED repeats a run."""
    seed = int(os.environ.get("GUICHET_SEED", random.randrange(10**6)))
    print(f"GUICHET_SEED={seed}")
    return random.Random(seed)


def test_everybody_is_a_victim() -> None:
    assert {victim for moments in VICTIMS.values() for victim in moments.values()} == set(EVERYTHING)


@pytest.mark.parametrize("whom", VICTIMS)
def test_processes_that_are_killed_lose_nothing(stack: Stack, dice: random.Random, whom: str) -> None:
    moments = {step: dice.uniform(0, LONGEST_DELAY) for step in VICTIMS[whom]}
    print(moments)

    def kill(step: str) -> None:
        victim = VICTIMS[whom][step]
        wait_for(f"{victim} lives", lambda: birth(stack.pid(victim)))
        stack.kill(victim)

    saboteur = Saboteur(moments, kill)
    with_account(patient(stack), patient_mailbox(stack), saboteur, PIECES)
    saboteur.done()
    nothing_is_lost(stack)
