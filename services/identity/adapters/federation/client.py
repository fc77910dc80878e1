"""The relying party: where to send people, who they are when they come back, where they leave."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from pydantic_core import from_json, to_json

from services.identity.adapters.federation import proofs
from services.identity.adapters.federation.line import Line, Said, Silent, line_to
from services.identity.adapters.federation.proofs import Claims, Distrusted, Signers, UnknownKey
from services.identity.adapters.federation.providers import SECOND_FACTOR, Provider
from services.identity.adapters.federation.published import Metadata, Published
from services.identity.aggregate import refusals
from services.identity.ports import Identified

log = logging.getLogger(__name__)


class OpenIdFederation:
    """`Federation`, by the authorization code flow."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = dict(providers)
        self._published = {name: Published(each.issuer) for name, each in providers.items()}

    def offers(self, provider: str) -> bool:
        """Whether there is a contract with this provider."""
        return provider in self._providers

    async def sign_in_url(self, provider: str, *, state: str, nonce: str, verifier: str, again: bool) -> str:
        """Where to send somebody."""
        each, published = self._of(provider)
        try:
            async with line_to(each.issuer) as line:
                metadata = await published.metadata(line)
        except Silent as silent:
            raise self._silent(provider, silent) from None
        asked = {
            "client_id": each.client_id,
            "redirect_uri": each.redirect_uri,
            "response_type": "code",
            "scope": each.scopes,
            "state": state,
            "nonce": nonce,
        }
        if each.pkce:
            digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
            asked |= {"code_challenge": digest, "code_challenge_method": "S256"}
        if each.levels == SECOND_FACTOR:
            wanted = {"id_token": {"acr": {"essential": True, "values": list(each.levels)}}}
            asked["claims"] = to_json(wanted).decode()
        else:
            asked["acr_values"] = each.levels[0]
        if again:
            asked["prompt"] = "login"
        return _with(metadata.authorization_endpoint, asked)

    async def identify(
        self, provider: str, code: str, *, issuer: str | None, nonce: str, verifier: str, now: datetime
    ) -> Identified:
        """Who the code stands for: it is exchanged here and now, since it lives 30 seconds."""
        each, published = self._of(provider)
        try:
            async with line_to(each.issuer) as line:
                metadata = await published.metadata(line)
                _demand_issuer(issuer, metadata)
                tokens = await self._exchange(line, each, metadata, code, verifier)
                id_token, access_token = _text(tokens, "id_token"), _text(tokens, "access_token")
                claims = await self._proven(
                    line, each, metadata, published, id_token, metadata.id_token_signing_alg_values_supported
                )
                proofs.demand_current(claims, now.timestamp())
                proofs.demand_ours(
                    claims, client=each.client_id, nonce=nonce, levels=each.levels, access_token=access_token
                )
                said = await line.get(metadata.userinfo_endpoint, bearer=access_token, accept="application/jwt")
                if said.status >= 500:
                    raise Silent(f"userinfo answers {said.status}")
                if said.status != 200 or said.media_type != "application/jwt":
                    raise Distrusted("userinfo is not signed")
                person = await self._proven(
                    line, each, metadata, published, _ascii(said.body), metadata.userinfo_algorithms
                )
                if "exp" in person:
                    proofs.demand_current({"iat": claims["iat"]} | person, now.timestamp())
                if person["sub"] != claims["sub"]:
                    raise Distrusted("userinfo of somebody else")
        except Silent as silent:
            raise self._silent(provider, silent) from None
        except Distrusted as distrusted:
            log.warning("%s: refused: %s", provider, distrusted)
            raise refusals.unproven() from None
        return _person(person, claims, id_token)

    async def sign_out_url(self, provider: str, id_token: str, state: str) -> str:
        """Where to send somebody who leaves, so that he leaves there too; empty when there is no such place."""
        if provider not in self._providers:
            return ""
        each, published = self._of(provider)
        try:
            async with line_to(each.issuer) as line:
                metadata = await published.metadata(line)
        except Silent as silent:
            log.warning("%s: %s", provider, silent)
            return ""
        if not metadata.end_session_endpoint:
            return ""
        asked = {"id_token_hint": id_token, "state": state, "post_logout_redirect_uri": each.home}
        return _with(metadata.end_session_endpoint, asked)

    def _of(self, provider: str) -> tuple[Provider, Published]:
        if provider not in self._providers:
            raise refusals.not_offered(provider)
        return self._providers[provider], self._published[provider]

    async def _exchange(
        self, line: Line, each: Provider, metadata: Metadata, code: str, verifier: str
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": each.redirect_uri,
            "client_id": each.client_id,
            "client_secret": each.client_secret,
        } | ({"code_verifier": verifier} if each.pkce else {})
        said = await line.post(metadata.token_endpoint, form)
        if 400 <= said.status < 500:
            # A code that was used or is too old, or our own secret that is wrong: `error` alone is told to the log.
            log.warning("%s: the code is refused: %s", each.name, _error(said))
            raise refusals.expired()
        tokens = _object(said)
        if str(tokens.get("token_type", "")).lower() != "bearer":
            raise Silent("another type of token")
        return tokens

    async def _proven(
        self,
        line: Line,
        each: Provider,
        metadata: Metadata,
        published: Published,
        token: str,
        algorithms: tuple[str, ...],
    ) -> Claims:
        keys = await published.keys(line)
        try:
            return proofs.read(token, Signers(keys, metadata.issuer, each.client_id), algorithms)
        except UnknownKey:
            # The provider may have other keys by now: they are read again, once, and not often.
            if not await published.renew(line):
                raise
        return proofs.read(token, Signers(await published.keys(line), metadata.issuer, each.client_id), algorithms)

    @staticmethod
    def _silent(provider: str, silent: Silent) -> Exception:
        log.warning("%s: %s", provider, silent)
        return refusals.silent(provider)


def _demand_issuer(issuer: str | None, metadata: Metadata) -> None:
    # RFC 9207: an answer of another provider is none of ours.
    if issuer is None and not metadata.authorization_response_iss_parameter_supported:
        return
    if issuer != metadata.issuer:
        raise Distrusted("an answer of another issuer")


def _object(said: Said) -> Mapping[str, Any]:
    if said.status != 200:
        raise Silent(f"status {said.status}")
    try:
        read = from_json(said.body, allow_inf_nan=False)
    except ValueError:
        raise Silent("no JSON") from None
    if not isinstance(read, dict):
        raise Silent("no object")
    return read


def _error(said: Said) -> str:
    try:
        read = from_json(said.body)
    except ValueError:
        return "no JSON"
    found = read.get("error") if isinstance(read, dict) else None
    return found if isinstance(found, str) and found.isidentifier() and len(found) < 60 else "?"


def _text(tokens: Mapping[str, Any], name: str) -> str:
    value = tokens.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= proofs.LONGEST or not value.isascii():
        raise Distrusted(f"no {name}")
    return value


def _ascii(body: bytes) -> str:
    try:
        return body.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Distrusted("no signed token") from None


def _person(person: Claims, claims: Claims, id_token: str) -> Identified:
    def said(name: str, longest: int = 400) -> str:
        value = person.get(name)
        return value if isinstance(value, str) and len(value) <= longest else ""

    return Identified(
        sub=claims["sub"],
        level=claims["acr"],
        id_token=id_token,
        given_name=said("given_name"),
        family_name=said("family_name"),
        usual_name=said("preferred_username"),
        birthdate=said("birthdate", 10),
        email=said("email", 320),
        siret=said("siret", 20),
    )


def _with(endpoint: str, asked: Mapping[str, str]) -> str:
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked, quote_via=quote)}"
