"""The supervisor itself is killed: nothing of it stays, and the next start finds everything."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from console.demo.command import PIECES, with_account
from console.running import birth
from tests.support.aftermath import nothing_is_lost
from tests.support.patient import Saboteur, patient, patient_mailbox
from tests.support.residents import files, follows, moves_in, opens_discussion
from tests.support.stack import EVERYTHING, Stack, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.slow]


def offspring(stack: Stack) -> list[int]:
    """Every process that was started here, and what those started."""
    pids = [stack.pid(name) for name in EVERYTHING]
    return pids + [child.pid for pid in pids for child in psutil.Process(pid).children(recursive=True)]


def about(data: Path) -> list[str]:
    """The processes that know of a data directory."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ"]):
        told = [*(process.info["cmdline"] or ()), (process.info["environ"] or {}).get("GUICHET_DATA", "")]
        if any(word == str(data) or word.startswith(f"{data}/") for word in told):
            found.append(" ".join(process.info["cmdline"] or ()))
    return found


def test_no_process_survives_a_killed_supervisor_and_the_next_start_finds_everything(stack: Stack) -> None:
    resident = moves_in(stack)
    filed = files(resident.portal)
    opens_discussion(stack.agent("instructeur"), filed["id"])
    path = f"/api/demandes/{filed['id']}/discussion"
    before = resident.portal.get(path)
    pids = offspring(stack)
    assert len(pids) >= len(EVERYTHING)
    assert len(about(stack.data)) >= len(EVERYTHING)
    stack.kill_supervisor()
    wait_for("no process is left", lambda: not any(birth(pid) for pid in pids), within=10)
    wait_for("nobody knows of the data", lambda: about(stack.data) == [], within=10)
    began = time.monotonic()
    stack.start()
    print(f"started again in {time.monotonic() - began:.1f} s")
    assert resident.portal.get(path) == before
    follows(stack.portal(), resident.email, filed["tracking_number"])
    nothing_is_lost(stack)


def test_a_supervisor_that_is_killed_while_people_work_loses_nothing_they_were_told(stack: Stack) -> None:
    def kill_and_start(_: str) -> None:
        stack.kill_supervisor()
        stack.start()

    saboteur = Saboteur({"Le demandeur répond": 0.01}, kill_and_start)
    with_account(patient(stack), patient_mailbox(stack), saboteur, PIECES)
    saboteur.done()
    nothing_is_lost(stack)
