"""A person as a provider knows him, and the one account he opens. Its stream is named by a keyed hash of his `sub`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from kernel.aggregate import Aggregate, State
from kernel.errors import conflict
from services.identity.commands import ReleaseSubject, ReserveSubject
from services.identity.events import SubjectFact, SubjectReleased, SubjectReserved


class Subject(State):
    """Whose account he opens; empty while he opens none."""

    account: str = ""


def evolve(state: Subject, fact: SubjectFact) -> Subject:
    """Fold one fact."""
    match fact:
        case SubjectReserved():
            return Subject(account=fact.account)
        case SubjectReleased():
            return Subject()
        case _:
            assert_never(fact)


def reserve(state: Subject, command: ReserveSubject) -> Iterable[SubjectFact]:
    """First come, first served; having him already changes nothing."""
    if state.account not in ("", command.account):
        raise conflict(
            "identity-taken",
            "Cette identité ouvre déjà un autre compte. Connectez-vous avec elle, ou détachez-la d'abord de ce compte.",
        )
    if not state.account:
        yield SubjectReserved(account=command.account)


def release(state: Subject, command: ReleaseSubject) -> Iterable[SubjectFact]:
    """Only the account that has him lets him go."""
    if state.account == command.account:
        yield SubjectReleased(account=command.account)


subject = Aggregate("identity", "subject", Subject(), evolve)
