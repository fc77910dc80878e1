"""What the files service asks of the outside: an inspection of hostile bytes, an antivirus, a place for bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

MAX_BYTES = 5_242_880
"""The largest file accepted, shown to people as « 5 Mo » (what Windows calls 5 Mo: 5 x 1024 x 1024)."""

MediaType = Literal["image/png", "image/jpeg", "application/pdf"]
Slug = Literal["unsupported-type", "too-large", "content-mismatch", "unreadable-file", "active-content", "infected"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """The file is what it says and can be read. A PDF counts `pages`, an image `pixels`."""

    media_type: MediaType
    pages: int | None = None
    pixels: int | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """The file is refused. `reason` is a stable code for events, `hint` a French sentence saying how to fix it."""

    slug: Slug
    reason: str
    hint: str


Verdict = Accepted | Rejection


class VettingUnavailable(Exception):
    """No inspection could even start (no process, no memory): the file is not at fault, try again later."""


class Vetting(Protocol):
    """Says what a file really is."""

    async def vet(self, data: bytes, declared_type: str, name: str) -> Verdict:
        """Inspect `data`, sent as `name` with `declared_type` (both untrusted, both may be empty).

        A file that kills or hangs its inspection is a `Rejection`; raises `VettingUnavailable`, nothing else.
        """
        ...


@dataclass(frozen=True, slots=True)
class Clean:
    """The engine knows nothing against these bytes; engine « none » means that nobody looked."""

    engine: str


@dataclass(frozen=True, slots=True)
class Infected:
    """The engine recognised something, called `name` in its own words."""

    engine: str
    name: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No verdict can be had: the file waits, it is not clean. `why` is for logs."""

    why: str


ScanResult = Clean | Infected | Unavailable


class Antivirus(Protocol):
    """Looks for known malware."""

    async def scan(self, data: bytes) -> ScanResult:
        """Never raises: an engine that is down, slow or refuses the size is `Unavailable`."""
        ...


Bucket = Literal["quarantine", "clean"]


class BlobUnavailable(Exception):
    """The store does not answer, or answers with an error: nothing is known about the blob."""


class BlobCorrupt(BlobUnavailable):
    """The bytes stored are not those whose SHA-256 was recorded; they are never handed out."""


class BlobConflict(Exception):
    """Another content is already stored under this key; it was left untouched."""


class BlobStore(Protocol):
    """Keeps bytes under a key, in two buckets. A blob is written once; `sha256` is always lowercase hex.

    Every method raises `BlobUnavailable` when the store cannot be reached.
    """

    async def put(self, bucket: Bucket, key: str, data: bytes, media_type: str, sha256: str) -> None:
        """Durable on return. The same bytes again are a success; raises `BlobConflict` on other bytes."""
        ...

    async def get(self, bucket: Bucket, key: str, sha256: str) -> bytes | None:
        """The bytes, checked against `sha256` (`BlobCorrupt` otherwise); None when there is no such blob."""
        ...

    async def delete(self, bucket: Bucket, key: str) -> None:
        """Gone on return, whether it was there or not."""
        ...

    async def promote(self, key: str, media_type: str, sha256: str) -> bool:
        """Copy from quarantine to clean under the same key; False when neither holds it. Quarantine keeps its own."""
        ...

    async def exists(self, bucket: Bucket, key: str) -> bool:
        """Whether the key holds a blob, without reading it."""
        ...
