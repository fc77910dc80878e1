"""Argon2id (RFC 9106) in threads of its own: two hashes at once, fifty waiting, the next one is told to come back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import low_level
from argon2.exceptions import VerificationError, VerifyMismatchError

from kernel.errors import unavailable

T = TypeVar("T")
THREADS, QUEUE = 2, 50
SALT, LENGTH = 16, 32


class SlowLane:
    """A small pool for work that is slow on purpose. Raises Refused(unavailable) when its queue is full."""

    def __init__(self, *, threads: int = THREADS, queue: int = QUEUE) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._most = threads + queue
        self._under_way = 0

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Do `work` in a thread of the pool."""
        if self._under_way >= self._most:
            raise unavailable(retry_after=5)
        self._under_way += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)
        # Counted until the thread is done, even when the caller has left: that is what costs.
        future.add_done_callback(self._done)
        return await asyncio.shield(future)

    def _done(self, future: asyncio.Future[T]) -> None:
        self._under_way -= 1
        if not future.cancelled():
            future.exception()


class Argon2Passwords:
    """`Passwords`. The pepper, a key of this service, is mixed in first: a stolen log alone cracks nothing."""

    def __init__(self, lane: SlowLane, *, memory_kib: int, passes: int, pepper: bytes) -> None:
        self._lane, self._memory, self._passes, self._pepper = lane, memory_kib, passes, pepper
        salt, digest = (base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (SALT, LENGTH))
        # Costs what any other costs, and no password is known to match it.
        self._decoy = f"$argon2id$v=19$m={memory_kib},t={passes},p=1${salt}${digest}"

    async def hash(self, password: str) -> str:
        return await self._lane.run(self._hash, password)

    async def verify(self, password_hash: str, password: str) -> bool:
        return await self._lane.run(self._verify, password_hash, password)

    def _hash(self, password: str) -> str:
        hashed = low_level.hash_secret(
            self._peppered(password), os.urandom(SALT), self._passes, self._memory, 1, LENGTH, low_level.Type.ID
        )
        return hashed.decode()

    def _verify(self, password_hash: str, password: str) -> bool:
        secret = self._peppered(password)
        for candidate in (password_hash, self._decoy):
            try:
                return low_level.verify_secret(candidate.encode(), secret, low_level.Type.ID)
            except VerifyMismatchError:
                return False
            except VerificationError:
                continue  # nothing readable: the decoy has the same work done
        return False

    def _peppered(self, password: str) -> bytes:
        # NFKC: the same keys pressed on another keyboard or system give the same password (NIST SP 800-63B §5.1.1.2).
        text = unicodedata.normalize("NFKC", password).encode()
        return hmac.new(self._pepper, text, hashlib.sha256).digest()
