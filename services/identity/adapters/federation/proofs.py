"""What a provider signed: id tokens and userinfo, checked as OpenID Connect Core §3.1.3.7 and §5.3.2 demand."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import jwt

ALGORITHMS = {"ES256": "EC", "RS256": "RSA"}
"""The only ones we read, with the kind of key each takes: never `none`, never a secret we share."""

LONGEST = 16_384
SKEW = 30  # seconds that two clocks may differ
OLDEST = 600  # seconds: an id token is fresh from the press
Claims = dict[str, Any]


class Distrusted(Exception):
    """It proves nothing. The text is for logs and names no value."""


class UnknownKey(Distrusted):
    """Not signed by a key we have of this provider: it may have changed its keys."""


@dataclass(frozen=True, slots=True)
class Signers:
    """The keys of a provider, and the algorithms it says it signs with."""

    keys: Sequence[Mapping[str, Any]]
    issuer: str
    audience: str


def read(token: str, signers: Signers, algorithms: Sequence[str]) -> Claims:
    """The claims of a token that this provider signed for us. Raises Distrusted."""
    if len(token) > LONGEST:
        raise Distrusted("too long a token")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError:
        raise Distrusted("no signed token") from None
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS or algorithm not in algorithms:
        raise Distrusted("an algorithm that is not allowed")
    found = [key for key in signers.keys if _fits(key, algorithm, header.get("kid"))]
    if len(found) != 1:
        raise UnknownKey("no such key")
    try:
        claims: Claims = jwt.decode(
            token,
            jwt.PyJWK.from_dict(dict(found[0]), algorithm).key,
            algorithms=[algorithm],
            issuer=signers.issuer,
            audience=signers.audience,
            # The times are checked on our own clock.
            options={"require": ["iss", "aud", "sub"], "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except jwt.InvalidSignatureError:
        raise UnknownKey("a signature of somebody else") from None
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Distrusted(type(error).__name__) from None
    if claims["aud"] not in (signers.audience, [signers.audience]):
        raise Distrusted("others are addressed too")
    if not isinstance(claims["sub"], str) or not 1 <= len(claims["sub"]) <= 255:
        raise Distrusted("no subject")
    return claims


def demand_current(claims: Claims, now: float) -> None:
    """Issued lately and not expired. Raises Distrusted."""
    issued, expires = claims.get("iat"), claims.get("exp")
    if not _is_time(issued) or not _is_time(expires):
        raise Distrusted("no times")
    if not now - OLDEST - SKEW <= issued <= now + SKEW:
        raise Distrusted("issued long ago, or in the future")
    if expires <= now - SKEW or expires <= issued:
        raise Distrusted("expired")


def demand_ours(claims: Claims, *, client: str, nonce: str, levels: Sequence[str], access_token: str) -> None:
    """Made for this very sign-in, at a level that is enough. Raises Distrusted."""
    if claims.get("azp", client) != client:
        raise Distrusted("another party is authorized")
    if not isinstance(claims.get("nonce"), str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise Distrusted("another nonce")
    if claims.get("acr") not in levels:
        raise Distrusted("too low a level")
    if "at_hash" in claims and claims["at_hash"] != _half(access_token):
        raise Distrusted("another access token")


def _is_time(value: Any) -> TypeGuard[float]:
    return type(value) in (int, float)


def _fits(key: Mapping[str, Any], algorithm: str, kid: object) -> bool:
    return (
        key.get("kty") == ALGORITHMS[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (algorithm != "ES256" or key.get("crv") == "P-256")
        and (kid is None or key.get("kid") == kid)
    )


def _half(access_token: str) -> str:
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
