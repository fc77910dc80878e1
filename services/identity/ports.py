"""What identity needs from outside: passwords hashed slowly, and judged."""

from __future__ import annotations

from collections.abc import Sequence
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
