"""How an account comes to be: signed up for or invited, activated once, forgotten when it never is."""

from __future__ import annotations

from collections.abc import Iterable

from kernel.errors import conflict
from services.identity.aggregate.account import Account, bad_token
from services.identity.aggregate.agents import grant_role
from services.identity.commands import (
    Activate,
    CreateDemoAgent,
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
    AccountFact,
    AccountForgotten,
    ActivationRequested,
    PasswordChanged,
    RoleGranted,
    SignUpAttempted,
)


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
    if state.status not in ("", "pending"):
        raise conflict("already-activated", "Ce compte n'attend plus d'activation. Donnez-lui le rôle à nouveau.")
    if not state.status:
        yield _created(state, command, terms_version="")
    grant = GrantRole(role=command.role, services=command.services, capacity=command.capacity)
    yield from grant_role(state, grant, account=command.account)
    yield ActivationRequested(account=command.account, expires_at=command.expires_at, invited=True, token=command.token)


def create_demo_agent(state: Account, command: CreateDemoAgent) -> Iterable[AccountFact]:
    """Everything at once."""
    yield _created(state, command, command.terms_version)
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


def forget(state: Account, _: ForgetAccount) -> Iterable[AccountFact]:
    """An activated account is never forgotten this way."""
    if state.status == "pending":
        yield AccountForgotten(account=state.id)


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
