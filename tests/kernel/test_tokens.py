"""Internal tokens say who calls, to whom, and for how long; nothing else passes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kernel.clock import FrozenClock
from kernel.http.tokens import BadToken, Claims, Signer, Verifier, load_trust

NOW = 1_795_000_000
PERSON = {"sub": "account:7zz", "kind": "account", "account": "7zz", "roles": ["instructeur"]}


def pair() -> tuple[bytes, bytes]:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


class Room:
    """A gateway and a service that sign, a verifier of `dossiers`, and one clock."""

    def __init__(self) -> None:
        self.time = FrozenClock(datetime.fromtimestamp(NOW, UTC))
        self.gateway_key, gateway_public = pair()
        self.files_key, files_public = pair()
        self.gateway = Signer("gateway", self.gateway_key, clock=self.time)
        self.files = Signer("files", self.files_key, clock=self.time)
        self.trust = {"gateway": gateway_public, "files": files_public}
        self.verifier = Verifier(self.trust, "dossiers", clock=self.time)

    def forged(self, **changes: object) -> str:
        """A token signed with the gateway's true key whose payload is not one `mint` would make."""
        now = int(self.time.at.timestamp())
        payload = {**PERSON, "iss": "gateway", "aud": "dossiers", "iat": now, "exp": now + 60, **changes}
        given = {name: value for name, value in payload.items() if value is not None}
        return jwt.PyJWS().encode(json.dumps(given).encode(), self.gateway_key, algorithm="EdDSA")


@pytest.fixture
def room() -> Room:
    return Room()


def test_a_person_arrives_as_the_gateway_described_him(room: Room) -> None:
    claims = PERSON | {
        "services": ["aides"],
        "email": "a@b.fr",
        "first_name": "Zoé",
        "ip": "::1",
        "sid": "s1",
    }
    found = room.verifier.verify(room.gateway.mint("dossiers", claims))
    assert found == Claims(found.principal, "dossiers", NOW, NOW + 60)
    who = found.principal
    assert (who.actor, who.kind, who.account, who.issuer) == ("account:7zz", "account", "7zz", "gateway")
    assert (who.roles, who.services) == (frozenset({"instructeur"}), frozenset({"aides"}))
    assert (who.email, who.first_name, who.last_name, who.ip, who.session) == (
        "a@b.fr",
        "Zoé",
        None,
        "::1",
        "s1",
    )


def test_a_service_speaks_for_itself_with_a_purpose(room: Room) -> None:
    who = room.verifier.verify(room.files.mint_service("dossiers", "feed")).principal
    assert (who.actor, who.kind, who.purpose, who.issuer) == ("service:files", "service", "feed", "files")


def test_a_service_cannot_speak_for_a_person(room: Room) -> None:
    with pytest.raises(BadToken, match="only the gateway"):
        room.verifier.verify(room.files.mint("dossiers", PERSON))


def test_a_service_cannot_speak_for_another_service(room: Room) -> None:
    with pytest.raises(BadToken, match="for itself alone"):
        room.verifier.verify(room.files.mint("dossiers", {"sub": "service:gateway", "kind": "service"}))


def test_a_token_for_another_service_is_refused(room: Room) -> None:
    with pytest.raises(BadToken):
        room.verifier.verify(room.gateway.mint("identity", PERSON))


def test_a_token_for_several_services_is_refused(room: Room) -> None:
    with pytest.raises(BadToken):
        room.verifier.verify(room.forged(aud=["dossiers", "identity"]))


def test_an_unknown_issuer_is_refused(room: Room) -> None:
    stranger = Signer("stranger", pair()[0], clock=room.time)
    with pytest.raises(BadToken, match="unknown issuer"):
        room.verifier.verify(stranger.mint("dossiers", PERSON))


def test_the_key_is_chosen_by_the_issuer_and_not_any_trusted_key(room: Room) -> None:
    impostor = Signer("gateway", room.files_key, clock=room.time)
    with pytest.raises(BadToken):
        room.verifier.verify(impostor.mint("dossiers", PERSON))


