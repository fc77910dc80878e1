"""The facts of identity. Credentials are sealed as secrets: not even an auditor reads them."""

from __future__ import annotations

from kernel.events import Event, Sealed, Secret


class IdentityFact(Event, service="identity"):
    """A fact of identity."""


class AccountCreated(IdentityFact, public=True, route="account", subject="account:{account}"):
    """Somebody signed up, or an agent was invited. `lookup` finds the account by its address (keyed hash)."""

    account: str
    terms_version: str
    email: Sealed[str]
    first_name: Sealed[str]
    last_name: Sealed[str]
    lookup: Sealed[str]


class PasswordChanged(IdentityFact, route="account", subject="account:{account}"):
    """A password was chosen; only its Argon2id hash is kept."""

    account: str
    password_hash: Secret[str]


class ActivationRequested(IdentityFact, public=True, route="account", subject="account:{account}"):
    """A link to activate the account is to be mailed. The token is single use.

    `invited`: an agent who has no password yet; he chooses one when he activates.
    """

    account: str
    expires_at: str
    invited: bool = False
    token: Secret[str]


class AccountActivated(IdentityFact, public=True, route="account"):
    """The address was proven and reserved: the account can be used."""

    account: str


class SignUpAttempted(IdentityFact, public=True, route="account"):
    """Somebody tried to sign up with the address of this account: its owner is warned."""

    account: str


class ProfileChanged(IdentityFact, public=True, route="account", subject="account:{account}"):
    """The owner changed what is known of him; every field as it now is, empty when he gave none."""

    account: str
    first_name: Sealed[str]
    last_name: Sealed[str]
    phone: Sealed[str]
    postal_address: Sealed[str]


class RoleGranted(IdentityFact, public=True, route="account"):
    """An account was given a role, for an instructeur with the services he belongs to."""

    account: str
    role: str
    services: tuple[str, ...]


class AccountDisabled(IdentityFact, public=True, route="account"):
    """The account cannot be used any more."""

    account: str


class AccountForgotten(IdentityFact, public=True, route="account"):
    """The account was never activated: everything personal about it is erased, here and in every copy."""

    account: str


class EmailReserved(IdentityFact, route="account"):
    """An address belongs to an account, and to no other."""

    account: str


class EmailReleased(IdentityFact, route="account"):
    """An address belongs to nobody again."""

    account: str


AccountFact = (
    AccountCreated
    | PasswordChanged
    | ActivationRequested
    | AccountActivated
    | SignUpAttempted
    | ProfileChanged
    | RoleGranted
    | AccountDisabled
    | AccountForgotten
)
ReservationFact = EmailReserved | EmailReleased
