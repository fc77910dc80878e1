"""What agents tell each other about a demande: an opinion (avis) is asked, awaited, given.

These mails go to agents. They name the demande and nobody in it: what was asked and answered is read after signing in.
"""

from __future__ import annotations

from kernel.db import Row
from kernel.envelope import Recorded
from kernel.errors import NotYet
from kernel.events import ERASED
from kernel.position import Mark
from kernel.runtime.runtime import Runtime
from services.dossiers.events import OpinionDelayed, OpinionGiven, OpinionRequested
from services.notifier.ports import Letter
from services.notifier.projections import contacts


async def asked(run: Runtime, fact: OpinionRequested, recorded: Recorded) -> Letter:
    """A colleague wants to know what the expert thinks, until a day."""
    return await _to_agent(run, fact.expert, fact.demande, recorded, colleague=_name(fact.asked_by_name), due=fact.due)


async def overdue(run: Runtime, fact: OpinionDelayed, recorded: Recorded) -> Letter:
    """The last day to answer is over."""
    return await _to_agent(run, fact.expert, fact.demande, recorded, due=fact.due)


async def given(run: Runtime, fact: OpinionGiven, recorded: Recorded) -> Letter:
    """The answer waits for whoever asked."""
    return await _to_agent(run, fact.asked_by, fact.demande, recorded, colleague=_name(fact.expert_name))


async def _to_agent(run: Runtime, agent: str, demande: str, recorded: Recorded, **values: object) -> Letter:
    db = await run.view(contacts.projection, {recorded.source: Mark(recorded.position, recorded.position)})
    account, row = await contacts.of_account(db, agent), await contacts.of_demande(db, demande)
    return Letter(
        about=agent,  # the applicant may list the mails about his demande: these are not for him
        subject_of=f"account:{agent}",
        recipient=_arrived(account, f"account {agent}")["email"],
        thread=f"opinion.{demande}",
        values={"demande": demande, **_named(_arrived(row, f"demande {demande}"))} | values,
    )


def _named(demande: Row) -> dict[str, str]:
    return {"reference": demande["reference"], "title": demande["title"], "service": demande["service_label"]}


def _arrived(row: Row | None, what: str) -> Row:
    if row is None:
        raise NotYet(what)
    return row


def _name(name: str) -> str:
    return "" if name == ERASED else name