def test_a_token_dies_at_its_expiry_even_when_it_is_remembered(room: Room) -> None:
    token = room.gateway.mint("dossiers", PERSON, ttl=10)
    room.verifier.verify(token)
    room.time.advance(seconds=11.9)
    room.verifier.verify(token)
    room.time.advance(seconds=0.1)
    with pytest.raises(BadToken, match="expired"):
        room.verifier.verify(token)
    with pytest.raises(BadToken, match="expired"):
        room.verifier.verify(token)


def test_a_token_from_the_future_is_refused_past_the_leeway(room: Room) -> None:
    token = room.gateway.mint("dossiers", PERSON)
    room.time.advance(seconds=-2)
    room.verifier.verify(token)
    room.time.advance(seconds=-1)
    with pytest.raises(BadToken, match="future"):
        room.verifier.verify(token)


@pytest.mark.parametrize(
    "change",
    [
        {"exp": NOW + 61},
        {"exp": NOW},
        {"exp": float(NOW) + 60},
        {"exp": str(NOW + 60)},
        {"iat": True},
        {"iat": None},
        {"exp": None},
        {"sub": None},
        {"sub": 7},
        {"kind": None},
        {"kind": "root"},
        {"kind": ["account"]},
        {"roles": "administrateur"},
        {"roles": [1]},
        {"account": 7},
        {"iss": None},
        {"iss": 7},
    ],
    ids=repr,
)
def test_a_payload_we_would_never_mint_is_refused(room: Room, change: dict[str, object]) -> None:
    with pytest.raises(BadToken):
        room.verifier.verify(room.forged(**change))


def test_mint_refuses_a_life_of_more_than_a_minute(room: Room) -> None:
    for ttl in (0, -1, 61):
        with pytest.raises(ValueError, match="lives"):
            room.gateway.mint("dossiers", PERSON, ttl=ttl)


def segment(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_the_algorithm_is_ours_whatever_the_header_says(room: Room) -> None:
    payload = {**PERSON, "iss": "gateway", "aud": "dossiers", "iat": NOW, "exp": NOW + 60}
    unsigned = f"{segment({'alg': 'none', 'typ': 'JWT'})}.{segment(payload)}."
    with pytest.raises(BadToken):
        room.verifier.verify(unsigned)
    secret = room.trust["gateway"].hex()
    with pytest.raises(BadToken):
        room.verifier.verify(jwt.encode(payload, secret, algorithm="HS256"))


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "é.é.é", "..", "\x00", "a" * 20_000], ids=lambda t: repr(t[:9]))
def test_what_is_not_a_token_is_refused(room: Room, token: str) -> None:
    with pytest.raises(BadToken):
        room.verifier.verify(token)


def test_a_changed_signature_is_refused(room: Room) -> None:
    head, payload, signature = room.gateway.mint("dossiers", PERSON).split(".")
    changed = ("B" if signature[0] == "A" else "A") + signature[1:]
    with pytest.raises(BadToken):
        room.verifier.verify(f"{head}.{payload}.{changed}")


def test_remembered_tokens_are_bounded_and_the_oldest_go_first(room: Room) -> None:
    verifier = Verifier(room.trust, "dossiers", clock=room.time, remembered=3)
    tokens = [room.gateway.mint("dossiers", PERSON | {"account": str(n)}) for n in range(5)]
    for token in tokens:
        assert verifier.verify(token).principal.account is not None
    assert [verifier.verify(token).principal.account for token in tokens] == list("01234")


def test_the_trust_directory_holds_one_public_key_a_process(room: Room, tmp_path: Path) -> None:
    for name, public in room.trust.items():
        (tmp_path / f"{name}.pub.pem").write_bytes(public)
    (tmp_path / "notes.txt").write_text("not a key")
    trust = load_trust(tmp_path)
    assert sorted(trust) == ["files", "gateway"]
    Verifier(trust, "dossiers", clock=room.time).verify(room.gateway.mint("dossiers", PERSON))
