"""What the servers of the containers read, each in its room `<keys>/servers/<name>/`; made by `guichet keys --servers`.

PostgreSQL: a role and a database per service. Their passwords travel in `<keys>/<service>/database`, a whole URL, which
the service reads through GUICHET_DATABASE_FILE; `init/roles.sql` tells the server the same ones at its first start.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from console.components import bus, objects
from console.keys import write_once

CLUSTER = ("nats-1", "nats-2", "nats-3")
STORE = Path("/data")


def write(data: Path) -> None:
    """Keys that exist stay as they are; everything that derives from them is written again."""
    servers = data / "keys" / "servers"
    for name in ("postgres/init", "caddy"):
        for room in (servers / name).parent, servers / name:
            room.mkdir(exist_ok=True)
            room.chmod(0o700)
    bus.write_config(servers / "nats" / "nats.conf", data, "0.0.0.0:4222", STORE)
    for node, cluster in nats_cluster(data, {name: f"{name}:6222" for name in CLUSTER}, "0.0.0.0:6222").items():
        bus.write_config(servers / "nats" / f"{node}.conf", data, "0.0.0.0:4222", STORE, cluster)
    objects.write_config(servers / "s3" / "s3.json", data)
    write_once(servers / "postgres" / "password", secrets.token_urlsafe(32).encode())
    _for_owner(servers / "postgres" / "init" / "roles.sql", "\n".join(_statements(data)) + "\n")


def nats_cluster(data: Path, routes: Mapping[str, str], listen: str) -> dict[str, dict[str, Any]]:
    """What each node of a cluster adds to its configuration. `routes`: where the others reach each of them."""
    secret = data / "keys" / "servers" / "nats" / "routes"
    write_once(secret, secrets.token_hex(32).encode())
    password = secret.read_text()
    cluster = {
        "name": "guichet",
        "listen": listen,
        "authorization": {"user": "route", "password": password, "timeout": 2},
        "routes": [f"nats-route://route:{password}@{address}" for address in routes.values()],
    }
    return {node: {"server_name": node, "cluster": cluster} for node in routes}


def _statements(data: Path) -> list[str]:
    lines = []
    for name in bus.SERVICES:
        url = data / "keys" / name / "database"
        write_once(url, f"postgresql://{name}:{secrets.token_hex(32)}@postgres:5432/{name}".encode())
        lines.append(f"CREATE ROLE {name} LOGIN PASSWORD '{urlsplit(url.read_text()).password}';")
        lines.append(f"CREATE DATABASE {name} OWNER {name};")
        lines.append(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;")
    return lines


def _for_owner(path: Path, content: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(content)
