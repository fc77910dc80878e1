"""What a provider publishes of itself: its endpoints (OpenID Connect Discovery 1.0) and its keys, both kept a while."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from services.identity.adapters.federation.line import Line, Said, Silent, origin_of

KEPT = 3600.0  # seconds
RETRY = 2.0  # seconds that a failure is remembered
RENEWALS = 3
"""How often a minute the keys are asked for again: nobody makes us a hammer by tokens of unknown keys."""


class Metadata(BaseModel):
    """The part of a discovery document that we use."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str = Field(max_length=500)
    authorization_endpoint: str = Field(max_length=500)
    token_endpoint: str = Field(max_length=500)
    userinfo_endpoint: str = Field(max_length=500)
    jwks_uri: str = Field(max_length=500)
    end_session_endpoint: str = Field("", max_length=500)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    userinfo_signing_alg_values_supported: tuple[str, ...] | None = None
    authorization_response_iss_parameter_supported: bool = False

    @property
    def userinfo_algorithms(self) -> tuple[str, ...]:
        """What userinfo is signed with; a provider that does not say signs as it signs id tokens."""
        return self.userinfo_signing_alg_values_supported or self.id_token_signing_alg_values_supported


class _Jwks(BaseModel):
    model_config = ConfigDict(extra="ignore")

    keys: list[dict[str, Any]] = Field(max_length=50)


class Published:
    """Both, for one provider. What cannot be had again serves on."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer.rstrip("/")
        self._metadata: Metadata | None = None
        self._keys: list[dict[str, Any]] | None = None
        self._read_at = self._failed_at = float("-inf")
        self._renewed: deque[float] = deque(maxlen=RENEWALS)
        self._lock = asyncio.Lock()

    async def metadata(self, line: Line) -> Metadata:
        """Raises Silent."""
        async with self._lock:
            now = time.monotonic()
            if self._metadata is not None and now - self._read_at < KEPT:
                return self._metadata
            if now - self._failed_at < RETRY:
                return self._stale("it failed a moment ago")
            try:
                said = await line.get(f"{self._issuer}/.well-known/openid-configuration")
                self._metadata, self._read_at = self._checked(said), now
            except Silent as silent:
                self._failed_at = now
                return self._stale(str(silent))
            return self._metadata

    async def keys(self, line: Line) -> Sequence[Mapping[str, Any]]:
        """The keys as last read. Raises Silent."""
        if self._keys is None:
            await self.renew(line)
        return self._keys or []

    async def renew(self, line: Line) -> bool:
        """Read the keys again; whether that was done, since it is not done often. Raises Silent."""
        metadata = await self.metadata(line)
        async with self._lock:
            now = time.monotonic()
            if len(self._renewed) == RENEWALS and now - self._renewed[0] < 60:
                return False
            self._renewed.append(now)
            said = await line.get(metadata.jwks_uri)
            try:
                self._keys = _Jwks.model_validate(_json(said)).keys
            except ValidationError:
                raise Silent("unreadable keys") from None
            return True

    def _stale(self, why: str) -> Metadata:
        if self._metadata is None:
            raise Silent(why)
        return self._metadata

    def _checked(self, said: Said) -> Metadata:
        try:
            read = TypeAdapter(Metadata).validate_python(_json(said))
        except ValidationError:
            raise Silent("unreadable metadata") from None
        if read.issuer.rstrip("/") != self._issuer:
            raise Silent("metadata of another issuer")
        endpoints = (read.authorization_endpoint, read.token_endpoint, read.userinfo_endpoint, read.jwks_uri)
        left = (read.end_session_endpoint,) if read.end_session_endpoint else ()
        if any(origin_of(endpoint) != origin_of(self._issuer) for endpoint in (*endpoints, *left)):
            raise Silent("an endpoint of another origin")
        return read


def _json(said: Said) -> Any:
    if said.status != 200:
        raise Silent(f"status {said.status}")
    try:
        return from_json(said.body, allow_inf_nan=False)
    except ValueError:
        raise Silent("no JSON") from None
