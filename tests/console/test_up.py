"""`guichet up`, with the real servers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiosmtplib
import httpx
import psutil
import pytest

from console import keys, plan, running
from console.components.services import told
from tests.support.up import Start, gone

SERVERS = "nats,s3,mailbox"


async def test_the_servers_start_answer_and_leave_nothing_behind(up: Start) -> None:
    run = await up("--only", SERVERS)
    await run.until("Ctrl-C pour arrêter")
    for name in SERVERS.split(","):
        assert any(line.startswith(f"{name} ") and "prêt en" in line for line in run.said), run.said
    async with httpx.AsyncClient() as http:
        assert (await http.get(run.url("mailbox") + "/api/messages")).json() == {"items": []}
        assert (await http.get(run.url("s3") + "/healthz")).status_code == 200
        assert (await http.get(run.url("s3") + "/nothing/here")).status_code == 403
    await aiosmtplib.send(
        "Subject: bonjour\n\nBonjour",
        sender="a@example.org",
        recipients=["b@example.org"],
        port=run.port("smtp"),
        hostname="127.0.0.1",
    )
    pids = list(run.children().values())
    run.process.send_signal(signal.SIGINT)
    assert await run.ended() == 0
    assert await gone(pids)
    assert running.read(run.data) is None
    assert not list(Path("/tmp").glob(f"seaweedfs-*-{_s3_port(run.data)}.sock"))


def _s3_port(data: Path) -> int:
    return int(json.loads((data / "run" / "ports.json").read_text())["s3"])


async def test_the_servers_listen_on_loopback_only(up: Start) -> None:
    run = await up("--only", SERVERS)
    await run.until("Ctrl-C pour arrêter")
    pids = [*run.children().values(), run.process.pid]
    listening = [
        connection.laddr.ip
        for pid in pids
        for connection in psutil.Process(pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert len(listening) >= 12
    assert set(listening) == {"127.0.0.1"}


async def test_a_killed_server_comes_back_on_the_same_port(up: Start) -> None:
    run = await up("--only", "nats")
    await run.until("Ctrl-C pour arrêter")
    pid, url = run.children()["nats"], run.url("nats")
    os.kill(pid, signal.SIGKILL)
    await run.until("nats s'est arrêté (signal SIGKILL)")
    await run.until("de nouveau prêt")
    assert run.children()["nats"] != pid
    assert run.url("nats") == url


async def test_no_orphan_survives_a_killed_supervisor_and_the_next_one_starts(up: Start) -> None:
    first = await up("--only", SERVERS)
    await first.until("Ctrl-C pour arrêter")
    pids = list(first.children().values())
    assert running.current(first.data) is not None
    first.process.kill()
    assert await gone(pids)
    await first.process.wait()
    assert running.current(first.data) is None
    second = await up("--only", SERVERS)
    await second.until("Ctrl-C pour arrêter")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is nobody's component."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True) as process:
        yield process
        process.kill()


async def test_what_an_earlier_supervisor_left_is_ended(
    up: Start, tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    held, _ = running.claim(tmp_path / "var")
    held.started("files", sleeper.pid)
    held._lock.close()
    run = await up("--only", "mailbox")
    await run.until("Restes d'un arrêt brutal, terminés : files.")
    assert sleeper.wait(5) == -signal.SIGKILL


async def test_a_process_that_only_has_the_number_of_an_old_one_is_left_alone(
    up: Start, tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    held, _ = running.claim(tmp_path / "var")
    held.installation.children["files"] = (sleeper.pid, "another birth")
    held.write()
    held._lock.close()
    run = await up("--only", "mailbox")
    await run.until("Ctrl-C pour arrêter")
    assert sleeper.poll() is None


async def test_a_second_up_on_the_same_data_directory_is_refused_and_disturbs_nothing(up: Start) -> None:
    first = await up("--only", "mailbox")
    await first.until("Ctrl-C pour arrêter")
    second = await up("--only", "mailbox")
    assert await second.ended() == 1
    assert f"Guichet tourne déjà sur le dossier de données {first.data}" in second.said[0]
    async with httpx.AsyncClient() as http:
        assert (await http.get(first.url("mailbox") + "/livez")).status_code == 200


async def test_a_taken_mailbox_port_is_refused_with_the_variable_to_change(up: Start, tmp_path: Path) -> None:
    first = await up("--only", "mailbox")
    await first.until("Ctrl-C pour arrêter")
    second = await up("--only", "mailbox", data=tmp_path / "other", GUICHET_MAILBOX_PORT=str(first.port("mailbox")))
    assert await second.ended() == 1
    assert "Choisissez-en un autre avec GUICHET_MAILBOX_PORT" in second.said[0]


async def test_an_unknown_component_is_refused(up: Start) -> None:
    run = await up("--only", "nats,postgres")
    assert await run.ended() == 2
    assert "composant inconnu : postgres" in run.said[-1]


async def test_the_supervisor_stays_light_and_asleep(up: Start) -> None:
    run = await up("--only", SERVERS)
    await run.until("Ctrl-C pour arrêter")
    supervisor = psutil.Process(run.process.pid)
    assert supervisor.memory_full_info().pss < 35_000_000
    before = supervisor.num_ctx_switches().voluntary
    await asyncio.sleep(2)
    assert supervisor.num_ctx_switches().voluntary - before <= 2


def environ(**changes: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "GUICHET_PORT": "0", "GUICHET_MAILBOX_PORT": "0"} | changes


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory as `up` finds it once the keys are there."""
    (tmp_path / "run").mkdir()
    keys.make_keys(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("component", "variable", "value"),
    [
        ("nats", "GUICHET_NATS_URL", "nats://nats.example.org:4222"),
        ("s3", "GUICHET_S3_URL", "https://s3.example.org"),
        ("mailbox", "GUICHET_SMTP_URL", "smtp://smtp.example.org"),
    ],
)
def test_a_server_that_is_elsewhere_is_not_started(data: Path, component: str, variable: str, value: str) -> None:
    chosen = plan.compose(data, ("nats", "s3", "mailbox"), True, environ(**{variable: value}))
    assert component not in [started.name for started in chosen.components]


