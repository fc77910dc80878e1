"""The receipts of one demande: every PDF that was ever handed out can be recognised by its digest.

Its stream is `dossiers.receipt-<demande>`. The same facts give the same bytes with one version of the generator; a
newer one may set them otherwise, which is then another receipt of the same filing.
"""

from __future__ import annotations

from collections.abc import Iterable

from kernel.aggregate import Aggregate, State
from services.dossiers.commands import IssueReceipt
from services.dossiers.events import ReceiptFact, ReceiptIssued


class Receipts(State):
    """The digests issued so far."""

    digests: frozenset[str] = frozenset()


def evolve(state: Receipts, fact: ReceiptFact) -> Receipts:
    """Fold one fact."""
    return Receipts(digests=state.digests | {fact.sha256})


def issue(state: Receipts, command: IssueReceipt) -> Iterable[ReceiptIssued]:
    """The same bytes are issued once."""
    if command.sha256 not in state.digests:
        yield ReceiptIssued(**command.model_dump())


receipt = Aggregate("dossiers", "receipt", Receipts(), evolve)
