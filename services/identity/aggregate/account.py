"""An account: pending until its address is proven, then active, until it is disabled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from kernel.aggregate import Aggregate, State
from kernel.errors import Refused, conflict, invalid, not_found
from kernel.events import Sealed, Secret
from services.identity.commands import (
    Activate,
    ChangeProfile,
    CreateDemoAgent,
    DisableAccount,
    ForgetAccount,
    GrantRole,
    InviteAgent,
    RequestActivation,
    SignUp,
    WarnOwner,
)
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountDisabled,
    AccountFact,
    AccountForgotten,
    ActivationRequested,
    PasswordChanged,
    ProfileChanged,
    RoleGranted,
    SignUpAttempted,
)

ROLES = ("instructeur", "administrateur", "auditeur")


class Account(State):
    """What decisions and a sign-in need to know. `status`: pending, active, disabled, forgotten, or empty."""

    id: str = ""
    status: str = ""
    email: Sealed[str] = ""
    first_name: Sealed[str] = ""
    last_name: Sealed[str] = ""
    phone: Sealed[str] = ""
    postal_address: Sealed[str] = ""
    password_hash: Secret[str] = ""
    roles: Mapping[str, tuple[str, ...]] = {}

    @property
    def invited(self) -> bool:
        """An agent who has not chosen a password."""
        return not self.password_hash


def evolve(state: Account, fact: AccountFact) -> Account:
    """Fold one fact."""
    match fact:
        case AccountCreated():
            person = fact.model_dump(include={"email", "first_name", "last_name"})
            return Account(id=fact.account, status="pending", **person)
        case PasswordChanged():
            return state.model_copy(update={"password_hash": fact.password_hash})
        case ActivationRequested() | SignUpAttempted():
            return state
        case AccountActivated():
            return state.model_copy(update={"status": "active"})
        case ProfileChanged():
            return state.model_copy(update=fact.model_dump(exclude={"account"}))
        case RoleGranted():
            return state.model_copy(update={"roles": {**state.roles, fact.role: fact.services}})
        case AccountDisabled():
            return state.model_copy(update={"status": "disabled"})
        case AccountForgotten():
            return Account(id=fact.account, status="forgotten")
        case _:
            assert_never(fact)


def sign_up(state: Account, command: SignUp) -> Iterable[AccountFact]:
    """Several unactivated accounts of one address may exist: none of them keeps its owner out."""
    yield _created(state, command, command.terms_version)
    yield PasswordChanged(account=command.account, password_hash=command.password_hash)
    yield ActivationRequested(account=command.account, expires_at=command.expires_at, token=command.token)


def warn_owner(state: Account, _: WarnOwner) -> Iterable[AccountFact]:
    """The person at the keyboard learns nothing; the owner does."""
    yield SignUpAttempted(account=state.id)


def invite(state: Account, command: InviteAgent) -> Iterable[AccountFact]:
    """A new account, or a fresh link and perhaps another role for one that still waits."""
    if state.status in ("active", "disabled", "forgotten"):
        raise conflict("already-activated", "Ce compte n'attend plus d'activation. Donnez-lui le rôle à nouveau.")
    if not state.status:
        yield _created(state, command, terms_version="")
    yield from grant_role(state, GrantRole(role=command.role, services=command.services), account=command.account)
    yield ActivationRequested(account=command.account, expires_at=command.expires_at, invited=True, token=command.token)


def create_demo_agent(state: Account, command: CreateDemoAgent) -> Iterable[AccountFact]:
    """Everything at once."""
    yield _created(state, command, terms_version="")
    yield PasswordChanged(account=command.account, password_hash=command.password_hash)
    yield RoleGranted(account=command.account, role=command.role, services=command.services)
    yield AccountActivated(account=command.account)


def request_activation(state: Account, command: RequestActivation) -> Iterable[AccountFact]:
    """Only an account that waits gets another link."""
    if state.status == "pending":
        yield ActivationRequested(
            account=state.id, expires_at=command.expires_at, invited=state.invited, token=command.token
        )


def activate(state: Account, command: Activate) -> Iterable[AccountFact]:
    """Once. An invited agent brings his password along."""
    if state.status != "pending" or (state.invited and not command.password_hash):
        raise bad_token()
    if state.invited:
        yield PasswordChanged(account=state.id, password_hash=command.password_hash)
    yield AccountActivated(account=state.id)


def change_profile(state: Account, command: ChangeProfile) -> Iterable[AccountFact]:
    """Only what differs is a change."""
    if state.status != "active":
        raise not_found()
    wanted = {name: value for name, value in command.model_dump().items() if value is not None}
    known = {name: getattr(state, name) for name in ChangeProfile.model_fields}
    if known | wanted != known:
        yield ProfileChanged(account=state.id, **(known | wanted))


def grant_role(state: Account, command: GrantRole, *, account: str = "") -> Iterable[AccountFact]:
    """An instructeur belongs to services; the other roles do not."""
    if state.status == "disabled":
        raise conflict("account-disabled", "Ce compte a été désactivé : il ne peut plus recevoir de rôle.")
    if state.roles.get(command.role) != command.services:
        yield RoleGranted(account=account or state.id, role=command.role, services=command.services)


def disable(state: Account, _: DisableAccount) -> Iterable[AccountFact]:
    """Disabling twice changes nothing."""
    if state.status in ("", "forgotten"):
        raise not_found()
    if state.status != "disabled":
        yield AccountDisabled(account=state.id)


def forget(state: Account, _: ForgetAccount) -> Iterable[AccountFact]:
    """An activated account is never forgotten this way."""
    if state.status == "pending":
        yield AccountForgotten(account=state.id)


def bad_token() -> Refused:
    """Unknown, expired and used tokens answer alike."""
    return invalid("bad-token", "Ce lien n'est plus valable. Demandez-en un nouveau depuis la page de connexion.")


def _created(state: Account, command: SignUp | InviteAgent | CreateDemoAgent, terms_version: str) -> AccountCreated:
    if state.status:
        raise conflict("already-exists", "Ce compte existe déjà.")
    return AccountCreated(
        account=command.account,
        terms_version=terms_version,
        email=command.email,
        first_name=command.first_name,
        last_name=command.last_name,
        lookup=command.lookup,
    )


account = Aggregate("identity", "account", Account(), evolve)
