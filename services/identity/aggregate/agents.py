"""What an account may do at the counter, and when it may do nothing any more."""

from __future__ import annotations

from collections.abc import Iterable

from kernel.errors import conflict, not_found
from services.identity.aggregate.account import Account
from services.identity.commands import DisableAccount, GrantRole
from services.identity.events import AccountDisabled, AccountFact, CapacityStated, RoleGranted


def grant_role(state: Account, command: GrantRole, *, account: str = "") -> Iterable[AccountFact]:
    """An instructeur belongs to services; the other roles do not."""
    if state.status == "disabled":
        raise conflict("account-disabled", "Ce compte a été désactivé : il ne peut plus recevoir de rôle.")
    if state.status in ("forgotten", "erased"):
        raise not_found()
    if state.roles.get(command.role) != command.services:
        yield RoleGranted(account=account or state.id, role=command.role, services=command.services)
    if command.capacity is not None and command.capacity != state.capacity:
        yield CapacityStated(account=account or state.id, capacity=command.capacity)


def disable(state: Account, _: DisableAccount) -> Iterable[AccountFact]:
    """Disabling twice changes nothing."""
    if state.status in ("", "forgotten", "erased"):
        raise not_found()
    if state.status != "disabled":
        yield AccountDisabled(account=state.id)
