"""What `S3Blobs` asks of boto3, in blocking calls that several threads may make at once."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from services.files.ports import BlobConflict, BlobCorrupt, BlobUnavailable, Bucket

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 10, 2

_MISSING = frozenset({"404", "NotFound", "NoSuchKey", "NoSuchBucket"})
_ALREADY_THERE = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})


class Missing(Exception):
    """There is no such blob, or not even its bucket."""


class AlreadyWritten(Exception):
    """The key holds a blob; S3 refused to replace it."""


class Buckets:
    """Both buckets of one S3 server; see `BlobStore` for what each call promises."""

    def __init__(
        self, url: str, access_key: str, secret_key: str, prefix: str, region: str, *, connections: int
    ) -> None:
        self._prefix = prefix
        self._s3: S3Client = Session(access_key, secret_key, region_name=region).client(
            "s3",
            endpoint_url=url,
            config=Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                max_pool_connections=connections,
                # Our own SHA-256 goes with every write and is checked on every read.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path"},
            ),
        )

    def put(self, bucket: Bucket, key: str, data: bytes, media_type: str, sha256: str) -> None:
        try:
            try:
                self._write(bucket, key, data, media_type, sha256)
            except Missing:
                self._create(bucket)
                self._write(bucket, key, data, media_type, sha256)
        except AlreadyWritten:
            # A retry finds what its first attempt stored; anything else is refused.
            try:
                self.get(bucket, key, sha256)
            except BlobCorrupt as other:
                raise BlobConflict(f"{bucket} holds other bytes under this key") from other

    def get(self, bucket: Bucket, key: str, sha256: str) -> bytes | None:
        try:
            with _errors():
                data = self._s3.get_object(Bucket=self._name(bucket), Key=key)["Body"].read()
        except Missing:
            return None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise BlobCorrupt(f"a blob of {bucket} is not what was stored")
        return data

    def delete(self, bucket: Bucket, key: str) -> None:
        try:
            with _errors():
                self._s3.delete_object(Bucket=self._name(bucket), Key=key)
        except Missing:
            return

    def promote(self, key: str, media_type: str, sha256: str) -> bool:
        # Read back and written again rather than copied by the server: only so are the bytes checked on the way.
        data = self.get("quarantine", key, sha256)
        if data is None:
            return self.exists("clean", key)
        self.put("clean", key, data, media_type, sha256)
        return True

    def exists(self, bucket: Bucket, key: str) -> bool:
        try:
            with _errors():
                self._s3.head_object(Bucket=self._name(bucket), Key=key)
        except Missing:
            return False
        return True

    def _write(self, bucket: Bucket, key: str, data: bytes, media_type: str, sha256: str) -> None:
        with _errors():
            self._s3.put_object(
                Bucket=self._name(bucket),
                Key=key,
                Body=data,
                ContentType=media_type,
                ChecksumSHA256=b64encode(bytes.fromhex(sha256)).decode(),
                IfNoneMatch="*",
            )

    def _create(self, bucket: Bucket) -> None:
        with _errors():
            try:
                self._s3.create_bucket(Bucket=self._name(bucket))
            except ClientError as error:
                if _code(error) not in _ALREADY_THERE:
                    raise

    def _name(self, bucket: Bucket) -> str:
        return f"{self._prefix}-{bucket}"


@contextmanager
def _errors() -> Iterator[None]:
    """Names of our own for what S3 and the network answer."""
    try:
        yield
    except ClientError as error:
        code = _code(error)
        if code in _MISSING:
            raise Missing from error
        if code == "PreconditionFailed":
            raise AlreadyWritten from error
        raise BlobUnavailable(f"S3: {code}") from error
    except (BotoCoreError, OSError) as error:
        raise BlobUnavailable(f"S3: {type(error).__name__}") from error


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
