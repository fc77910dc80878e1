"""Limits by address: never stricter than the public contract, and nobody takes another's share."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.heads import Head
from gateway.limits import ClientAddresses, Limits, network
from gateway.refusals import Refusal
from tests.support.town import portal


class Room:
    def __init__(self, **settings: int) -> None:
        self.at = 0.0
        self.limits = Limits(clock=lambda: self.at, **settings)

    def passes(self, times: int, limit: str = "sign-in", ip: str = "9.9.9.9") -> int:
        passed = 0
        for _ in range(times):
            try:
                self.limits.take(limit, ip)
            except Refusal:
                continue
            passed += 1
        return passed


def test_a_hundred_calls_a_minute_pass_and_no_more() -> None:
    room = Room()
    assert room.passes(150) == 100
    room.at = 30
    assert room.passes(150) == 50
    room.at = 90
    assert room.passes(150) == 100


def test_the_refusal_says_when_a_call_will_pass() -> None:
    room = Room(per_ip=6)
    assert room.passes(6) == 6
    with pytest.raises(Refusal) as refused:
        room.limits.take("sign-in", "9.9.9.9")
    assert (refused.value.status, refused.value.slug) == (429, "rate-limited")
    room.at = int(refused.value.headers["Retry-After"])
    assert room.at == 10
    room.limits.take("sign-in", "9.9.9.9")


def test_limits_and_addresses_are_counted_apart() -> None:
    room = Room(per_ip=2)
    assert [room.passes(3), room.passes(3, "tracking"), room.passes(3, ip="9.9.9.8")] == [2, 2, 2]


def test_an_ipv6_subscriber_has_one_share() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9")
    assert network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("::ffff:9.9.9.9") == "9.9.9.9"
    assert network("9.9.9.9") == "9.9.9.9"
    assert network("fe80::1%eth0") == network("fe80::2")


def test_the_overall_limit_spares_loopback_and_can_be_switched_off() -> None:
    room = Room(overall=3)
    for _ in range(10):
        room.limits.arrive("127.0.0.1")
        room.limits.arrive("::1")
    for _ in range(3):
        room.limits.arrive("9.9.9.9")
    with pytest.raises(Refusal):
        room.limits.arrive("9.9.9.9")
    off = Room(overall=0)
    for _ in range(1000):
        off.limits.arrive("9.9.9.9")


def test_the_buckets_are_bounded() -> None:
    room = Room(per_ip=1)
    for n in range(50_010):
        room.limits.take("sign-in", f"9.{n % 250}.{n // 250}.1")
    assert len(room.limits._buckets) == 50_000
    room.at = 61
    room.limits.take("sign-in", "8.8.8.8")
    assert len(room.limits._buckets) == 1


def head(peer: str, forwarded: str | None = None) -> Head:
    headers = {} if forwarded is None else {b"x-forwarded-for": forwarded.encode()}
    return Head("GET", "/", b"/", b"", headers, "request-1", peer, "http")


@pytest.mark.parametrize(
    ("peer", "forwarded", "counted"),
    [
        ("9.9.9.9", None, "9.9.9.9"),
        ("9.9.9.9", "1.1.1.1", "9.9.9.9"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        ("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1, junk", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("::1", "1.1.1.1", "1.1.1.1"),
        ("", "1.1.1.1", ""),
    ],
)
def test_a_forwarded_address_counts_only_when_a_proxy_of_ours_vouches(
    peer: str, forwarded: str | None, counted: str
) -> None:
    assert ClientAddresses(["10.0.0.0/24", " ::1"]).of(head(peer, forwarded)) == counted


def test_without_proxies_only_the_socket_counts() -> None:
    assert ClientAddresses([""]).of(head("127.0.0.1", "1.1.1.1")) == "127.0.0.1"


async def test_sign_in_tracking_and_sign_up_are_limited_with_a_date_to_come_back(tmp_path: Path) -> None:
    async with portal(tmp_path) as door:
        for path in ("/api/sessions", "/api/tracking-sessions", "/api/accounts"):
            door.town.says("identity", f"POST {path}", 401, {})
            answers = [await door.client.post(path, json={}) for _ in range(110)]
            assert [answer.status_code for answer in answers[:100]] == [401] * 100
            refused = next(answer for answer in answers if answer.status_code == 429)
            assert refused.json()["slug"] == "rate-limited"
            assert int(refused.headers["retry-after"]) >= 1
        assert (await door.client.get("/api/security-question")).status_code == 404  # not limited


async def test_everybody_behind_a_proxy_of_ours_has_a_share_of_his_own(tmp_path: Path) -> None:
    async with portal(tmp_path, trusted_proxies="127.0.0.1", limit_overall=2) as door:
        statuses = {}
        for ip in ("1.1.1.1", "2.2.2.2"):
            answers = [await door.client.get("/livez", headers={"X-Forwarded-For": ip}) for _ in range(3)]
            statuses[ip] = [answer.status_code for answer in answers]
        assert statuses == {"1.1.1.1": [200, 200, 429], "2.2.2.2": [200, 200, 429]}
        door.town.says("dossiers", "GET /api/demarches", body={})
        await door.client.get("/api/demarches", headers={"X-Forwarded-For": "3.3.3.3"})
        assert door.town.last.principal.ip == "3.3.3.3"
