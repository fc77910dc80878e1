"""What every process reads from its environment: `GUICHET_*`, and any value from a file through `GUICHET_*_FILE`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from kernel.eventstore import EVENTSTOREDB

PREFIX = "GUICHET_"
DEMO_SECRETS = frozenset({"guichet", "secret", "changeme", "password", "demo"})


class FromFiles(PydanticBaseSettingsSource):
    """Reads `GUICHET_<FIELD>_FILE` for any field, as container secrets are handed over."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        return (Path(path).read_text().strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


class Settings(BaseSettings):
    """Shared by the services and the gateway. Default secrets are refused outside `--demo`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    bind: str = Field("127.0.0.1:0", description="address and port this process listens on")
    data: Path = Field(Path("var"), description="data directory")
    public_url: str = Field("http://127.0.0.1:8000", description="address people see, for links in mails")
    demo: bool = Field(False, description="demonstration mode: demo agents and catalogue")
    signing_key: SecretStr = Field(description="Ed25519 private key of this process, PEM PKCS8")
    trust: Path = Field(description="directory of the public keys of the other processes")
    secret: SecretStr = Field(description="32 random bytes in hexadecimal; every other key derives from it")
    nats_url: str | None = Field(None, description="NATS server; without one, followers poll the feeds")
    nats_seed: SecretStr | None = Field(None, description="NKey seed of this process")
    identity_url: str = Field("http://127.0.0.1:8101", description="where identity answers")
    dossiers_url: str = Field("http://127.0.0.1:8102", description="where dossiers answers")
    discussion_url: str = Field("http://127.0.0.1:8103", description="where discussion answers")
    files_url: str = Field("http://127.0.0.1:8104", description="where files answers")
    notifier_url: str = Field("http://127.0.0.1:8105", description="where notifier answers")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then `_FILE`."""
        return init_settings, env_settings, FromFiles(settings_cls)

    @model_validator(mode="after")
    def _refuse_default_secrets(self) -> Settings:
        for name, value in self:
            if isinstance(value, SecretStr) and value.get_secret_value().lower() in DEMO_SECRETS:
                raise ValueError(f"{PREFIX}{name.upper()} is a default value")
        if len(self.secret_bytes) < 32:
            raise ValueError(f"{PREFIX}SECRET needs 32 bytes in hexadecimal")
        return self

    @property
    def secret_bytes(self) -> bytes:
        """The process's secret."""
        return bytes.fromhex(self.secret.get_secret_value())

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        host, _, port = self.bind.rpartition(":")
        return host, int(port)

    def peer_url(self, service: str) -> str:
        """Where a service answers."""
        return str(getattr(self, f"{service}_url")).rstrip("/")


class ServiceSettings(Settings):
    """Shared by the five services."""

    eventstore: str = Field(
        "sqlite:", description="the event store: `sqlite:` or `esdb://user:password@host:2113?tls=true`", repr=False
    )
    database: str = Field(
        "sqlite:",
        description="read models, state and keys: `sqlite:` or `postgresql://user:password@host/database`",
        repr=False,
    )
    nats_replicas: int = Field(1, ge=1, le=5, description="servers of a NATS cluster that keep the stream")

    @model_validator(mode="after")
    def _known_engines(self) -> ServiceSettings:
        if self.eventstore != "sqlite:" and not self.eventstore.startswith(EVENTSTOREDB):
            raise ValueError("GUICHET_EVENTSTORE must be `sqlite:` or an `esdb://` connection string")
        if self.database != "sqlite:" and not self.database.startswith(("postgresql://", "postgres://")):
            raise ValueError("GUICHET_DATABASE must be `sqlite:` or a `postgresql://` URL")
        return self