def test_without_demo_and_without_a_mail_server_the_start_is_refused(data: Path) -> None:
    with pytest.raises(plan.Impossible, match="GUICHET_SMTP_URL"):
        plan.compose(data, plan.EVERYTHING, False, environ())


def test_a_process_is_told_its_own_keys_and_no_secret_of_another(data: Path) -> None:
    everything = environ(
        GUICHET_S3_SECRET_KEY_FILE="s3", GUICHET_SMTP_URL="smtp://u:p@host", GUICHET_FRANCECONNECT_CLIENT_SECRET="fc"
    )
    dossiers = told("dossiers", 1234, data, everything, own_bus=True)
    assert dossiers["GUICHET_BIND"] == "127.0.0.1:1234"
    assert dossiers["GUICHET_SECRET_FILE"] == str(data / "keys" / "dossiers" / "secret")
    assert not {"GUICHET_S3_SECRET_KEY_FILE", "GUICHET_SMTP_URL", "GUICHET_FRANCECONNECT_CLIENT_SECRET"} & set(dossiers)
    assert told("files", 1, data, everything, own_bus=True)["GUICHET_S3_SECRET_KEY_FILE"] == "s3"
    assert told("notifier", 1, data, everything, own_bus=True)["GUICHET_SMTP_URL"] == "smtp://u:p@host"
    assert told("identity", 1, data, everything, own_bus=True)["GUICHET_FRANCECONNECT_CLIENT_SECRET"] == "fc"


def test_a_bus_that_is_elsewhere_is_not_given_keys_it_does_not_know(data: Path) -> None:
    assert "GUICHET_NATS_SEED_FILE" not in told("files", 1, data, environ(), own_bus=False)
