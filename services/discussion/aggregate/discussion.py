"""The successive discussions of one demande: who may say what, which documents are awaited, what is left to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from pydantic import Field

from kernel.aggregate import Aggregate, State
from kernel.errors import Fault, conflict, invalid
from services.discussion.aggregate.checks import demand_awaited, demand_files, demand_message, demand_subject
from services.discussion.commands import CloseDiscussion, MarkRead, OpenDiscussion, PostMessage
from services.discussion.events import (
    DiscussionClosed,
    DiscussionEvent,
    DiscussionOpened,
    DocumentsRequested,
    MessagePosted,
    MessageRead,
    RequestedDocument,
)

OPENABLE = frozenset({"deposee", "en_instruction"})
OTHER_SIDE: Mapping[str, str] = {"applicant": "service", "service": "applicant"}


class Discussion(State):
    """What decisions need to know. `discussion` is the last one opened, `requested` the documents it asks for.

    `authors` gives the side that wrote each message of the demande, oldest first; `read` how many of them, from the
    first, each side has been through.
    """

    demande: str = ""
    discussion: str = ""
    status: str = "none"
    authors: dict[str, str] = Field(default_factory=dict)
    read: dict[str, int] = Field(default_factory=dict)
    requested: tuple[str, ...] = ()
    received: dict[str, str] = Field(default_factory=dict)
    attached: frozenset[str] = frozenset()

    def unread(self, side: str, *, after: int | None = None) -> int:
        """How many messages a side has still to read, once it has been through the first `after`."""
        seen = self.read.get(side, 0) if after is None else after
        return sum(author != side for author in list(self.authors.values())[seen:])


def evolve(state: Discussion, fact: DiscussionEvent) -> Discussion:
    """Fold one fact."""
    match fact:
        case DiscussionOpened():
            changes = {"demande": fact.demande, "discussion": fact.discussion, "status": "open"}
            return state.model_copy(update={**changes, "requested": (), "received": {}})
        case DocumentsRequested():
            return state.model_copy(update={"requested": tuple(document.id for document in fact.documents)})
        case MessagePosted():
            return state.model_copy(
                update={
                    "authors": {**state.authors, fact.message: fact.author},
                    "attached": state.attached.union(fact.attachments),
                    "received": {**state.received, **fact.received},
                }
            )
        case MessageRead():
            return state.model_copy(update={"read": {**state.read, fact.reader: _place(state, fact.up_to)}})
        case DiscussionClosed():
            return state.model_copy(update={"status": "closed"})
        case _:
            assert_never(fact)


def open_discussion(state: Discussion, command: OpenDiscussion) -> Iterable[DiscussionEvent]:
    """One discussion at a time, about a demande that is being dealt with."""
    if state.status == "open":
        detail = (
            "Une discussion est déjà ouverte sur cette demande : écrivez-y, ou fermez-la avant d'en ouvrir une autre."
        )
        raise conflict("discussion-open", detail)
    if command.demande_status not in OPENABLE:
        detail = "Une discussion ne s'ouvre que sur une demande déposée ou en cours d'instruction."
        raise conflict("bad-transition", detail)
    demand_subject(command.topic, command.body, command.attachments, command.documents, command.today)
    demand_files(state.attached, command.demande, "service", command.attachments, command.files)
    yield DiscussionOpened(
        discussion=command.discussion,
        demande=command.demande,
        service=command.service,
        agent=command.agent,
        topic=command.topic,
    )
    if command.documents:
        yield DocumentsRequested(
            discussion=command.discussion,
            demande=command.demande,
            documents=tuple(RequestedDocument(**document.model_dump()) for document in command.documents),
        )
    yield MessagePosted(
        discussion=command.discussion,
        demande=command.demande,
        message=command.message,
        author="service",
        agent=command.agent,
        opening=True,
        attachments=command.attachments,
        received={},
        unread=state.unread("applicant") + 1,
        author_name=command.agent_name,
        body=command.body,
    )


def post_message(state: Discussion, command: PostMessage) -> Iterable[MessagePosted]:
    """Both sides write while the discussion is open, whatever becomes of the demande."""
    _demand_any(state)
    if state.status == "closed":
        detail = "Cette discussion est close : elle n'accepte plus de message. Le service peut en ouvrir une autre."
        raise conflict("discussion-closed", detail)
    demand_message(command.body, command.attachments)
    demand_files(state.attached, state.demande, command.author, command.attachments, command.files)
    received = _declared(state, command) if command.received is None else command.received
    demand_awaited(state.requested, command.author, command.attachments, received)
    yield MessagePosted(
        discussion=state.discussion,
        demande=state.demande,
        message=command.message,
        author=command.author,
        agent=command.agent,
        opening=False,
        attachments=command.attachments,
        received=received,
        unread=state.unread(OTHER_SIDE[command.author]) + 1,
        author_name=command.author_name,
        body=command.body,
    )


def mark_read(state: Discussion, command: MarkRead) -> Iterable[MessageRead]:
    """What was read stays read; nothing is recorded when there was nothing new."""
    _demand_any(state)
    if command.up_to not in state.authors:
        detail = "Indiquez un message de cette discussion."
        raise invalid("invalid-request", detail, [Fault("/up_to", detail)])
    place = _place(state, command.up_to)
    remaining = state.unread(command.reader, after=place)
    if remaining < state.unread(command.reader):
        yield MessageRead(
            discussion=state.discussion,
            demande=state.demande,
            reader=command.reader,
            up_to=command.up_to,
            remaining=remaining,
        )


def close_discussion(state: Discussion, command: CloseDiscussion) -> Iterable[DiscussionClosed]:
    """The service says that nothing more is expected."""
    _demand_any(state)
    if state.status == "closed":
        raise conflict("discussion-closed", "Cette discussion est déjà close.")
    yield DiscussionClosed(discussion=state.discussion, demande=state.demande, agent=command.agent)


def _place(state: Discussion, message: str) -> int:
    return list(state.authors).index(message) + 1 if message in state.authors else 0


def _demand_any(state: Discussion) -> None:
    if state.status == "none":
        detail = "Aucune discussion n'est ouverte sur cette demande. Seul le service qui l'instruit peut en ouvrir une."
        raise conflict("no-discussion", detail)


def _declared(state: Discussion, command: PostMessage) -> dict[str, str]:
    """What the applicant said of each file when he sent it, as far as this discussion asks for it."""
    if command.author == "service":
        return {}
    answers = {file.id: file.requested_document for file in command.files}
    return {answers[id]: id for id in command.attachments if answers[id] in state.requested}


discussion = Aggregate("discussion", "discussion", Discussion(), evolve)
