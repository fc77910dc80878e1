"""Internal tokens: who is calling, said by one of our own processes to another.

A token is a JWT (RFC 7519) signed with Ed25519 (RFC 8037). It lives 60 seconds at most and names its
issuer and the one service it is meant for. Only the gateway may speak for people: a service or the
console speaks for itself alone, so a stolen service key impersonates nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from kernel.clock import Clock, system_clock

Kind = Literal["anonymous", "account", "tracking", "service"]

MAX_LIFE: Final = 60  # seconds
LEEWAY: Final = 2  # seconds
ALGORITHM: Final = "EdDSA"
SPEAKS_FOR_PEOPLE: Final = frozenset({"gateway"})
KINDS: Final = frozenset(get_args(Kind))


class BadToken(Exception):
    """The token proves nothing; `str(error)` says why, for logs only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who acts. `actor` is `account:<id>`, `tracking:<demande id>`, `anonymous:<hash>` or `service:<name>`.

    `services` are the slugs an instructeur belongs to, `capacity` in which an agent decides,
    `demande` what a tracking session opens, `purpose` what a service's own call is for (feed, read, audit …).
    """

    actor: str
    kind: Kind
    account: str | None = None
    roles: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    demande: str | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    capacity: str | None = None
    ip: str | None = None
    session: str | None = None
    issuer: str
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified token. Times are seconds since the epoch."""

    principal: Principal
    audience: str
    issued_at: int
    expires_at: int


class Signer:
    """Mints this process's tokens with its own key."""

    def __init__(self, name: str, private_key_pem: bytes | str, *, clock: Clock = system_clock) -> None:
        pem = private_key_pem.encode() if isinstance(private_key_pem, str) else private_key_pem
        key = load_pem_private_key(pem, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("internal tokens need an Ed25519 private key")
        self.name = name
        self._key = key
        self._clock = clock

    def mint(self, audience: str, claims: Mapping[str, object], ttl: int = MAX_LIFE) -> str:
        """Sign `claims` (`sub`, `kind` and what goes with them) for `audience`, for `ttl` seconds."""
        if not 0 < ttl <= MAX_LIFE:
            raise ValueError(f"an internal token lives 1 to {MAX_LIFE} seconds")
        now = int(self._clock().timestamp())
        given = {name: value for name, value in claims.items() if value is not None}
        payload = {**given, "iss": self.name, "aud": audience, "iat": now, "exp": now + ttl}
        return jwt.encode(payload, self._key, algorithm=ALGORITHM)

    def mint_service(self, audience: str, purpose: str, ttl: int = MAX_LIFE) -> str:
        """A token by which this process speaks for itself."""
        claims = {"sub": f"service:{self.name}", "kind": "service", "purpose": purpose}
        return self.mint(audience, claims, ttl)


class Verifier:
    """Accepts tokens meant for `audience`, signed by a process whose public key is in `trust`.

    Answers are remembered until they expire: a caller repeats its token, and checking costs 100 µs.
    """

    def __init__(
        self,
        trust: Mapping[str, Ed25519PublicKey | bytes | str],
        audience: str,
        *,
        clock: Clock = system_clock,
        remembered: int = 4096,
    ) -> None:
        self._trust = {name: _public_key(key) for name, key in trust.items()}
        self._audience = audience
        self._clock = clock
        self._remembered = remembered
        self._known: dict[str, Claims] = {}

    def verify(self, token: str) -> Claims:
        """Raises BadToken for anything but a current, well-formed token for this audience."""
        now = self._clock().timestamp()
        known = self._known.get(token)
        if known is None:
            known = self._check(token)
            self._remember(token, known, now)
        if now >= known.expires_at + LEEWAY:
            self._known.pop(token, None)
            raise BadToken("expired")
        if known.issued_at > now + LEEWAY:
            raise BadToken("issued in the future")
        return known

    def _check(self, token: str) -> Claims:
        issuer = _claimed_issuer(token)
        key = self._trust.get(issuer)
        if key is None:
            raise BadToken("unknown issuer")
        try:
            payload = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=issuer,
                # The times are checked by verify, on the injected clock, and again on every reuse.
                options={
                    "require": ["iss", "aud", "sub", "iat", "exp", "kind"],
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except jwt.PyJWTError as error:
            raise BadToken(type(error).__name__) from error
        issued_at, expires_at = payload["iat"], payload["exp"]
        if type(issued_at) is not int or type(expires_at) is not int:
            raise BadToken("times must be whole seconds")
        if not issued_at < expires_at <= issued_at + MAX_LIFE:
            raise BadToken("lives too long")
        return Claims(_principal(payload, issuer), self._audience, issued_at, expires_at)

    def _remember(self, token: str, claims: Claims, now: float) -> None:
        if len(self._known) >= self._remembered:
            self._known = {t: c for t, c in self._known.items() if c.expires_at + LEEWAY > now}
        if len(self._known) >= self._remembered:
            del self._known[next(iter(self._known))]
        self._known[token] = claims


def load_trust(directory: Path) -> dict[str, Ed25519PublicKey]:
    """The public keys of our processes: one `<name>.pub.pem` each."""
    suffix = ".pub.pem"
    files = sorted(directory.glob(f"*{suffix}"))
    return {file.name.removesuffix(suffix): _public_key(file.read_bytes()) for file in files}


def _public_key(key: Ed25519PublicKey | bytes | str) -> Ed25519PublicKey:
    if isinstance(key, Ed25519PublicKey):
        return key
    loaded = load_pem_public_key(key.encode() if isinstance(key, str) else key)
    if not isinstance(loaded, Ed25519PublicKey):
        raise ValueError("internal tokens need Ed25519 public keys")
    return loaded


def _claimed_issuer(token: str) -> str:
    try:
        claimed = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.PyJWTError as error:
        raise BadToken("not a token") from error
    if not isinstance(claimed, str):
        raise BadToken("no issuer")
    return claimed


def _principal(payload: dict[str, Any], issuer: str) -> Principal:
    kind = _text(payload, "kind")
    if kind not in KINDS:
        raise BadToken("unknown kind")
    if kind == "service" and payload["sub"] != f"service:{issuer}":
        raise BadToken("a service speaks for itself alone")
    if kind != "service" and issuer not in SPEAKS_FOR_PEOPLE:
        raise BadToken("only the gateway speaks for people")
    return Principal(
        actor=payload["sub"],
        kind=cast(Kind, kind),
        account=_text(payload, "account"),
        roles=_texts(payload, "roles"),
        services=_texts(payload, "services"),
        demande=_text(payload, "demande"),
        email=_text(payload, "email"),
        first_name=_text(payload, "first_name"),
        last_name=_text(payload, "last_name"),
        capacity=_text(payload, "capacity"),
        ip=_text(payload, "ip"),
        session=_text(payload, "sid"),
        issuer=issuer,
        purpose=_text(payload, "purpose"),
    )


def _text(payload: dict[str, Any], claim: str) -> str | None:
    value = payload.get(claim)
    if value is not None and not isinstance(value, str):
        raise BadToken(f"{claim} must be text")
    return value


def _texts(payload: dict[str, Any], claim: str) -> frozenset[str]:
    value = payload.get(claim, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadToken(f"{claim} must be a list of texts")
    return frozenset(value)
