"""Request limits in memory: token buckets by IP, for what is expensive or guessable.

They take the edge off a flood before it costs a service anything. The counters that protect a sign-in
or a tracking number are identity's, durable, and stricter.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from gateway.heads import Head
from gateway.refusals import limited

Monotonic = Callable[[], float]

OVERALL: Final = "overall"
PER_IP: Final = 100  # calls a minute in one bucket: the public contract forbids less
REMEMBERED: Final = 50_000  # buckets


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Limits:
    """Buckets of `per_ip` calls a minute for each named limit, and `overall` calls a minute for everything.

    The overall limit spares loopback addresses: behind a reverse proxy that was forgotten in
    GUICHET_TRUSTED_PROXIES everybody has that one address, and the limit would close the portal.
    """

    def __init__(self, *, per_ip: int = PER_IP, overall: int = 600, clock: Monotonic = time.monotonic) -> None:
        self._per_ip, self._overall, self._clock = per_ip, overall, clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def arrive(self, ip: str) -> None:
        """Count any request. Raises Refusal 429."""
        if self._overall and not is_loopback(ip):
            self._take(OVERALL, ip, self._overall)

    def take(self, limit: str, ip: str) -> None:
        """Count a call in a named bucket. Raises Refusal 429 with the seconds to wait."""
        self._take(limit, ip, self._per_ip)

    def _take(self, limit: str, ip: str, rate: int) -> None:
        now, key = self._clock(), (limit, network(ip))
        bucket = self._buckets.get(key)
        if bucket is None:
            self._make_room(now)
            bucket = self._buckets[key] = _Bucket(rate, now)
        bucket.left = min(rate, bucket.left + (now - bucket.at) * rate / 60)
        bucket.at = now
        if bucket.left < 1:
            raise limited(max(1, math.ceil((1 - bucket.left) * 60 / rate)))
        bucket.left -= 1

    def _make_room(self, now: float) -> None:
        if len(self._buckets) < REMEMBERED:
            return
        # A bucket untouched for a minute is full again: forgetting it changes nothing.
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if now - bucket.at < 60}
        while len(self._buckets) >= REMEMBERED:
            del self._buckets[next(iter(self._buckets))]


def network(ip: str) -> str:
    """What one subscriber holds: an IPv4 address, or the /64 of an IPv6 address."""
    if ":" not in ip:
        return ip
    address = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(getattr(address, "ipv4_mapped", address))


def is_loopback(ip: str) -> bool:
    """127.0.0.0/8 or ::1."""
    return ip.startswith("127.") or ip == "::1"


class ClientAddresses:
    """Whose address counts: the socket's, unless that is a proxy of ours that vouches for another."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._trusted = [ipaddress.ip_network(one.strip(), strict=False) for one in trusted if one.strip()]

    def of(self, head: Head) -> str:
        """The socket's peer, or the right-most X-Forwarded-For entry that is no proxy of ours."""
        if not self._trusted or not self._is_trusted(head.peer):
            return head.peer
        hops = [hop.strip() for hop in (head.get(b"x-forwarded-for") or "").split(",")]
        for hop in reversed(hops):
            if not _is_address(hop):
                break
            if not self._is_trusted(hop):
                return hop
        return head.peer

    def _is_trusted(self, ip: str) -> bool:
        return _is_address(ip) and any(ipaddress.ip_address(ip) in network for network in self._trusted)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
