"""A provider that lies. It follows the protocol until a test says what is wrong with one of its answers.

Time is told by the test too: `skew` seconds are added to what its tokens say.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
PERSON = {"given_name": "Angela", "family_name": "DUBOIS", "birthdate": "1962-08-24", "email": "hostile@example.org"}


@dataclass(frozen=True)
class Answer:
    """What is sent instead."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0


@dataclass
class Lie:
    """What is wrong. `id_token` and `userinfo` change claims (None takes one away); `answers` replace whole answers."""

    id_token: Mapping[str, Any] = field(default_factory=dict)
    userinfo: Mapping[str, Any] = field(default_factory=dict)
    sign: Callable[[Provider, dict[str, Any]], str] | None = None
    sign_userinfo: Callable[[Provider, dict[str, Any]], str] | None = None
    back: Mapping[str, str | None] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Provider:
    """One, at `issuer`. `asked` counts the requests by path."""

    def __init__(self, issuer: str) -> None:
        self.issuer, self.lie = issuer, Lie()
        self.asked: dict[str, int] = {}
        self.codes: dict[str, str] = {}
        self.rotate()

    def rotate(self) -> None:
        """Other keys from now on."""
        self.key, self.kid = ec.generate_private_key(ec.SECP256R1()), f"key-{time.monotonic_ns()}"
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def public_pem(self) -> bytes:
        """The public key, as text."""
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        """A token of ours."""
        return jwt.encode(claims, self.key, "ES256", headers={"kid": self.kid} | header)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        path = scope["path"]
        self.asked[path] = self.asked.get(path, 0) + 1
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        answer = self.lie.answers.get(path) or self._honest(path, scope["query_string"].decode(), body.decode())
        await asyncio.sleep(answer.pause)
        headers = {"content-type": answer.media_type} | dict(answer.headers)
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": answer.body})

    def _honest(self, path: str, query: str, body: str) -> Answer:
        match path:
            case "/.well-known/openid-configuration":
                return Answer(body=json.dumps(self._metadata() | dict(self.lie.metadata)).encode())
            case "/jwks":
                return Answer(body=json.dumps({"keys": self._keys()}).encode())
            case "/authorize":
                return self._authorize({name: value for name, (value, *_) in parse_qs(query).items()})
            case "/token":
                return self._token({name: value for name, (value, *_) in parse_qs(body).items()})
            case "/userinfo":
                claims = self._changed(
                    {"sub": "hostile", "iss": self.issuer, "aud": "guichet"} | PERSON, self.lie.userinfo
                )
                token = self.lie.sign_userinfo(self, claims) if self.lie.sign_userinfo else self.signed(claims)
                return Answer(body=token.encode(), media_type="application/jwt")
            case _:
                return Answer(404)

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end",
            "id_token_signing_alg_values_supported": ["ES256", "RS256", "HS256", "none"],
        }

    def _keys(self) -> list[dict[str, Any]]:
        pairs = (("ES256", self.key.public_key(), self.kid), ("RS256", self.rsa.public_key(), f"{self.kid}-rsa"))
        found = []
        for algorithm, key, kid in pairs:
            jwk = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key))
            found.append({**jwk, "kid": kid, "alg": algorithm, "use": "sig"})
        return found

    def _authorize(self, asked: dict[str, str]) -> Answer:
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked["nonce"]
        back = self._changed({"code": code, "state": asked["state"]}, self.lie.back)
        return Answer(302, headers={"location": f"{asked['redirect_uri']}?{urlencode(back)}"})

    def _token(self, form: dict[str, str]) -> Answer:
        nonce = self.codes.pop(form["code"], None)
        if nonce is None:
            return Answer(400, b'{"error": "invalid_grant"}')
        now = int(time.time())
        honest = {"iss": self.issuer, "aud": "guichet", "sub": "hostile", "nonce": nonce, "acr": "eidas1"}
        claims = self._changed(honest | {"iat": now, "exp": now + 60}, self.lie.id_token)
        token = self.lie.sign(self, claims) if self.lie.sign else self.signed(claims)
        told = {"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": token}
        return Answer(body=json.dumps(told).encode())

    @staticmethod
    def _changed(honest: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
        whole = honest | {
            name: value(honest.get(name)) if callable(value) else value for name, value in changes.items()
        }
        return {name: value for name, value in whole.items() if value is not None}


def unsigned(provider: Provider, claims: dict[str, Any]) -> str:
    """`alg: none` (RFC 7519 §6)."""
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims)}."


def by_the_public_key(provider: Provider, claims: dict[str, Any]) -> str:
    """HS256 with the public key for a secret, which a careless reader verifies; PyJWT would not sign it."""
    head = _part({"alg": "HS256", "typ": "JWT", "kid": provider.kid})
    signed = f"{head}.{_part(claims)}"
    mac = hmac.new(provider.public_pem, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def by_another_key(provider: Provider, claims: dict[str, Any]) -> str:
    """The right kid, another key."""
    return jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), "ES256", headers={"kid": provider.kid})


def of_unknown_kid(provider: Provider, claims: dict[str, Any]) -> str:
    """A key it does not publish."""
    return provider.signed(claims, kid="never-published")


def by_a_key_in_the_header(provider: Provider, claims: dict[str, Any]) -> str:
    """The key comes along in the header (RFC 7515 §4.1.3)."""
    own = ec.generate_private_key(ec.SECP256R1())
    jwk = json.loads(jwt.get_algorithm_by_name("ES256").to_jwk(own.public_key()))
    return jwt.encode(claims, own, "ES256", headers={"kid": "mine", "jwk": jwk})


def by_rsa(provider: Provider, claims: dict[str, Any]) -> str:
    """RS256, which is allowed."""
    return jwt.encode(claims, provider.rsa, "RS256", headers={"kid": f"{provider.kid}-rsa"})


def cut_off(provider: Provider, claims: dict[str, Any]) -> str:
    """Without its signature."""
    return provider.signed(claims).rpartition(".")[0] + "."


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
