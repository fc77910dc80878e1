"""Calls to the running services in the name of the console, by its own signed tokens."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import httpx

from kernel.http.tokens import Signer

SERVICES = ("identity", "dossiers", "discussion", "files", "notifier")


class Refused(Exception):
    """A service said no, or does not answer; the message is French."""


def add_data(parser: argparse.ArgumentParser) -> None:
    """The option every subcommand of this room has."""
    default = Path(os.environ.get("GUICHET_DATA", "var"))
    parser.add_argument("--data", type=Path, default=default, help="dossier des données")


class Operator:
    """Finds the services through the environment, else through the ports that `guichet up` wrote down."""

    def __init__(self, data: Path) -> None:
        key = Path(os.environ.get("GUICHET_SIGNING_KEY_FILE", data / "keys" / "console" / "signing.pem"))
        ports = data / "run" / "ports.json"
        try:
            self._signer = Signer("console", key.read_bytes())
        except OSError:
            raise Refused(f"La clé de la console est introuvable ({key}) : démarrez d'abord « guichet up ».") from None
        self._ports: dict[str, int] = json.loads(ports.read_text()) if ports.exists() else {}

    def call(self, service: str, method: str, path: str, body: Any = None, **params: Any) -> Any:
        """One call. Raises Refused."""
        url = os.environ.get(f"GUICHET_{service.upper()}_URL") or f"http://127.0.0.1:{self._ports.get(service, 0)}"
        headers = {"Authorization": f"Bearer {self._signer.mint_service(service, 'operate')}"}
        try:
            answer = httpx.request(method, f"{url}{path}", json=body, params=params, headers=headers, timeout=30)
        except httpx.HTTPError:
            raise Refused(f"Le service {service} ne répond pas : Guichet est-il démarré ?") from None
        content = answer.json() if answer.content else None
        if answer.status_code >= 400:
            faults = " ".join(error["detail"] for error in (content or {}).get("errors", []))
            raise Refused(f"{(content or {}).get('detail', answer.status_code)} {faults}".strip())
        return content

    def finish(self, service: str, path: str, body: Any = None) -> Any:
        """Start a job and wait for its end, however long it takes."""
        report = self.call(service, "POST", path, body)
        while not report["done"]:
            time.sleep(1)
            report = self.call(service, "GET", f"/jobs/{report['kind']}/{report['id']}")
        return report
