"""The double as a process of its own, for tests: started, stopped, killed, started again on the same data and port."""

from __future__ import annotations

import contextlib
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0


def free_port() -> int:
    """A port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EsdbServer:
    """A node over a directory. `options` are those of `python -m tests.esdb_server`."""

    def __init__(self, data: Path, *options: str, port: int = 0) -> None:
        self.data, self.options = data, options
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> EsdbServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def target(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    @property
    def uri(self) -> str:
        """A connection string, without TLS."""
        return f"esdb://{self.target}?Tls=false"

    def start(self) -> EsdbServer:
        """Returns when it listens. Raises RuntimeError when it does not."""
        if self.process is not None:
            return self
        command = [sys.executable, "-m", "tests.esdb_server", "--port", str(self.port), "--data", str(self.data)]
        self.process = subprocess.Popen([*command, *self.options], cwd=ROOT, stdout=subprocess.PIPE)
        line = _first_line(self.process)
        if "listening on" not in line:
            self.kill()
            raise RuntimeError(f"the server did not start: {line!r}")
        return self

    def stop(self) -> int:
        """Ask it to end (SIGTERM); its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """End it without asking (SIGKILL)."""
        return self._end(signal.SIGKILL)

    def resign(self) -> None:
        """Make a leader stand back."""
        if self.process is not None:
            self.process.send_signal(signal.SIGUSR1)

    def freeze(self) -> None:
        """Keep it from doing anything, without ending it, until `thaw`."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def _end(self, number: signal.Signals) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        status = process.wait(PATIENCE)
        if process.stdout is not None:
            process.stdout.close()
        return status


def _first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    until = time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        if selector.select(until - time.monotonic()):
            return process.stdout.readline().decode().strip()
    return ""
