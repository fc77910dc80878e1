"""`BlobStore` in memory, under the same contract as S3; `down = True` is an outage."""

from __future__ import annotations

import hashlib

from services.files.ports import BlobConflict, BlobCorrupt, BlobUnavailable, Bucket


class MemoryBlobs:
    """Tests may look into `held`, and spoil it."""

    def __init__(self) -> None:
        self.held: dict[tuple[Bucket, str], bytes] = {}
        self.media_types: dict[tuple[Bucket, str], str] = {}
        self.down = False

    async def put(self, bucket: Bucket, key: str, data: bytes, media_type: str, sha256: str) -> None:
        self._reach()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BlobUnavailable("memory: BadDigest")
        if self.held.setdefault((bucket, key), data) != data:
            raise BlobConflict(f"{bucket} holds other bytes under this key")
        self.media_types.setdefault((bucket, key), media_type)

    async def get(self, bucket: Bucket, key: str, sha256: str) -> bytes | None:
        self._reach()
        data = self.held.get((bucket, key))
        if data is not None and hashlib.sha256(data).hexdigest() != sha256:
            raise BlobCorrupt(f"a blob of {bucket} is not what was stored")
        return data

    async def delete(self, bucket: Bucket, key: str) -> None:
        self._reach()
        self.held.pop((bucket, key), None)
        self.media_types.pop((bucket, key), None)

    async def promote(self, key: str, media_type: str, sha256: str) -> bool:
        data = await self.get("quarantine", key, sha256)
        if data is None:
            return await self.exists("clean", key)
        await self.put("clean", key, data, media_type, sha256)
        return True

    async def exists(self, bucket: Bucket, key: str) -> bool:
        self._reach()
        return (bucket, key) in self.held

    def _reach(self) -> None:
        if self.down:
            raise BlobUnavailable("memory: down")
