"""The S3 server: SeaweedFS in one process, on loopback, with one pair of credentials and no telemetry."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from console.component import Component, Stage
from console.components.bus import binary
from console.ports import GRPC
from console.probes import http_says, http_status

# Each takes the port 10000 above it too.
PORTS = ("s3", "s3-master", "s3-volume", "s3-filer", "s3-admin")
MEMORY = "300MiB"
KNOWN = b'"DataNodes":[{'


def credentials(data: Path) -> tuple[str, str]:
    """The access key and the secret key of the embedded server."""
    room = data / "keys" / "servers" / "s3"
    return (room / "access").read_text(), (room / "secret").read_text()


def s3_server(data: Path, ports: Mapping[str, int], environment: Mapping[str, str]) -> Component:
    """The embedded server. Its parts other than S3 know no credentials, so nothing listens beyond loopback."""
    room = data / "s3"
    (room / "log").mkdir(parents=True, exist_ok=True)
    (room / "weed").mkdir(exist_ok=True)
    config = data / "run" / "s3.json"
    write_config(config, data)

    async def ready() -> bool:
        # The door opens before the volumes are known to the master, and nothing can be read or written until then.
        return await http_says(ports["s3-master"], "/dir/status", KNOWN) and (
            await http_status(ports["s3"], "/healthz") == 200
        )

    return Component(
        name="s3",
        stage=Stage.SERVER,
        argv=[
            binary("weed"),
            f"-logdir={room / 'log'}",
            "-alsologtostderr=false",
            "-stderrthreshold=FATAL",
            "-log_max_size_mb=10",
            "-log_max_files=2",
            "mini",
            f"-dir={room / 'weed'}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-master.telemetry=false",
            "-master.volumeSizeLimitMB=64",
            "-volume.preStopSeconds=0",
            "-filer.maxMB=8",
            f"-master.port={ports['s3-master']}",
            f"-volume.port={ports['s3-volume']}",
            f"-filer.port={ports['s3-filer']}",
            f"-s3.port={ports['s3']}",
            f"-admin.port={ports['s3-admin']}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-admin.ui=false",
            "-webdav=false",
            f"-s3.config={config}",
        ],
        environment={**environment, "GOMEMLIMIT": MEMORY},
        ready=ready,
        # It reads *.toml where it stands.
        folder=room,
        patience=20.0,
        litter=tuple(_sockets(ports)),
    )


def write_config(path: Path, data: Path) -> None:
    """The identities file of the server. It holds a secret: owner only."""
    access, secret = credentials(data)
    identity = {
        "name": "guichet",
        "credentials": [{"accessKey": access, "secretKey": secret}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump({"identities": [identity]}, out)


def _sockets(ports: Mapping[str, int]) -> list[Path]:
    """The Unix sockets that it puts in /tmp and forgets there."""
    numbers = [port + offset for name, port in ports.items() if name in PORTS for offset in (0, GRPC)]
    return [path for number in numbers for path in _named(number)]


def _named(port: int) -> list[Path]:
    kinds = ("s3", "master", "volume", "filer", "admin")
    return [Path("/tmp") / f"seaweedfs-{kind}{grpc}-{port}.sock" for kind in kinds for grpc in ("", "-grpc")]  # noqa: S108
