"""An account and those who open it through FranceConnect (a person) or ProConnect (an agent).

An address alone never links anything: people share theirs. A person proves the account by its password and bears the
same names; an agent was invited by an administrateur, and the first `sub` that comes for him is the only one.
"""

from __future__ import annotations

from collections.abc import Iterable

from kernel.errors import Kind, Refused, conflict, not_found
from services.identity.aggregate.account import Account
from services.identity.aggregate.civil import same_person
from services.identity.commands import LinkIdentity, OpenIdentifiedAccount, UnlinkIdentity, UseIdentity
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountFact,
    EmailChangeRequested,
    IdentityLinked,
    IdentityUnlinked,
    IdentityUsed,
    ProfileChanged,
)

PERSON, AGENT = "franceconnect", "proconnect"


def open_identified(state: Account, command: OpenIdentifiedAccount) -> Iterable[AccountFact]:
    """A new account, ready for use. Its address proves nothing: a link goes there, and it opens nothing until then."""
    if state.status:
        raise conflict("already-exists", "Ce compte existe déjà. Identifiez-vous à nouveau avec FranceConnect.")
    id, person = command.account, command.identity
    yield AccountCreated(
        account=id,
        terms_version="",
        email=command.email,
        first_name=person.given_name,
        last_name=person.family_name,
        lookup=command.lookup,
    )
    yield _linked(id, person, "opened")
    yield AccountActivated(account=id, by=PERSON)
    yield EmailChangeRequested(
        account=id,
        expires_at=command.expires_at,
        present="",
        email=command.email,
        lookup=command.lookup,
        token=command.token,
    )


def link_person(state: Account, command: LinkIdentity) -> Iterable[AccountFact]:
    """The owner is at the keyboard, and FranceConnect says who he is."""
    demand_usable(state)
    if state.roles:
        raise agents_use_proconnect()
    if f"{command.provider}/{command.subject}" in state.subjects:
        return
    if not same_person(state, command):
        raise conflict(
            "identity-mismatch",
            "Le nom ou les prénoms de ce compte ne sont pas ceux que FranceConnect a transmis. S'il s'agit bien de "
            "vous, corrigez-les d'abord dans les paramètres de votre compte, puis recommencez.",
        )
    yield _linked(state.id, command)
    if (state.first_name, state.last_name) != (command.given_name, command.family_name):
        yield ProfileChanged(
            account=state.id,
            first_name=command.given_name,
            last_name=command.family_name,
            phone=state.phone,
            postal_address=state.postal_address,
        )


def link_agent(state: Account, command: LinkIdentity) -> Iterable[AccountFact]:
    """An agent whom an administrateur invited comes for the first time. He need not have chosen a password."""
    if state.status != "pending" or not state.invited:
        demand_usable(state)
    if not state.roles or (state.known_by(AGENT) and f"{AGENT}/{command.subject}" not in state.subjects):
        raise unknown_agent()
    if f"{AGENT}/{command.subject}" not in state.subjects:
        yield _linked(state.id, command, "opened" if state.status == "pending" else "linked")
    if state.status == "pending":
        yield AccountActivated(account=state.id, by=AGENT)


def use(state: Account, command: UseIdentity) -> Iterable[AccountFact]:
    """Signing in, by the door that is his: agents never enter as persons, nor persons as agents."""
    demand_usable(state)
    if f"{command.provider}/{command.subject}" not in state.subjects:
        raise not_found()
    if command.provider == PERSON and state.roles:
        raise agents_use_proconnect()
    if command.provider == AGENT and not state.roles:
        raise unknown_agent()
    yield IdentityUsed(account=state.id, provider=command.provider, level=command.level)


def unlink(state: Account, command: UnlinkIdentity) -> Iterable[AccountFact]:
    """Nobody locks himself out: a password and a proven address must be left."""
    if state.status != "active" or not state.known_by(command.provider):
        raise conflict("not-linked", "Votre compte n'est pas rattaché à FranceConnect : il n'y a rien à détacher.")
    if not state.password_hash or not state.proven:
        raise conflict(
            "last-credential",
            "Sans FranceConnect, vous ne pourriez plus ouvrir ce compte. Confirmez d'abord votre adresse électronique, "
            "puis choisissez un mot de passe.",
        )
    yield IdentityUnlinked(account=state.id, provider=command.provider)


def let_go(state: Account, command: UnlinkIdentity) -> Iterable[AccountFact]:
    """An administrateur has an agent come anew: nobody is locked out, since his invitation stands."""
    if state.known_by(command.provider):
        yield IdentityUnlinked(account=state.id, provider=command.provider)


def demand_usable(state: Account) -> None:
    """Raises Refused(account-disabled) or Refused(not-found)."""
    if state.status == "disabled":
        raise Refused(
            Kind.FORBIDDEN,
            "account-disabled",
            "Ce compte a été désactivé. Si vous pensez que c'est une erreur, écrivez au service qui l'a ouvert.",
        )
    if state.status != "active":
        raise not_found()


def agents_use_proconnect() -> Refused:
    """FranceConnect opens no role."""
    return Refused(
        Kind.FORBIDDEN,
        "agent-account",
        "Ce compte est celui d'un agent : FranceConnect ne l'ouvre pas. Connectez-vous avec ProConnect, ou avec votre "
        "adresse et votre mot de passe.",
    )


def unknown_agent() -> Refused:
    """Nobody invited him, or he comes from elsewhere: these answer alike."""
    return Refused(
        Kind.FORBIDDEN,
        "unknown-agent",
        "Aucun agent n'est enregistré sous cette identité ProConnect. Demandez à un administrateur de Guichet de vous "
        "inviter à l'adresse de votre compte ProConnect.",
    )


def _linked(account: str, person: LinkIdentity, how: str = "linked") -> IdentityLinked:
    return IdentityLinked(
        account=account,
        provider=person.provider,
        how=how,
        sub=person.sub,
        lookup=person.subject,
        given_name=person.given_name,
        family_name=person.family_name,
        usual_name=person.usual_name,
        birthdate=person.birthdate,
    )
