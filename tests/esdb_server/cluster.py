"""Who leads, among nodes that share one data directory: whoever holds a lock on a file, which ends with his process.

Replication is not imitated: followers read the leader's log. What clients see of a cluster (gossip, a leader that
changes, followers that refuse) is.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid5

NAMESPACE = UUID("5e0d0c3e-6d8b-4b55-9a53-3a7f2d1c9e11")


class Endpoint(NamedTuple):
    """Where a node answers."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Endpoint:
        """From `host:port`. Raises ValueError."""
        host, _, port = text.rpartition(":")
        return cls(host, int(port))

    @property
    def id(self) -> UUID:
        """The node's instance id."""
        return uuid5(NAMESPACE, f"{self.host}:{self.port}")


class Cluster:
    """The members, as seen by one of them. `leads` is whether this node is the leader at the moment."""

    def __init__(self, directory: Path, me: Endpoint, members: Sequence[Endpoint], *, replica: bool) -> None:
        self.me, self.members = me, tuple(members) or (me,)
        self.replica = replica
        self._directory = directory
        self._crown: int | None = None
        self._alive = _lock(self._pulse(me))

    @property
    def leads(self) -> bool:
        return self._crown is not None

    def claim(self) -> bool:
        """Become the leader if nobody is; whether this node leads now."""
        if self._crown is None and not self.replica:
            self._crown = _lock(self._directory / "leader.lock")
            if self._crown is not None:
                os.pwrite(self._crown, f"{self.me.host}:{self.me.port}\n".encode().ljust(128), 0)
        return self.leads

    def resign(self) -> None:
        """Lead no longer."""
        if self._crown is not None:
            os.close(self._crown)
            self._crown = None

    def leader(self) -> Endpoint | None:
        """The node that leads, if one does."""
        if self.leads:
            return self.me
        path = self._directory / "leader.lock"
        return Endpoint.parse(path.read_text().strip()) if _held(path) else None

    def alive(self, member: Endpoint) -> bool:
        """Whether a member's process runs."""
        return member == self.me or _held(self._pulse(member))

    def close(self) -> None:
        """Be gone, for the other members."""
        self.resign()
        if self._alive is not None:
            os.close(self._alive)

    def _pulse(self, member: Endpoint) -> Path:
        return self._directory / f"node-{member.port}.lock"


def _lock(path: Path) -> int | None:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _held(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        # A shared lock, so that two nodes that look at the same moment do not take each other for the leader.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(handle)
