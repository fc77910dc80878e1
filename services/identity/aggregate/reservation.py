"""An e-mail address and the one account it belongs to. Its stream is named by a keyed hash of the address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from kernel.aggregate import Aggregate, State
from services.identity.aggregate.account import bad_token
from services.identity.commands import ReleaseEmail, ReserveEmail
from services.identity.events import EmailReleased, EmailReserved, ReservationFact


class Reservation(State):
    """Whose address it is; empty while it is nobody's."""

    account: str = ""


def evolve(state: Reservation, fact: ReservationFact) -> Reservation:
    """Fold one fact."""
    match fact:
        case EmailReserved():
            return Reservation(account=fact.account)
        case EmailReleased():
            return Reservation()
        case _:
            assert_never(fact)


def reserve(state: Reservation, command: ReserveEmail) -> Iterable[ReservationFact]:
    """First come, first served; having it already changes nothing."""
    if state.account not in ("", command.account):
        raise bad_token()
    if not state.account:
        yield EmailReserved(account=command.account)


def release(state: Reservation, command: ReleaseEmail) -> Iterable[ReservationFact]:
    """Only its owner's departure frees an address."""
    if state.account == command.account:
        yield EmailReleased(account=command.account)


reservation = Aggregate("identity", "email", Reservation(), evolve)
