"""Which mails every public fact of the other services leads to, or why it leads to none.

A fact that is missing here fails the tests: nobody adds one without saying whether people hear of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.envelope import Recorded
from kernel.events import Event
from kernel.runtime.runtime import Runtime
from services.discussion.events import (
    DiscussionClosed,
    DiscussionOpened,
    DocumentsRequested,
    MessagePosted,
    MessageRead,
)
from services.dossiers.events import (
    AttestationIssued,
    AttestationRequested,
    DemandeAssigned,
    DemandeJoined,
    DemandeStatusChanged,
    DemandeSubmitted,
    DemandeWithdrawn,
    DemarcheClosed,
    DemarchePublished,
    DocumentsAwaited,
    DocumentsCompleted,
    DocumentsReceived,
    ImplicitDecisionTaken,
    OpinionDelayed,
    OpinionGiven,
    OpinionRequested,
    OpinionWithdrawn,
    ReasonsGiven,
    ReasonsRequested,
)
from services.files.events import FileExpired, FileRejected, FileVetted
from services.identity.events import (
    AccountActivated,
    AccountCreated,
    AccountDisabled,
    AccountErased,
    AccountForgotten,
    ActivationRequested,
    AddressClaimed,
    EmailChanged,
    EmailChangeRequested,
    IdentityLinked,
    IdentityUnlinked,
    PasswordChanged,
    PasswordResetRequested,
    ProfileChanged,
    RecoveryCodeUsed,
    RoleGranted,
    SecondFactorDisabled,
    SecondFactorEnabled,
    SignUpAttempted,
)
from services.notifier.ports import Letter
from services.notifier.reactions import about_accounts, about_demandes, about_discussions, about_opinions


@dataclass(frozen=True, slots=True)
class NoMail:
    """Nobody is written to, for a reason."""

    reason: str


@dataclass(frozen=True, slots=True)
class Mail:
    """Somebody is written to: `letter` says to whom and what, or that this very fact leads to no mail (None).

    `to` tells apart the mails that one fact may one day send to several people; it never changes.
    """

    template: str
    letter: Callable[[Runtime, Any, Recorded], Awaitable[Letter | about_accounts.Expired | None]]
    to: str = "applicant"


MAILS: Mapping[type[Event], Mail | tuple[Mail, ...] | NoMail] = {
    ActivationRequested: Mail("activation", about_accounts.activation, to="owner"),
    SignUpAttempted: Mail("sign_up_attempt", about_accounts.sign_up_attempt, to="owner"),
    PasswordResetRequested: Mail("password_reset", about_accounts.password_reset, to="owner"),
    PasswordChanged: Mail("password_changed", about_accounts.password_changed, to="owner"),
    EmailChangeRequested: (
        Mail("address_proof", about_accounts.address_proof, to="owner"),
        Mail("address_warning", about_accounts.address_warning, to="owner"),
    ),
    AddressClaimed: Mail("address_claimed", about_accounts.address_claimed, to="owner"),
    EmailChanged: Mail("address_changed", about_accounts.address_changed, to="owner"),
    SecondFactorEnabled: Mail("second_factor_enabled", about_accounts.second_factor, to="owner"),
    SecondFactorDisabled: Mail("second_factor_disabled", about_accounts.second_factor, to="owner"),
    RecoveryCodeUsed: Mail("recovery_code_used", about_accounts.second_factor, to="owner"),
    AccountErased: Mail("account_erased", about_accounts.erased, to="owner"),
    AccountCreated: NoMail("The request for activation that comes with it brings the link."),
    AccountActivated: NoMail("Who activates an account has the page that says so before his eyes."),
    ProfileChanged: NoMail("Who changes his own profile sees it changed."),
    IdentityLinked: Mail("identity_linked", about_accounts.identity, to="owner"),
    IdentityUnlinked: Mail("identity_unlinked", about_accounts.identity, to="owner"),
    AccountForgotten: NoMail("Nothing is left of the account, its address included."),
    RoleGranted: NoMail("Agents learn their roles from their administrator."),
    AccountDisabled: NoMail("The administrator who closes an account tells its owner why."),
    DemandeSubmitted: Mail("receipt", about_demandes.receipt),
    DemandeStatusChanged: Mail("status_changed", about_demandes.status_changed),
    DemandeWithdrawn: Mail("withdrawal", about_demandes.withdrawal),
    ImplicitDecisionTaken: Mail("implicit_decision", about_demandes.implicit_decision),
    DocumentsReceived: Mail("documents_received", about_demandes.documents_received),
    DocumentsCompleted: Mail("documents_complete", about_demandes.documents_complete),
    AttestationRequested: Mail("attestation_requested", about_demandes.attestation_requested),
    AttestationIssued: Mail("attestation_issued", about_demandes.attestation_issued),
    ReasonsRequested: Mail("reasons_requested", about_demandes.reasons_requested),
    ReasonsGiven: Mail("reasons_given", about_demandes.reasons_given),
    OpinionRequested: Mail("opinion_requested", about_opinions.asked, to="expert"),
    OpinionDelayed: Mail("opinion_overdue", about_opinions.overdue, to="expert"),
    OpinionGiven: Mail("opinion_given", about_opinions.given, to="agent"),
    OpinionWithdrawn: NoMail("What is not awaited any more leaves the expert's list, and asks nothing of him."),
    DocumentsAwaited: NoMail("The mail of the opening lists the documents, and says what they change."),
    DemandeJoined: NoMail("Who brings a demande into his account sees it there."),
    DemarcheClosed: NoMail("Whoever filed before goes on as before."),
    DemandeAssigned: NoMail("Which agent has the file is the service's own business."),
    DemarchePublished: NoMail("The catalogue concerns nobody in particular."),
    DiscussionOpened: NoMail("The opening message, the last fact of the opening, is what is mailed."),
    MessagePosted: (
        Mail("discussion_opened", about_discussions.opened),
        Mail("discussion_message", about_discussions.message),
        Mail("message_received", about_discussions.received),
    ),
    DiscussionClosed: Mail("discussion_closed", about_discussions.closed),
    DocumentsRequested: NoMail("The mail of the opening lists the documents."),
    MessageRead: NoMail("Reading is no step of a demande."),
    FileVetted: NoMail("Who sends a file sees the verdict; the message that carries it is mailed."),
    FileRejected: NoMail("Who sends a file is told at once, and the discussion shows a verdict that came later."),
    FileExpired: NoMail("The file was never part of a message."),
}


def mails_of(fact: type[Event]) -> tuple[Mail, ...]:
    """The mails a fact leads to; none when it leads to none, or is no fact of the table."""
    entry = MAILS.get(fact)
    return (entry,) if isinstance(entry, Mail) else entry if isinstance(entry, tuple) else ()
