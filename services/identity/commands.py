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
    """Open an account for an agent, who will choose his password. Invited again, he gets another link."""

    account: str
    email: str
    first_name: str
    last_name: str
    lookup: str
    role: str
    services: tuple[str, ...]
    token: str
    expires_at: str


class CreateDemoAgent(Command):
    """An agent of the demonstration, ready for use."""

    account: str
    email: str
    first_name: str
    last_name: str
    lookup: str
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


class ChangeProfile(Command):
    """Change what is known of a person; None leaves a field as it is, an empty text clears it."""

    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    postal_address: str | None = None


class GrantRole(Command):
    """Give a role, or other services to an instructeur."""

    role: str
    services: tuple[str, ...]


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
