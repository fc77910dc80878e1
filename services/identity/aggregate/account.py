"""An account: pending until its address is proven, then active, until it is disabled, forgotten or erased.

What may happen to it is decided in the rooms beside: `joining`, `owning`, `second_factor`, `agents`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from kernel.aggregate import Aggregate, State
from kernel.errors import Refused, invalid
from kernel.events import Sealed, Secret
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountDisabled,
    AccountErased,
    AccountFact,
    AccountForgotten,
    ActivationRequested,
    AddressClaimed,
    AddressConfirmed,
    CapacityStated,
    EmailChanged,
    EmailChangeRequested,
    IdentityLinked,
    IdentityUnlinked,
    IdentityUsed,
    PasswordChanged,
    PasswordResetRequested,
    ProfileChanged,
    RecoveryCodeUsed,
    RoleGranted,
    SecondFactorDisabled,
    SecondFactorEnabled,
    SignUpAttempted,
    TermsAccepted,
)

ROLES = ("instructeur", "administrateur", "auditeur")
LINKS = 10
"""How many links to choose another password are good at once."""


class Account(State):
    """What decisions and a sign-in need to know.

    `status`: pending, active, disabled, forgotten, erased, or empty. `wanted`, `wanted_lookup`: the address that is to
    prove itself. `second_factor`: the secret its codes are made from, empty while there is none. `resets`: the tokens
    of the links by which another password can be chosen, until one is. `proven`: the address was shown to be his, and
    is reserved. `subjects`: who opens it through FranceConnect or ProConnect, as `<provider>/<keyed hash of the sub>`.
    """

    id: str = ""
    status: str = ""
    proven: bool = False
    terms_version: str = ""
    email: Sealed[str] = ""
    first_name: Sealed[str] = ""
    last_name: Sealed[str] = ""
    phone: Sealed[str] = ""
    postal_address: Sealed[str] = ""
    wanted: Sealed[str] = ""
    wanted_lookup: Sealed[str] = ""
    password_hash: Secret[str] = ""
    second_factor: Secret[str] = ""
    recovery_codes: Secret[tuple[str, ...]] = ()
    resets: Secret[tuple[str, ...]] = ()
    subjects: Sealed[tuple[str, ...]] = ()
    usual_name: Sealed[str] = ""
    birthdate: Sealed[str] = ""
    capacity: Sealed[str] = ""
    roles: Mapping[str, tuple[str, ...]] = {}

    @property
    def invited(self) -> bool:
        """An agent who has not chosen a password."""
        return not self.password_hash

    def known_by(self, provider: str) -> bool:
        """Somebody opens it through this provider."""
        return any(subject.startswith(f"{provider}/") for subject in self.subjects)


def evolve(state: Account, fact: AccountFact) -> Account:
    """Fold one fact."""
    match fact:
        case AccountCreated():
            person = fact.model_dump(include={"terms_version", "email", "first_name", "last_name"})
            return Account(id=fact.account, status="pending", **person)
        case PasswordChanged():
            return state.model_copy(update={"password_hash": fact.password_hash, "resets": ()})
        case PasswordResetRequested():
            return state.model_copy(update={"resets": (*state.resets[1 - LINKS :], fact.token)})
        case ActivationRequested() | SignUpAttempted() | AddressClaimed() | IdentityUsed():
            return state
        case AccountActivated():
            return state.model_copy(update={"status": "active", "proven": fact.by != "franceconnect"})
        case ProfileChanged():
            return state.model_copy(update=fact.model_dump(exclude={"account"}))
        case EmailChangeRequested():
            return state.model_copy(update={"wanted": fact.email, "wanted_lookup": fact.lookup})
        case EmailChanged():
            # A link mailed to the former address opens nothing any more.
            moved = {"email": fact.email, "proven": True, "wanted": "", "wanted_lookup": "", "resets": ()}
            return state.model_copy(update=moved)
        case AddressConfirmed():
            return state.model_copy(update={"proven": True, "wanted": "", "wanted_lookup": ""})
        case IdentityLinked():
            return _linked(state, fact)
        case IdentityUnlinked():
            left = tuple(subject for subject in state.subjects if not subject.startswith(f"{fact.provider}/"))
            gone = {"usual_name": "", "birthdate": ""} if fact.provider == "franceconnect" else {}
            return state.model_copy(update={"subjects": left, **gone})
        case TermsAccepted():
            return state.model_copy(update={"terms_version": fact.version})
        case SecondFactorEnabled():
            return state.model_copy(update={"second_factor": fact.secret, "recovery_codes": fact.recovery_codes})
        case RecoveryCodeUsed():
            left = tuple(code for code in state.recovery_codes if code != fact.code)
            return state.model_copy(update={"recovery_codes": left})
        case SecondFactorDisabled():
            return state.model_copy(update={"second_factor": "", "recovery_codes": ()})
        case RoleGranted():
            return state.model_copy(update={"roles": {**state.roles, fact.role: fact.services}})
        case CapacityStated():
            return state.model_copy(update={"capacity": fact.capacity})
        case AccountDisabled():
            return state.model_copy(update={"status": "disabled"})
        case AccountForgotten():
            return Account(id=fact.account, status="forgotten")
        case AccountErased():
            return Account(id=fact.account, status="erased")
        case _:
            assert_never(fact)


def _linked(state: Account, fact: IdentityLinked) -> Account:
    subjects = (*state.subjects, f"{fact.provider}/{fact.lookup}")
    if fact.provider != "franceconnect":
        return state.model_copy(update={"subjects": subjects})
    return state.model_copy(update={"subjects": subjects, "usual_name": fact.usual_name, "birthdate": fact.birthdate})


def bad_token() -> Refused:
    """Unknown, expired and used tokens answer alike."""
    return invalid("bad-token", "Ce lien n'est plus valable. Demandez-en un nouveau depuis la page de connexion.")


account = Aggregate("identity", "account", Account(), evolve)
