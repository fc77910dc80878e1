"""The second factor of an account: codes of six digits (RFC 6238), and recovery codes for when they cannot be had."""

from __future__ import annotations

from collections.abc import Iterable

from kernel.errors import Refused, conflict, invalid, not_found
from services.identity.aggregate.account import Account
from services.identity.commands import DisableSecondFactor, EnableSecondFactor, UseRecoveryCode
from services.identity.events import AccountFact, RecoveryCodeUsed, SecondFactorDisabled, SecondFactorEnabled


def enable(state: Account, command: EnableSecondFactor) -> Iterable[AccountFact]:
    """One at a time."""
    if state.status != "active":
        raise not_found()
    if state.second_factor:
        raise already_enabled()
    yield SecondFactorEnabled(account=state.id, secret=command.secret, recovery_codes=command.recovery_codes)


def use_recovery_code(state: Account, command: UseRecoveryCode) -> Iterable[AccountFact]:
    """Each serves once."""
    if command.code not in state.recovery_codes:
        raise wrong_code()
    yield RecoveryCodeUsed(account=state.id, left=len(state.recovery_codes) - 1, code=command.code)


def disable(state: Account, _: DisableSecondFactor) -> Iterable[AccountFact]:
    """There must be one to take away."""
    if not state.second_factor:
        raise none_enabled()
    yield SecondFactorDisabled(account=state.id)


def already_enabled() -> Refused:
    """A second factor is changed by taking the present one away first, which asks for it."""
    return conflict(
        "second-factor-enabled",
        "La double authentification est déjà activée. Désactivez-la d'abord pour changer d'application.",
    )


def none_enabled() -> Refused:
    """There is none."""
    return conflict("no-second-factor", "La double authentification n'est pas activée sur ce compte.")


def wrong_code() -> Refused:
    """Wrong, too old and used codes answer alike."""
    return invalid(
        "wrong-code",
        "Ce code n'est pas le bon, ou il a déjà servi. Attendez que votre application affiche le suivant.",
    )
