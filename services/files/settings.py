"""What files reads from its environment."""

from __future__ import annotations

from pydantic import Field, SecretStr

from kernel.settings import ServiceSettings


class FilesSettings(ServiceSettings):
    """The settings of files."""

    s3_url: str = Field(description="S3 server")
    s3_access_key: str = Field(description="S3 access key")
    s3_secret_key: SecretStr = Field(description="S3 secret key")
    s3_bucket: str = Field("guichet-files", description="prefix of the two buckets, quarantine and clean")
    clamd: str | None = Field(None, description="antivirus, `tcp://host:port`; without one nobody looks")
