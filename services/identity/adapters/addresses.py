"""E-mail addresses under keyed hashes: whose they are, and who somebody is that gives one."""

from __future__ import annotations

from kernel.runtime.runtime import Runtime
from services.identity.aggregate.person import same_address
from services.identity.aggregate.reservation import reservation


def lookup_of(run: Runtime, email: str) -> str:
    """The keyed hash that finds whatever belongs to an address, however it is typed."""
    return run.keyed_hash("address", same_address(email))


def anonymous(run: Runtime, email: str) -> str:
    """The actor that a caller without a session is, by the address he gives."""
    return f"anonymous:{run.keyed_hash('anonymous', same_address(email))[:16]}"


async def owner_of(run: Runtime, lookup: str) -> str:
    """The account an address is reserved for; empty when there is none."""
    state, _ = await run.load(reservation, lookup)
    return state.account
