"""What every `BlobStore` promises, over memory and over the S3 server of `make run`."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from services.files.adapters.s3 import S3Blobs
from services.files.ports import MAX_BYTES, BlobConflict, BlobCorrupt, BlobStore, BlobUnavailable
from tests.support.blobs import MemoryBlobs
from tests.support.s3 import S3Server, s3_server  # noqa: F401


@pytest.fixture(params=["memory", "s3"])
def blobs(request: pytest.FixtureRequest) -> Iterator[BlobStore]:
    if request.param == "memory":
        yield MemoryBlobs()
        return
    server: S3Server = request.getfixturevalue("s3_server")
    store = S3Blobs(server.url, server.access_key, server.secret_key)
    yield store
    store.close()


@pytest.fixture
def key() -> str:
    return f"demande/{uuid4().hex}"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def test_what_was_put_is_got_back(blobs: BlobStore, key: str) -> None:
    data = b"%PDF-1.7 \x00\xff caf\xc3\xa9"
    await blobs.put("quarantine", key, data, "application/pdf", sha(data))
    assert await blobs.get("quarantine", key, sha(data)) == data
    assert await blobs.exists("quarantine", key)
    assert not await blobs.exists("clean", key)


async def test_the_largest_file_and_an_empty_one_are_kept(blobs: BlobStore, key: str) -> None:
    for data in (os.urandom(MAX_BYTES), b""):
        await blobs.put("clean", f"{key}-{len(data)}", data, "image/png", sha(data))
        assert await blobs.get("clean", f"{key}-{len(data)}", sha(data)) == data


async def test_the_same_bytes_may_be_put_again(blobs: BlobStore, key: str) -> None:
    for _ in range(2):
        await blobs.put("quarantine", key, b"once", "image/png", sha(b"once"))
    assert await blobs.get("quarantine", key, sha(b"once")) == b"once"


async def test_other_bytes_never_replace_a_blob(blobs: BlobStore, key: str) -> None:
    await blobs.put("clean", key, b"first", "image/png", sha(b"first"))
    with pytest.raises(BlobConflict):
        await blobs.put("clean", key, b"second", "image/png", sha(b"second"))
    assert await blobs.get("clean", key, sha(b"first")) == b"first"


async def test_bytes_damaged_on_their_way_are_not_stored(blobs: BlobStore, key: str) -> None:
    with pytest.raises(BlobUnavailable):
        await blobs.put("clean", key, b"damaged", "image/png", sha(b"original"))
    assert not await blobs.exists("clean", key)


async def test_a_blob_that_is_not_the_one_recorded_is_never_handed_out(blobs: BlobStore, key: str) -> None:
    await blobs.put("clean", key, b"stored", "image/png", sha(b"stored"))
    with pytest.raises(BlobCorrupt):
        await blobs.get("clean", key, sha(b"recorded"))


async def test_a_missing_blob_is_none_and_may_be_deleted(blobs: BlobStore, key: str) -> None:
    assert await blobs.get("clean", key, sha(b"")) is None
    assert not await blobs.exists("clean", key)
    await blobs.delete("clean", key)


async def test_a_deleted_blob_is_gone_from_its_bucket_only(blobs: BlobStore, key: str) -> None:
    for bucket in ("quarantine", "clean"):
        await blobs.put(bucket, key, b"x", "image/png", sha(b"x"))
    await blobs.delete("quarantine", key)
    assert await blobs.get("quarantine", key, sha(b"x")) is None
    assert await blobs.get("clean", key, sha(b"x")) == b"x"


async def test_promotion_copies_to_clean_and_may_be_repeated(blobs: BlobStore, key: str) -> None:
    await blobs.put("quarantine", key, b"vetted", "application/octet-stream", sha(b"vetted"))
    assert await blobs.promote(key, "image/png", sha(b"vetted"))
    assert await blobs.promote(key, "image/png", sha(b"vetted"))
    await blobs.delete("quarantine", key)
    assert await blobs.promote(key, "image/png", sha(b"vetted"))
    assert await blobs.get("clean", key, sha(b"vetted")) == b"vetted"


async def test_what_was_never_in_quarantine_is_not_promoted(blobs: BlobStore, key: str) -> None:
    assert not await blobs.promote(key, "image/png", sha(b"x"))


async def test_a_blob_spoilt_in_quarantine_is_not_promoted(blobs: BlobStore, key: str) -> None:
    await blobs.put("quarantine", key, b"spoilt", "image/png", sha(b"spoilt"))
    with pytest.raises(BlobCorrupt):
        await blobs.promote(key, "image/png", sha(b"honest"))
    assert not await blobs.exists("clean", key)


async def test_a_server_that_is_down_is_unavailable(key: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        store = S3Blobs(f"http://127.0.0.1:{taken.getsockname()[1]}", "a", "b")
        with pytest.raises(BlobUnavailable):
            await store.put("clean", key, b"x", "image/png", sha(b"x"))
        with pytest.raises(BlobUnavailable):
            await store.exists("clean", key)
        store.close()


@pytest.mark.usefixtures("s3_server")
async def test_wrong_credentials_are_unavailable_and_leave_nothing(request: pytest.FixtureRequest, key: str) -> None:
    server: S3Server = request.getfixturevalue("s3_server")
    stranger = S3Blobs(server.url, server.access_key, "wrong")
    with pytest.raises(BlobUnavailable):
        await stranger.put("clean", key, b"x", "image/png", sha(b"x"))
    stranger.close()


async def test_buckets_are_made_when_the_first_blob_arrives(request: pytest.FixtureRequest, key: str) -> None:
    server: S3Server = request.getfixturevalue("s3_server")
    store = S3Blobs(server.url, server.access_key, server.secret_key, prefix=f"new-{uuid4().hex[:8]}")
    assert await store.get("clean", key, sha(b"x")) is None
    await store.delete("clean", key)
    await store.put("clean", key, b"x", "image/png", sha(b"x"))
    assert await store.get("clean", key, sha(b"x")) == b"x"
    store.close()


async def test_nobody_reads_a_blob_without_credentials(request: pytest.FixtureRequest, key: str) -> None:
    server: S3Server = request.getfixturevalue("s3_server")
    store = S3Blobs(server.url, server.access_key, server.secret_key)
    await store.put("clean", key, b"private", "image/png", sha(b"private"))
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(f"{server.url}/guichet-files-clean/{key}")).status_code == 403
    store.close()
