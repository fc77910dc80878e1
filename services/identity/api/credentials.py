"""From a password to its owner, without telling whether the address or the password was wrong."""

from __future__ import annotations

import asyncio

from kernel.runtime.runtime import Runtime
from services.identity.adapters.addresses import owner_of
from services.identity.aggregate.account import Account, account
from services.identity.ports import Passwords
from services.identity.settings import of_identity

NOBODY = "nobody"


class Pace:
    """The time an answer takes at least, so that its work tells nothing about an address."""

    def __init__(self, run: Runtime) -> None:
        self._until = asyncio.get_running_loop().time() + of_identity(run.settings).quiet_answer_seconds

    async def hold(self) -> None:
        """Wait for the rest of it."""
        await asyncio.sleep(max(0.0, self._until - asyncio.get_running_loop().time()))


async def right_account(run: Runtime, lookup: str, password: str) -> Account | None:
    """The active account of an address and its password. The same work is done whatever is wrong."""
    state, _ = await run.load(account, await owner_of(run, lookup) or NOBODY)
    right = await run.port(Passwords).verify(state.password_hash, password)
    return state if right and state.status == "active" else None
