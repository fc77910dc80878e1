"""Every key of an installation: made once, at first start, each in a file that only its owner can read.

A process has its room `<keys>/<name>/`: `signing.pem` (Ed25519, PKCS #8), `secret` (32 bytes, hex),
`nats.seed` (NKey) and `nats.pub`. The public halves of the signing keys are in `<keys>/trust/`, for every process;
what the embedded servers need is in `<keys>/servers/<name>/`.
"""

from __future__ import annotations

import argparse
import os
import secrets
from pathlib import Path

PROCESSES = ("gateway", "identity", "dossiers", "discussion", "files", "notifier", "console")


class KeyLost(Exception):
    """A secret is gone although the data it protects is still there: a new one would make that data unreadable."""


def keys_missing(data: Path) -> bool:
    """Whether `make_keys` has anything to do. Cheap: imports no cryptography."""
    return any(not path.exists() for path in _expected(data / "keys"))


def make_keys(data: Path) -> None:
    """Makes the keys that do not exist yet under `<data>/keys`. Raises KeyLost rather than replace a secret in use."""
    keys = data / "keys"
    servers = (keys / "servers", keys / "servers" / "nats", keys / "servers" / "s3")
    for room in (keys, keys / "trust", *servers, *(keys / name for name in PROCESSES)):
        room.mkdir(parents=True, exist_ok=True)
        room.chmod(0o700)
    for name in PROCESSES:
        secret = keys / name / "secret"
        if not secret.exists() and any((data / name).glob("*")):
            raise KeyLost(
                f"La clé {secret} a disparu alors que {data / name} contient des données qu'elle protège. "
                "Remettez-la depuis une sauvegarde."
            )
        write_once(secret, secrets.token_hex(32).encode())
        _signing_key(keys, name)
        _nats_key(keys / name)
    write_once(keys / "servers" / "nats" / "bootstrap", secrets.token_urlsafe(32).encode())
    write_once(keys / "servers" / "s3" / "access", secrets.token_hex(10).encode())
    write_once(keys / "servers" / "s3" / "secret", secrets.token_urlsafe(32).encode())


def _expected(keys: Path) -> list[Path]:
    rooms = [keys / name / file for name in PROCESSES for file in ("signing.pem", "secret", "nats.seed", "nats.pub")]
    trust = [keys / "trust" / f"{name}.pub.pem" for name in PROCESSES]
    return rooms + trust + [keys / "servers" / name for name in ("nats/bootstrap", "s3/access", "s3/secret")]


def _signing_key(keys: Path, name: str) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
        load_pem_private_key,
    )

    private = keys / name / "signing.pem"
    if not private.exists():
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_once(private, pem)
    public = load_pem_private_key(private.read_bytes(), password=None).public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    write_once(keys / "trust" / f"{name}.pub.pem", pem)


def _nats_key(room: Path) -> None:
    import nkeys

    seed = room / "nats.seed"
    if not seed.exists():
        write_once(seed, nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER))
    write_once(room / "nats.pub", nkeys.from_seed(seed.read_bytes()).public_key)


def write_once(path: Path, content: bytes) -> None:
    """Durable before it is visible: a key lost to a power cut after its first use would lose what it sealed."""
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400)
    try:
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def add(parser: argparse.ArgumentParser) -> None:
    """Options of `guichet keys`."""
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("GUICHET_DATA", "var")))
    parser.add_argument(
        "--servers",
        action="store_true",
        help="écrire aussi ce que lisent NATS, S3, PostgreSQL et Caddy dans des conteneurs",
    )


def run(args: argparse.Namespace) -> int:
    """`guichet keys`: what `up` does at its first start, for installations that start their servers themselves."""
    try:
        make_keys(args.data)
    except KeyLost as lost:
        print(lost)
        return 1
    if args.servers:
        from console.components import containers

        containers.write(args.data)
    return 0
