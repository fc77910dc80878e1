"""What identity needs from outside: passwords hashed slowly, and judged; people whom others identify."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Passwords(Protocol):
    """Hashes and checks passwords. Both take a good tenth of a second on purpose.

    Both raise `Refused(unavailable)` when too many others wait already: a flood of sign-ins must not starve the rest.
    """

    async def hash(self, password: str) -> str:
        """What is kept of a password."""

    async def verify(self, password_hash: str, password: str) -> bool:
        """Whether it is the one. The same work is done for an empty or unreadable hash, which never matches."""


class Strength(Protocol):
    """Judges the passwords that people choose."""

    async def weakness(self, password: str, about: Sequence[str]) -> str | None:
        """Why it is too easy to guess, as a French sentence that says what to do; None when it is good enough.

        `about`: what an attacker knows of the person. Raises `Refused(unavailable)` as `Passwords` does.
        """


@dataclass(frozen=True, slots=True)
class Identified:
    """Somebody as a provider knows him; what it did not tell is empty. `level`: how sure it is (its `acr`)."""

    sub: str
    level: str
    id_token: str
    given_name: str = ""
    family_name: str = ""
    usual_name: str = ""
    birthdate: str = ""
    email: str = ""
    siret: str = ""


class Federation(Protocol):
    """FranceConnect and ProConnect.

    Its calls raise `Refused`: `not-found` without a contract, `provider-unavailable` when it does not answer as it
    should, `sign-in-expired` or `sign-in-refused` when what it answers proves nothing.
    """

    def offers(self, provider: str) -> bool:
        """Whether there is a contract with this provider."""

    async def sign_in_url(self, provider: str, *, state: str, nonce: str, verifier: str, again: bool) -> str:
        """Where to send somebody; `again`: to identify himself once more, even if he just did."""

    async def identify(
        self, provider: str, code: str, *, issuer: str | None, nonce: str, verifier: str, now: datetime
    ) -> Identified:
        """Who the code stands for."""

    async def sign_out_url(self, provider: str, id_token: str, state: str) -> str:
        """Where to send somebody who leaves; empty when there is no such place. Never raises."""
