"""Passwords: hashed slowly, judged kindly, and never at the price of everything else."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from kernel.errors import Refused
from services.identity.adapters.passwords import Argon2Passwords, SlowLane
from services.identity.adapters.strength import Zxcvbn

PEPPER = b"p" * 32


def cheap(lane: SlowLane | None = None, pepper: bytes = PEPPER) -> Argon2Passwords:
    return Argon2Passwords(lane or SlowLane(), memory_kib=8, passes=1, pepper=pepper)


async def test_a_password_is_known_by_its_hash_and_no_other_is() -> None:
    passwords = cheap()
    kept = await passwords.hash("quatre chevaux")
    assert kept.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert await passwords.verify(kept, "quatre chevaux")
    assert not await passwords.verify(kept, "quatre chevaux ")
    assert kept != await passwords.hash("quatre chevaux")


async def test_the_same_keys_on_another_system_give_the_same_password() -> None:
    passwords = cheap()
    assert await passwords.verify(await passwords.hash("été à la mer"), "e\u0301te\u0301 a\u0300 la mer")


async def test_a_stolen_hash_is_worth_nothing_without_the_pepper() -> None:
    kept = await cheap().hash("quatre chevaux")
    assert not await cheap(pepper=b"q" * 32).verify(kept, "quatre chevaux")


@pytest.mark.parametrize(
    "kept",
    ["", "donnée effacée", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$zz", "\ud800".encode(errors="replace").decode()],
)
async def test_an_unreadable_hash_matches_nothing(kept: str) -> None:
    assert not await cheap().verify(kept, "")


async def test_an_unknown_account_costs_what_a_known_one_does() -> None:
    passwords = Argon2Passwords(SlowLane(), memory_kib=8192, passes=2, pepper=PEPPER)
    kept = await passwords.hash("quatre chevaux")

    async def cost(of: str) -> float:
        started = time.process_time()  # what others do on this machine meanwhile does not count
        for _ in range(7):
            await passwords.verify(of, "autre chose")
        return time.process_time() - started

    known, unknown = await cost(kept), await cost("")
    assert 0.6 < unknown / known < 1.6


async def test_two_work_fifty_wait_and_the_next_is_told_to_come_back() -> None:
    lane, gate = SlowLane(), threading.Event()
    waiting = [asyncio.create_task(lane.run(gate.wait)) for _ in range(52)]
    await asyncio.sleep(0)
    with pytest.raises(Refused) as refused:
        await lane.run(gate.wait)
    assert (refused.value.slug, refused.value.retry_after) == ("unavailable", 5)
    waiting[0].cancel()
    await asyncio.sleep(0)
    with pytest.raises(Refused):  # who left still costs until his thread is done
        await lane.run(gate.wait)
    gate.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await lane.run(gate.wait)


@pytest.mark.parametrize(
    "password",
    [
        "court",
        "onzecaract!",
        "x" * 129,
        "motdepasse2026!",
        "M0tDeP@sse2026",
        "Azerty123456!",
        "azertyuiop123",
        "azerty-azerty!",
        "jetaimejetaime",
        "soleilvacances2026",
        "poulette grenouille",
        "Nicolas-Isabelle-1998",
        "clementine1234!",
        "aaaaaaaaaaaaaaaa",
        "123456789012",
        "Ada.Martin@example.org",
        "adamartin2026",
        "guichet202611",
    ],
)
async def test_what_is_guessed_first_is_refused_with_advice(password: str) -> None:
    weakness = await Zxcvbn(SlowLane()).weakness(password, ("Ada.Martin@example.org", "Ada", "Martin"))
    assert weakness is not None
    assert "hoisissez" in weakness


@pytest.mark.parametrize(
    "password",
    [
        "quatre chevaux mangent du trèfle",
        "Coquelicot-7f3a9c-2026",
        "correct horse battery staple",
        "guichet-demo-2026!",
        "пароль без рифмы и смысла",
        "un mot de passe " * 8,
        "4815-1623-4208-7731",
    ],
)
async def test_what_is_long_and_unforeseen_is_accepted(password: str) -> None:
    assert await Zxcvbn(SlowLane()).weakness(password[:128], ("ada@example.org", "Ada", "Martin")) is None


async def test_judging_a_long_and_twisted_password_stays_quick() -> None:
    started = time.perf_counter()
    await Zxcvbn(SlowLane()).weakness("14@30$7!" * 16, ("ada@example.org",) * 3)
    assert time.perf_counter() - started < 2
