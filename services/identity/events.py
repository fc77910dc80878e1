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


class PasswordChanged(IdentityFact, public=True, route="account", subject="account:{account}"):
    """A password was chosen; only its Argon2id hash is kept, and nobody else is ever entitled to it.

    `how`: `chosen` when the account was opened or activated, `changed` by its owner, `reset` with a link.
    """

    account: str
    how: str = "chosen"
    password_hash: Secret[str]


class PasswordResetRequested(IdentityFact, public=True, route="account", subject="account:{account}"):
    """A link to choose another password is to be mailed. The token is single use."""

    account: str
    expires_at: str
    token: Secret[str]


class ActivationRequested(IdentityFact, public=True, route="account", subject="account:{account}"):
    """A link to activate the account is to be mailed. The token is single use.

    `invited`: an agent who has no password yet; he chooses one when he activates.
    """

    account: str
    expires_at: str
    invited: bool = False
    token: Secret[str]


class AccountActivated(IdentityFact, public=True, route="account"):
    """The account can be used. `by`: the mail that proved and reserved its address, or who identified its owner."""

    account: str
    by: str = "mail"


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


class EmailChangeRequested(IdentityFact, public=True, route="account", subject="account:{account}"):
    """The owner wants another address: it is to prove itself, and the present one is warned.

    `token` is what proves it, mailed there; empty when the address is somebody else's, who is told instead.
    """

    account: str
    expires_at: str
    present: Sealed[str]
    email: Sealed[str]
    lookup: Sealed[str]
    token: Secret[str]


class AddressClaimed(IdentityFact, public=True, route="account"):
    """Somebody wanted the address of this account for his own: its owner is told."""

    account: str


class EmailChanged(IdentityFact, public=True, route="account", subject="account:{account}"):
    """The new address was proven. `previous` is told, and belongs to nobody any more."""

    account: str
    email: Sealed[str]
    previous: Sealed[str]
    lookup: Sealed[str]


class TermsAccepted(IdentityFact, route="account"):
    """The owner accepted a version of the conditions générales d'utilisation that came after he signed up."""

    account: str
    version: str


class SecondFactorEnabled(IdentityFact, public=True, route="account", subject="account:{account}"):
    """Signing in takes a code too (RFC 6238). Of the recovery codes only keyed hashes are kept."""

    account: str
    secret: Secret[str]
    recovery_codes: Secret[tuple[str, ...]]


class RecoveryCodeUsed(IdentityFact, public=True, route="account", subject="account:{account}"):
    """Somebody signed in with a recovery code, which is spent; `left` remain."""

    account: str
    left: int
    code: Secret[str]


class SecondFactorDisabled(IdentityFact, public=True, route="account"):
    """The password alone is enough again; for an agent, until his next sign-in has him choose another factor."""

    account: str


class IdentityLinked(IdentityFact, public=True, route="account", subject="account:{account}"):
    """The owner was identified by FranceConnect or ProConnect, whose `sub` opens the account from now on.

    `how`: `opened` when the account came to be that way, `linked` later. `lookup` finds the account by its `sub` (keyed
    hash). The civil identity is FranceConnect's, empty for an agent.
    """

    account: str
    provider: str
    how: str = "linked"
    sub: Secret[str]
    lookup: Sealed[str]
    given_name: Sealed[str]
    family_name: Sealed[str]
    usual_name: Sealed[str]
    birthdate: Sealed[str]


class IdentityUsed(IdentityFact, route="account"):
    """The owner signed in through a provider. `level`: how sure it is of him (its `acr`)."""

    account: str
    provider: str
    level: str


class IdentityUnlinked(IdentityFact, public=True, route="account"):
    """A provider opens the account no more, whatever `sub` it gave."""

    account: str
    provider: str


class AddressConfirmed(IdentityFact, route="account"):
    """The owner proved the address he came with, which is reserved for him from now on."""

    account: str


class RoleGranted(IdentityFact, public=True, route="account"):
    """An account was given a role, for an instructeur with the services he belongs to."""

    account: str
    role: str
    services: tuple[str, ...]


class CapacityStated(IdentityFact, route="account", subject="account:{account}"):
    """In which capacity an agent decides, as his decisions say (L212-2 CRPA); empty when it is not stated."""

    account: str
    capacity: Sealed[str]


class AccountDisabled(IdentityFact, public=True, route="account"):
    """The account cannot be used any more."""

    account: str


class AccountForgotten(IdentityFact, public=True, route="account"):
    """The account was never activated: everything personal about it is erased, here and in every copy."""

    account: str


class AccountErased(IdentityFact, public=True, route="account", subject="farewell:{account}"):
    """The owner had his account erased: everything personal about it is, here and in every copy, at once.

    The address alone outlives it, under a key of its own and for a day at most, for the mail that confirms it.
    """

    account: str
    email: Secret[str]


class EmailReserved(IdentityFact, route="account"):
    """An address belongs to an account, and to no other."""

    account: str


class EmailReleased(IdentityFact, route="account"):
    """An address belongs to nobody again."""

    account: str


class SubjectReserved(IdentityFact, route="account"):
    """A person as a provider knows him belongs to an account, and to no other."""

    account: str


class SubjectReleased(IdentityFact, route="account"):
    """A person as a provider knows him belongs to no account again."""

    account: str


AccountFact = (
    AccountCreated
    | PasswordChanged
    | PasswordResetRequested
    | ActivationRequested
    | AccountActivated
    | SignUpAttempted
    | ProfileChanged
    | EmailChangeRequested
    | AddressClaimed
    | EmailChanged
    | TermsAccepted
    | SecondFactorEnabled
    | RecoveryCodeUsed
    | SecondFactorDisabled
    | IdentityLinked
    | IdentityUsed
    | IdentityUnlinked
    | AddressConfirmed
    | RoleGranted
    | CapacityStated
    | AccountDisabled
    | AccountForgotten
    | AccountErased
)
ReservationFact = EmailReserved | EmailReleased
SubjectFact = SubjectReserved | SubjectReleased
