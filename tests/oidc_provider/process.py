"""The provider's process: installed once a run, started on a free port, told who signs in next."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

NPM = Path(__file__).with_name("npm")
CLIENT_ID, CLIENT_SECRET = "guichet", "a-secret-that-only-this-test-knows"
MISSING = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
Kind = Literal["franceconnect", "proconnect"]


def install(place: Path) -> Path:
    """The package and our script, in a directory of their own."""
    for path in NPM.iterdir():
        shutil.copy(path, place)
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
    subprocess.run(command, cwd=place, check=True, timeout=120)
    return place


class OidcProvider:
    """A running provider for one client."""

    def __init__(self, installed: Path, kind: Kind, public_url: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.origin = f"http://127.0.0.1:{port}"
        self.issuer = f"{self.origin}/api/v2"
        redirect = f"{public_url}/api/{kind}/callback"
        self._process = subprocess.Popen(
            ["node", "provider.mjs", str(port), kind, redirect, f"{public_url}/"],
            cwd=installed,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._hear("ready")

    def next(self, sub: str, acr: str = "eidas1", **claims: Any) -> None:
        """Who signs in from now on."""
        self._tell({"sub": sub, "acr": acr, "claims": claims})

    def gives_up(self) -> None:
        """Whoever comes from now on gives up."""
        self._tell({"error": "access_denied"})

    def close(self) -> None:
        """Stop it."""
        self._process.kill()
        self._process.communicate()

    def __enter__(self) -> OidcProvider:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _tell(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        self._hear("heard")

    def _hear(self, word: str) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(word):
                return
        raise AssertionError("the provider ended")
