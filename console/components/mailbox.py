"""The development mailbox, a process of its own: no mail, however odd, can trouble the supervisor."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from console.component import Component, Stage
from console.probes import http_status


def mailbox(data: Path, http: int, smtp: int, environment: Mapping[str, str]) -> Component:
    """The mailbox, with its two doors on loopback."""

    async def ready() -> bool:
        return await http_status(http, "/livez") == 200

    return Component(
        name="mailbox",
        stage=Stage.SERVER,
        argv=[
            *(sys.executable, "-m", "console", "mailbox"),
            *("--data", str(data), "--http", f"127.0.0.1:{http}", "--smtp", f"127.0.0.1:{smtp}"),
        ],
        environment=environment,
        ready=ready,
    )
