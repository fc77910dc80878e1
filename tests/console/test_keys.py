"""Keys are made once, for their owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import nkeys
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from console.keys import PROCESSES, KeyLost, keys_missing, make_keys


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with its keys."""
    make_keys(tmp_path)
    return tmp_path


def contents(data: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (data / "keys").rglob("*") if path.is_file()}


def test_a_new_installation_misses_its_keys_and_then_no_more(tmp_path: Path) -> None:
    assert keys_missing(tmp_path)
    make_keys(tmp_path)
    assert not keys_missing(tmp_path)


def test_only_the_owner_can_read_a_key(data: Path) -> None:
    for path in [data / "keys", *(data / "keys").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o400), path


def test_making_keys_again_changes_none(data: Path) -> None:
    before = contents(data)
    make_keys(data)
    assert contents(data) == before


@pytest.mark.parametrize("name", PROCESSES)
def test_what_a_process_signs_is_verified_with_its_public_half(data: Path, name: str) -> None:
    private = load_pem_private_key((data / "keys" / name / "signing.pem").read_bytes(), None)
    public = load_pem_public_key((data / "keys" / "trust" / f"{name}.pub.pem").read_bytes())
    assert isinstance(private, Ed25519PrivateKey)
    assert isinstance(public, Ed25519PublicKey)
    public.verify(private.sign(b"bonjour"), b"bonjour")


def test_each_process_has_a_secret_of_32_bytes_of_its_own(data: Path) -> None:
    secrets = {bytes.fromhex((data / "keys" / name / "secret").read_text()) for name in PROCESSES}
    assert len(secrets) == len(PROCESSES)
    assert {len(secret) for secret in secrets} == {32}


def test_the_public_nats_key_is_the_one_of_the_seed(data: Path) -> None:
    pair = nkeys.from_seed((data / "keys" / "files" / "nats.seed").read_bytes())
    assert pair.public_key.decode() == (data / "keys" / "files" / "nats.pub").read_text()


def test_a_lost_public_key_is_written_again_from_its_private_half(data: Path) -> None:
    public = data / "keys" / "trust" / "gateway.pub.pem"
    before = public.read_bytes()
    public.unlink()
    make_keys(data)
    assert public.read_bytes() == before


def test_a_lost_secret_is_not_replaced_while_the_data_it_protects_is_there(data: Path) -> None:
    (data / "identity").mkdir()
    (data / "identity" / "events.sqlite").touch()
    (data / "keys" / "identity" / "secret").unlink()
    with pytest.raises(KeyLost, match="Remettez-la depuis une sauvegarde"):
        make_keys(data)
