"""Ports on the loopback address: tested before they are given, the same at each start while they are free."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

# The S3 server listens on each of its ports and 10000 above it, for gRPC. Both stay below the ports that
# Linux hands to outgoing connections (32768 and up), so that nothing takes one between the test and the use.
GRPC = 10_000
PAIRED = range(20_000, 22_700)
SINGLE = range(23_000, 29_900)


class PortTaken(Exception):
    """A port that was asked for cannot be had; the message says which and what to do."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        # As servers do: connections of a previous server that linger in TIME_WAIT are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def fixed(variable: str, default: int, environ: Mapping[str, str]) -> int:
    """The port people know: the environment's, else `default`; "0" asks for any free one. Raises PortTaken."""
    port = _number(variable, environ.get(variable) or str(default))
    return _asked(variable, port, paired=False) if port else _any(paired=False, given=set())


def assign(wanted: Iterable[str], paired: Iterable[str], memory: Path, environ: Mapping[str, str]) -> dict[str, int]:
    """A free port for each name: the environment's `GUICHET_<NAME>_PORT`, else the last one, else any.

    Names in `paired` get a port whose neighbour 10000 above is free too. Raises PortTaken when a port the
    environment asks for is in use.
    """
    both = set(paired)
    remembered = _remembered(memory)
    given: dict[str, int] = {}
    for name in wanted:
        variable = f"GUICHET_{name.upper().replace('-', '_')}_PORT"
        asked = environ.get(variable)
        if asked:
            given[name] = _asked(variable, _number(variable, asked), name in both)
            continue
        last = remembered.get(name)
        if last is None or last in given.values() or not _usable(last, name in both):
            last = _any(name in both, set(given.values()))
        given[name] = last
    memory.write_text(json.dumps(remembered | given, indent=1))
    return given


def _number(variable: str, text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise PortTaken(f"{variable} doit être un numéro de port, entre 1 et 65535 : « {text} » n'en est pas un.")
    return int(text)


def _usable(port: int, paired: bool) -> bool:
    return is_free(port) and (not paired or is_free(port + GRPC))


def _asked(variable: str, port: int, paired: bool) -> int:
    if not _usable(port, paired):
        also = f" (ou le port {port + GRPC}, qui va avec)" if paired else ""
        raise PortTaken(f"Le port {port}{also} est déjà pris. Choisissez-en un autre avec {variable}.")
    return port


def _any(paired: bool, given: set[int]) -> int:
    candidates = list(PAIRED if paired else SINGLE)
    random.shuffle(candidates)
    for port in candidates:
        if port not in given and _usable(port, paired):
            return port
    raise PortTaken("Aucun port libre sur cette machine.")


def _remembered(memory: Path) -> dict[str, int]:
    try:
        return {str(name): int(port) for name, port in json.loads(memory.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}
