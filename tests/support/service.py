"""One whole service over real files in a temporary directory, called without a socket; its neighbours are absent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import SecretStr

from kernel.clock import Clock, system_clock
from kernel.eventstore import EventStore
from kernel.http.tokens import Signer
from kernel.runtime.app import application
from kernel.runtime.assembly import running
from kernel.runtime.declaration import Service
from kernel.runtime.runtime import Runtime

PROCESSES = ("gateway", "identity", "dossiers", "discussion", "files", "notifier", "console", "toy")


def make_keys(directory: Path) -> dict[str, str]:
    """A key pair per process: the private ones by name, the public ones as files of `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    private = {}
    for name in PROCESSES:
        key = Ed25519PrivateKey.generate()
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (directory / f"{name}.pub.pem").write_bytes(public)
        private[name] = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private


@dataclass
class Desk:
    """A running service, and callers of every kind."""

    run: Runtime
    client: httpx.AsyncClient
    keys: dict[str, str]

    def as_anonymous(self) -> dict[str, str]:
        """Headers of somebody without any credential, as the gateway vouches."""
        return self._person({"sub": "anonymous:0", "kind": "anonymous"})

    def as_account(self, account: str, *roles: str, services: tuple[str, ...] = (), **claims: str) -> dict[str, str]:
        """Headers of an account: `email`, `first_name` and `last_name` as keywords."""
        who = {"email": f"{account}@example.org", "first_name": "Ada", "last_name": "Martin"} | claims
        granted = ["demandeur", *roles]
        return self._person(
            {"sub": f"account:{account}", "kind": "account", "account": account, "roles": granted}
            | {"services": list(services), "sid": f"session-{account}"}
            | who
        )

    def as_tracking(self, demande: str, email: str = "suivi@example.org") -> dict[str, str]:
        """Headers of a tracking session."""
        return self._person({"sub": f"tracking:{demande}", "kind": "tracking", "demande": demande, "email": email})

    def as_service(self, name: str, purpose: str) -> dict[str, str]:
        """Headers of another service."""
        return {"Authorization": f"Bearer {Signer(name, self.keys[name]).mint_service(self.run.name, purpose)}"}

    def _person(self, claims: dict[str, Any]) -> dict[str, str]:
        return {"Authorization": f"Bearer {Signer('gateway', self.keys['gateway']).mint(self.run.name, claims)}"}


@asynccontextmanager
async def serving(
    service: Service,
    directory: Path,
    *,
    clock: Clock = system_clock,
    store: EventStore | None = None,
    **settings: Any,
) -> AsyncIterator[Desk]:
    """Run a service on `directory`; the same directory again finds everything as it was.

    `store`: a log that another process of the same service uses too.
    """
    keys_file = directory / "keys.json"
    if keys_file.exists():
        keys: dict[str, str] = json.loads(keys_file.read_text())
    else:
        keys = make_keys(directory / "trust")
        keys_file.write_text(json.dumps(keys))
    chosen = service.settings(
        data=directory,
        trust=directory / "trust",
        signing_key=SecretStr(keys[service.name]),
        secret=SecretStr("5e" * 32),
        **settings,
    )
    async with running(service, chosen, clock=clock, store=store) as run:
        transport = httpx.ASGITransport(application(service, run), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            yield Desk(run, client, keys)
