"""What the facts of discussion have to be told to whoever filed the demande.

The words and the documents themselves stay in the discussion, behind a sign-in: a mailbox is not as well kept.
"""

from __future__ import annotations

from kernel.envelope import Recorded
from kernel.errors import NotYet
from kernel.position import Mark
from kernel.runtime.runtime import Runtime
from services.discussion.events import DiscussionClosed, MessagePosted
from services.notifier.ports import Letter
from services.notifier.projections import contacts
from services.notifier.reactions.about_demandes import applicant_of, to_applicant


async def opened(run: Runtime, fact: MessagePosted, recorded: Recorded) -> Letter | None:
    """The invitation to answer and to bring the documents that are asked for.

    The opening message is the last fact of its commit: a read model that has got there shows the topic and the
    documents too, however the store hands facts over.
    """
    if not fact.opening:
        return None
    applicant = await applicant_of(run, fact.demande, recorded)
    topic = await _topic(run, fact.discussion, recorded)
    documents = await contacts.documents_of(await run.view(contacts.projection), fact.discussion)
    silence = applicant["silence"]
    # Where no day was set, the time to reject does not stand still (L114-5 CRPA).
    incomplete = any(one["required"] and (one["due"] or silence == "acceptation") for one in documents)
    return to_applicant(applicant, topic=topic, documents=documents, incomplete=incomplete, silence=silence)


async def message(run: Runtime, fact: MessagePosted, recorded: Recorded) -> Letter | None:
    """The service wrote. Not when the applicant did (he knows), nor for the opening message, which has its own mail."""
    if fact.author != "service" or fact.opening:
        return None
    applicant = await applicant_of(run, fact.demande, recorded)
    topic = await _topic(run, fact.discussion, recorded)
    return to_applicant(applicant, topic=topic, attachments=len(fact.attachments))


async def received(run: Runtime, fact: MessagePosted, recorded: Recorded) -> Letter | None:
    """The receipt of what the applicant sent (L112-11 CRPA). Pieces that must come have a receipt of their own."""
    if fact.author != "applicant":
        return None
    applicant = await applicant_of(run, fact.demande, recorded)
    topic = await _topic(run, fact.discussion, recorded)
    if fact.received.keys() & await contacts.awaited(await run.view(contacts.projection), fact.discussion):
        return None
    return to_applicant(applicant, topic=topic, received_at=recorded.at, attachments=len(fact.attachments))


async def closed(run: Runtime, fact: DiscussionClosed, recorded: Recorded) -> Letter:
    """Nothing more can be sent in this discussion."""
    applicant = await applicant_of(run, fact.demande, recorded)
    return to_applicant(applicant, topic=await _topic(run, fact.discussion, recorded))


async def _topic(run: Runtime, discussion: str, recorded: Recorded) -> str:
    db = await run.view(contacts.projection, {recorded.source: Mark(recorded.position, recorded.position)})
    topic = await contacts.topic_of(db, discussion)
    if topic is None:
        raise NotYet(f"discussion {discussion}")
    return topic
