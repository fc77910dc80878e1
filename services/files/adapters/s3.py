"""`BlobStore` over any S3 server: blocking calls in threads of their own, every failure a `BlobUnavailable`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from services.files.ports import BlobUnavailable, Bucket

if TYPE_CHECKING:
    from services.files.adapters.buckets import Buckets

R = TypeVar("R")

THREADS = 4
CALL_SECONDS = 25.0
"""Two attempts that each wait for their answer, and what queues before them."""


class S3Blobs:
    """Two buckets `<prefix>-quarantine` and `<prefix>-clean`, created when the first blob arrives."""

    def __init__(
        self, url: str, access_key: str, secret_key: str, *, prefix: str = "guichet-files", region: str = "us-east-1"
    ) -> None:
        self._url, self._access_key, self._secret_key = url, access_key, secret_key
        self._prefix, self._region = prefix, region
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="s3")
        self._lock = Lock()
        self._connected: Buckets | None = None

    async def put(self, bucket: Bucket, key: str, data: bytes, media_type: str, sha256: str) -> None:
        await self._run(lambda buckets: buckets.put(bucket, key, data, media_type, sha256))

    async def get(self, bucket: Bucket, key: str, sha256: str) -> bytes | None:
        return await self._run(lambda buckets: buckets.get(bucket, key, sha256))

    async def delete(self, bucket: Bucket, key: str) -> None:
        await self._run(lambda buckets: buckets.delete(bucket, key))

    async def promote(self, key: str, media_type: str, sha256: str) -> bool:
        return await self._run(lambda buckets: buckets.promote(key, media_type, sha256))

    async def exists(self, bucket: Bucket, key: str) -> bool:
        return await self._run(lambda buckets: buckets.exists(bucket, key))

    def close(self) -> None:
        """Take no more calls; those already running end by their own timeouts."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, call: Callable[[Buckets], R]) -> R:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._pool, lambda: call(self._buckets()))
        except TimeoutError as error:
            raise BlobUnavailable(f"S3: no answer in {CALL_SECONDS:.0f} s") from error

    def _buckets(self) -> Buckets:
        # boto3 takes longer to import than the rest of the service: the first call pays, in its thread.
        with self._lock:
            if self._connected is None:
                from services.files.adapters.buckets import Buckets

                self._connected = Buckets(
                    self._url, self._access_key, self._secret_key, self._prefix, self._region, connections=THREADS
                )
            return self._connected
