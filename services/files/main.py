"""The composition root of files."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from kernel.runtime.declaration import Service, Worker
from kernel.runtime.process import serve
from services.files.adapters.antivirus import Clamd, NoAntivirus
from services.files.adapters.s3 import S3Blobs
from services.files.adapters.vetting import ChildVetting
from services.files.aggregate import stored_file
from services.files.api import reading, sending
from services.files.api.intake import STATE_DDL
from services.files.events import FileVetted
from services.files.ports import Antivirus, BlobStore, Vetting
from services.files.projections import access, file_card
from services.files.reactions import claims, upkeep
from services.files.settings import FilesSettings


def adapters(settings: FilesSettings) -> Mapping[type, object]:
    """The adapters of its ports."""
    blobs = S3Blobs(
        settings.s3_url,
        settings.s3_access_key,
        settings.s3_secret_key.get_secret_value(),
        prefix=settings.s3_bucket,
    )
    return {BlobStore: blobs, Vetting: ChildVetting(), Antivirus: _antivirus(settings.clamd)}


def _antivirus(url: str | None) -> Antivirus:
    if url is None:
        return NoAntivirus()
    where = urlsplit(url)
    if where.scheme != "tcp" or where.hostname is None or where.port is None:
        raise ValueError("GUICHET_CLAMD must read tcp://host:port")
    return Clamd(where.hostname, where.port)


SERVICE = Service(
    name="files",
    settings=FilesSettings,
    aggregates=(stored_file,),
    projections=(access.projection, file_card.projection),
    reactors=(claims,),
    workers=(Worker("upkeep", upkeep),),
    routers=(sending.router, reading.router),
    state_ddl=STATE_DDL,
    ports=adapters,
    entitled={"discussion": (FileVetted,)},
)

if __name__ == "__main__":
    serve(SERVICE)
