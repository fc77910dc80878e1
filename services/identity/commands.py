"""What people, agents and clocks want done with an account or an address. Passwords arrive hashed."""

from __future__ import annotations

from kernel.aggregate import Command


class SignUp(Command):
    """Open an account for somebody who chose a password; the mail that activates it goes out."""

    account: str
    email: str
    first_name: str
    last_name: str
    lookup: str
    terms_version: str
    password_hash: str
    token: str
    expires_at: str


class WarnOwner(Command):
    """Somebody signed up with the address of this account."""


class InviteAgent(Command):
    """Open an account for an agent, who will choose his password. Invited again, he gets another link.

    `capacity`: None leaves it as it is.
    """

    account: str
    email: str
    first_name: str
    last_name: str
    lookup: str
    role: str
    services: tuple[str, ...]
    capacity: str | None = None
    token: str
    expires_at: str


class CreateDemoAgent(Command):
    """An agent of the demonstration, ready for use."""

    account: str
    email: str
    first_name: str
    last_name: str
    lookup: str
    terms_version: str
    password_hash: str
    role: str
    services: tuple[str, ...]


class RequestActivation(Command):
    """Send another activation link."""

    token: str
    expires_at: str


class Activate(Command):
    """The address is proven. `password_hash`: what an invited agent chose; empty for everybody else."""

    password_hash: str = ""


class LinkIdentity(Command):
    """Let a person, as a provider knows him, open an account. `subject`: the keyed hash of his `sub`."""

    provider: str
    sub: str
    subject: str
    given_name: str = ""
    family_name: str = ""
    usual_name: str = ""
    birthdate: str = ""


class ChangeProfile(Command):
    """Change what is known of a person; None leaves a field as it is, an empty text clears it."""

    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    postal_address: str | None = None


class OpenIdentifiedAccount(Command):
    """Open an account for somebody whom FranceConnect identified. `token`: empty when the address is somebody's."""

    account: str
    email: str
    lookup: str
    token: str
    expires_at: str
    identity: LinkIdentity


class UseIdentity(Command):
    """Sign in through a provider."""

    provider: str
    subject: str
    level: str


class UnlinkIdentity(Command):
    """Do without a provider."""

    provider: str


class ReserveSubject(Command):
    """Tie a person, as a provider knows him, to an account."""

    account: str


class ReleaseSubject(Command):
    """Untie him."""

    account: str


class AcceptTerms(Command):
    """Accept the conditions générales d'utilisation in force."""

    version: str


class RequestPasswordReset(Command):
    """Send a link to choose another password."""

    token: str
    expires_at: str


class ChangePassword(Command):
    """Have another password. `how`: `changed` by its owner, who typed the present one, or `reset` with a token."""

    password_hash: str = ""
    how: str = "changed"
    token: str = ""


class RequestEmailChange(Command):
    """Have another address, once it has proven itself. `token`: empty when it is somebody else's."""

    email: str
    lookup: str
    token: str
    expires_at: str


class TellClaimed(Command):
    """Somebody wanted the address of this account."""


class ChangeEmail(Command):
    """The address that was asked for last is proven."""


class EnableSecondFactor(Command):
    """Ask for a code too. `recovery_codes` arrive hashed."""

    secret: str
    recovery_codes: tuple[str, ...]


class UseRecoveryCode(Command):
    """Sign in with a recovery code, hashed."""

    code: str


class DisableSecondFactor(Command):
    """Be content with the password again."""


class EraseAccount(Command):
    """Erase the account of a person who wants to leave."""


class GrantRole(Command):
    """Give a role, or other services to an instructeur. `capacity`: None leaves it as it is."""

    role: str
    services: tuple[str, ...]
    capacity: str | None = None


class DisableAccount(Command):
    """Take every access away."""


class ForgetAccount(Command):
    """Give up an account that was never activated."""


class ReserveEmail(Command):
    """Tie an address to an account."""

    account: str


class ReleaseEmail(Command):
    """Untie an address from an account."""

    account: str
