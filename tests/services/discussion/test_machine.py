"""Whatever both sides try, in whatever order: facts fold, refusals leave no trace, counts agree with the thread."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kernel.aggregate import Command
from kernel.codec import Codec
from kernel.databases.sqlite import SqliteTx
from kernel.envelope import Commit, Context
from kernel.errors import Refused
from kernel.events import Event
from kernel.eventstore import History
from kernel.projection import CHECKPOINTS
from kernel.stores.memory import MemoryStore
from kernel.vault import MemoryKeys, Vault
from services.discussion.aggregate.discussion import (
    OTHER_SIDE,
    close_discussion,
    discussion,
    mark_read,
    open_discussion,
    post_message,
)
from services.discussion.commands import CloseDiscussion, KnownFile, MarkRead, Side
from services.discussion.events import DiscussionOpened, MessagePosted, MessageRead
from services.discussion.projections import thread
from tests.support.discussion import DEMANDE, document, file, opening, posting

STREAM = discussion.stream(DEMANDE)
FILES: tuple[KnownFile, ...] = (
    *(file(f"a{n}", "applicant") for n in range(3)),
    *(file(f"s{n}", "service") for n in range(3)),
    *(file(f"d{n}", "applicant", answers=f"doc{n}") for n in range(1, 5)),
    file("b0", "applicant", status="pending"),
    file("b1", "applicant", status="rejected"),
    file("b2", "applicant", demande="dem2"),
)
sides = st.sampled_from(("applicant", "service"))
attached = st.lists(st.sampled_from([f.id for f in FILES] + ["nowhere"]), max_size=3).map(tuple)
bodies = st.sampled_from(["Bonjour", "Voici", "", " "])


class Conversation(RuleBasedStateMachine):
    """Runs the decisions over the store, beside the simplest account of who has what to read."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore(Codec("discussion", Vault(MemoryKeys(), b"s" * 32)))
        self.count = 0
        self.last: tuple[Any, Command, Context, Commit] | None = None
        self.documents: list[str] = []
        self.messages: list[tuple[str, str]] = []
        self.left: dict[str, set[str]] = {"applicant": set(), "service": set()}

    def ask(self, decide: Any, command: Command, ctx: Context | None = None) -> Sequence[Event]:
        ctx = ctx or Context(actor="test", command_id=uuid4(), fingerprint="", correlation="")

        def decision(history: History) -> Iterable[Event]:
            decided: Iterable[Event] = decide(discussion.fold_recorded(history), command)
            return decided

        before = self.history()
        try:
            commit: Commit | None = asyncio.run(self.store.update(STREAM, decision, ctx))
        except Refused:
            commit = None
        if commit is None:
            assert self.history() == before
            return []
        self.last = decide, command, ctx, commit
        facts = [fact.event for fact in commit.events if fact.event is not None]
        assert len(self.history()) == len(before) + len(facts)
        return facts

    def history(self) -> History:
        return asyncio.run(self.store.read(STREAM))

    def fresh(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    @rule(asked=st.integers(0, 2), files=attached, body=bodies, status=st.sampled_from(["deposee", "acceptee"]))
    def opens(self, asked: int, files: tuple[str, ...], body: str, status: str) -> None:
        documents = tuple(document(self.fresh("doc")) for _ in range(asked))
        command = opening(
            discussion=self.fresh("dis"),
            message=self.fresh("m"),
            documents=documents,
            attachments=files,
            files=FILES,
            body=body,
            demande_status=status,
        )
        facts = self.ask(open_discussion, command)
        if facts:
            assert isinstance(facts[0], DiscussionOpened)
            self.documents += [one.id for one in documents]
        self.learn(facts)

    @rule(side=sides, files=attached, body=bodies, data=st.data())
    def posts(self, side: Side, files: tuple[str, ...], body: str, data: st.DataObject) -> None:
        known = st.sampled_from([*self.documents, "undue"])
        said = st.dictionaries(known, st.sampled_from([*files, "other"]), max_size=2)
        received = data.draw(st.none() | said)
        command = posting(side, message=self.fresh("m"), attachments=files, files=FILES, body=body, received=received)
        self.learn(self.ask(post_message, command))

    @rule(side=sides, data=st.data())
    def reads(self, side: Side, data: st.DataObject) -> None:
        up_to = data.draw(st.sampled_from([*(id for id, _ in self.messages), "nowhere"]))
        self.learn(self.ask(mark_read, MarkRead(reader=side, up_to=up_to)))

    @rule()
    def closes(self) -> None:
        self.ask(close_discussion, CloseDiscussion(agent="i1"))

    @precondition(lambda self: self.last is not None and self.last[3].events)
    @rule()
    def repeats(self) -> None:
        assert self.last is not None
        decide, command, ctx, first = self.last
        before = self.history()
        again = asyncio.run(self.store.update(STREAM, lambda history: decide(None, command), ctx))
        assert (again.replayed, list(again.events), again.version) == (True, list(first.events), first.version)
        assert self.history() == before

    def learn(self, facts: Sequence[Event]) -> None:
        for fact in facts:
            if isinstance(fact, MessagePosted):
                self.messages.append((fact.message, fact.author))
                waiting = self.left[OTHER_SIDE[fact.author]]
                waiting.add(fact.message)
                assert fact.unread == len(waiting)
            elif isinstance(fact, MessageRead):
                place = [id for id, _ in self.messages].index(fact.up_to)
                self.left[fact.reader] -= {id for id, _ in self.messages[: place + 1]}
                assert fact.remaining == len(self.left[fact.reader]) >= 0

    @invariant()
    def the_facts_fold_to_what_was_said(self) -> None:
        state = discussion.fold_recorded(self.history())
        assert list(state.authors.items()) == self.messages
        assert {side: state.unread(side) for side in self.left} == {side: len(ids) for side, ids in self.left.items()}
        assert set(state.received) <= set(state.requested)
        assert set(state.received.values()) <= state.attached

    def teardown(self) -> None:
        db = sqlite3.connect(":memory:", isolation_level=None)
        db.executescript(CHECKPOINTS + thread.projection.ddl)
        tx = SqliteTx(db)
        thread.projection.fold(tx, self.history())
        for side, ids in self.left.items():
            rows = tx.run("SELECT id FROM message WHERE author<>:side AND read_at=''", side=side)
            assert {row["id"] for row in rows} == ids
        heads = tx.run("SELECT version FROM head")
        assert [row["version"] for row in heads] == ([len(self.history())] if self.history() else [])
        db.close()


Conversation.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestConversation = Conversation.TestCase
