"""What the owner of an account changes: his profile, password and address, the terms he accepts, or that he leaves."""

from __future__ import annotations

from collections.abc import Iterable

from kernel.errors import Fault, conflict, invalid, not_found
from services.identity.aggregate.account import Account, bad_token
from services.identity.commands import (
    AcceptTerms,
    ChangeEmail,
    ChangePassword,
    ChangeProfile,
    EraseAccount,
    RequestEmailChange,
    RequestPasswordReset,
    TellClaimed,
)
from services.identity.events import (
    AccountErased,
    AccountFact,
    AddressClaimed,
    AddressConfirmed,
    EmailChanged,
    EmailChangeRequested,
    PasswordChanged,
    PasswordResetRequested,
    ProfileChanged,
    TermsAccepted,
)


def change_profile(state: Account, command: ChangeProfile) -> Iterable[AccountFact]:
    """Only what differs is a change. FranceConnect's names are those of the civil status: they stay as they are."""
    _demand_active(state)
    wanted = {name: value for name, value in command.model_dump().items() if value is not None}
    known = {name: getattr(state, name) for name in ChangeProfile.model_fields}
    if state.known_by("franceconnect"):
        fixed = [name for name in ("first_name", "last_name") if wanted.get(name, known[name]) != known[name]]
        if fixed:
            detail = "Ce nom vient de FranceConnect et ne se modifie pas ici. Laissez-le tel qu'il est."
            raise invalid("verified-identity", detail, [Fault(f"/{name}", detail) for name in fixed])
    if known | wanted != known:
        yield ProfileChanged(account=state.id, **(known | wanted))


def accept_terms(state: Account, command: AcceptTerms) -> Iterable[AccountFact]:
    """Accepting twice changes nothing."""
    _demand_active(state)
    if state.terms_version != command.version:
        yield TermsAccepted(account=state.id, version=command.version)


def request_password_reset(state: Account, command: RequestPasswordReset) -> Iterable[AccountFact]:
    """Only an account that can be used gets a link."""
    if state.status == "active":
        yield PasswordResetRequested(account=state.id, expires_at=command.expires_at, token=command.token)


def change_password(state: Account, command: ChangePassword) -> Iterable[AccountFact]:
    """The owner is told, whoever did it. Of several links, and of a link followed twice, the first one counts."""
    if state.status != "active" or (command.how == "reset" and command.token not in state.resets):
        raise bad_token()
    yield PasswordChanged(account=state.id, how=command.how, password_hash=command.password_hash)


def request_email_change(state: Account, command: RequestEmailChange) -> Iterable[AccountFact]:
    """One request at a time: another one takes its place. The same fact whether the address is somebody's or not."""
    _demand_active(state)
    yield EmailChangeRequested(
        account=state.id,
        expires_at=command.expires_at,
        present="" if command.email == state.email else state.email,
        email=command.email,
        lookup=command.lookup,
        token=command.token,
    )


def tell_claimed(state: Account, _: TellClaimed) -> Iterable[AccountFact]:
    """The person at the keyboard learns nothing; the owner of the address does."""
    if state.status == "active":
        yield AddressClaimed(account=state.id)


def change_email(state: Account, _: ChangeEmail) -> Iterable[AccountFact]:
    """Only the address that was asked for last, once. It may be the one he came with, which is proven now."""
    if state.status != "active" or not state.wanted:
        raise bad_token()
    if state.wanted == state.email:
        yield AddressConfirmed(account=state.id)
        return
    yield EmailChanged(account=state.id, email=state.wanted, previous=state.email, lookup=state.wanted_lookup)


def erase(state: Account, _: EraseAccount) -> Iterable[AccountFact]:
    """A person leaves when he wants to (RGPD art. 17). What an agent did in office is kept: he is disabled instead."""
    _demand_active(state)
    if state.roles:
        raise conflict(
            "agent-account",
            "Ce compte est celui d'un agent : il ne s'efface pas. Demandez à un administrateur de le désactiver.",
        )
    yield AccountErased(account=state.id, email=state.email)


def _demand_active(state: Account) -> None:
    if state.status != "active":
        raise not_found()
