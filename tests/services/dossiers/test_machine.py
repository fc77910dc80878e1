"""Whatever is tried with a demande, in whatever order: facts fold, and what is refused leaves no trace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kernel.aggregate import Aggregate, Command
from kernel.codec import Codec
from kernel.envelope import Context
from kernel.errors import Refused
from kernel.eventstore import History
from kernel.stores.memory import MemoryStore
from kernel.vault import MemoryKeys, Vault
from services.dossiers.aggregate.clock import await_documents, clock, receive_documents, waive_documents
from services.dossiers.aggregate.demande import (
    NEXT,
    STATUSES,
    add_note,
    assign,
    change_status,
    demande,
    withdraw,
)
from services.dossiers.aggregate.drafting import discard, draft
from services.dossiers.aggregate.filing import join, submit
from services.dossiers.aggregate.implicit import (
    decide_by_silence,
    give_reasons,
    issue_attestation,
    request_attestation,
    request_reasons,
)
from services.dossiers.aggregate.labels import label
from services.dossiers.aggregate.opinions import (
    give_opinion,
    note_overdue,
    opinions,
    request_opinion,
    withdraw_opinion,
)
from services.dossiers.aggregate.reading import note_reading, reading
from services.dossiers.aggregate.silence import silence_date
from services.dossiers.commands import (
    AddNote,
    AssignDemande,
    AwaitDocuments,
    ChangeStatus,
    DecideBySilence,
    DiscardDraft,
    DraftDemande,
    GiveOpinion,
    GiveReasons,
    IssueAttestation,
    JoinDemande,
    LabelDemande,
    NoteOverdueOpinion,
    NoteReading,
    ReceiveDocuments,
    RequestAttestation,
    RequestOpinion,
    RequestReasons,
    WaiveDocuments,
    WithdrawDemande,
    WithdrawOpinion,
)
from services.dossiers.events import (
    DemandeConsulted,
    DemandeStatusChanged,
    ImplicitDecisionTaken,
    OpinionGiven,
    OpinionWithdrawn,
)
from tests.support.dossiers import AUTHOR, DEMANDE, PERSON, definition, submitting
from tests.support.forms import LEGAL

ACCEPTING = definition(legal=LEGAL.model_copy(update={"silence": "acceptation"}))
DEFINITIONS = st.sampled_from([definition(), ACCEPTING])
PIECES = ("rib", "statuts", "devis")
pieces = st.lists(st.sampled_from([*PIECES, "photo"]), max_size=3, unique=True).map(tuple)
discussions = st.sampled_from(["d1", "d2"])
labels = st.lists(st.sampled_from(["urgent", "complet", " ", "x" * 31]), max_size=3).map(tuple)
asked, experts = st.sampled_from(["o1", "o2", "o3"]), st.sampled_from(["i1", "i2", "i3"])
texts = st.sampled_from(["", "  ", "Parce que"])


class Life(RuleBasedStateMachine):
    """One demande and its clock in a store, on days that pass."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore(Codec("dossiers", Vault(MemoryKeys(), b"s" * 32)))
        self.today = date(2026, 11, 24)

    def history(self, aggregate: Aggregate[Any, Any] = demande) -> History:
        return asyncio.run(self.store.read(aggregate.stream(DEMANDE)))

    def ask(self, decide: Any, command: Command, aggregate: Aggregate[Any, Any] = demande) -> None:
        def decision(history: History) -> Iterable[Any]:
            decided: Iterable[Any] = decide(aggregate.fold_recorded(history), command)
            return decided

        before, position = self.history(aggregate), self.store.head
        ctx = Context(actor="test", command_id=uuid4(), fingerprint="", correlation="")
        try:
            count = len(asyncio.run(self.store.update(aggregate.stream(DEMANDE), decision, ctx)).events)
        except Refused:
            count = 0
        assert self.history(aggregate)[: len(before)] == before
        assert len(self.history(aggregate)) == len(before) + count
        assert self.store.head == position + count

    @property
    def term(self) -> Any:
        state = demande.fold_recorded(self.history())
        return state.term if state.awaits_decision else None

    @rule(days=st.integers(0, 45))
    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(owner=st.sampled_from(["", "a1"]), shape=DEFINITIONS, good=st.booleans())
    def files(self, owner: str, shape: Any, good: bool) -> None:
        at = datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC)
        answers = {"reponse": "Oui"} if good else {}
        self.ask(submit, submitting(owner=owner, definition=shape, answers=answers, at=at))

    @rule(shape=DEFINITIONS, typed=st.sampled_from([{}, {"contact": PERSON}, {"answers": {"x": 1}}]))
    def drafts(self, shape: Any, typed: Any) -> None:
        self.ask(draft, DraftDemande(demande=DEMANDE, reference="r", definition=shape, owner="a1", typed=typed))

    @rule()
    def discards(self) -> None:
        self.ask(discard, DiscardDraft(reason="withdrawn"))

    @rule(owner=st.sampled_from(["a1", "a2"]), email=st.sampled_from(["ada@example.org", "zoe@example.org"]))
    def joins(self, owner: str, email: str) -> None:
        self.ask(join, JoinDemande(owner=owner, email=email))

    @rule(to=st.sampled_from([*STATUSES, "perdue"]), message=texts, named=st.booleans())
    def moves(self, to: str, message: str, named: bool) -> None:
        author = AUTHOR if named else AUTHOR.model_copy(update={"last_name": ""})
        self.ask(change_status, ChangeStatus(to=to, message=message, author=author))

    @rule(agent=st.sampled_from(["", "i1", "i2"]))
    def assigns(self, agent: str) -> None:
        self.ask(assign, AssignDemande(agent=agent, agent_name=agent))

    @rule(text=texts)
    def notes(self, text: str) -> None:
        self.ask(add_note, AddNote(note="n", text=text, agent="i1", agent_name="Jeanne Roy"))

    @rule()
    def withdraws(self) -> None:
        self.ask(withdraw, WithdrawDemande(reason=""))

    @rule(add=labels, remove=labels)
    def labels(self, add: tuple[str, ...], remove: tuple[str, ...]) -> None:
        self.ask(label, LabelDemande(add=add, remove=remove, agent="i1"))

    @property
    def status(self) -> str:
        return demande.fold_recorded(self.history()).status

    @rule(opinion=asked, expert=experts, question=texts, days=st.integers(-1, 40))
    def asks_for_an_opinion(self, opinion: str, expert: str, question: str, days: int) -> None:
        if opinions.fold_recorded(self.history(opinions)).of(opinion) is None:  # an id is given once
            command = RequestOpinion(
                demande=DEMANDE,
                status=self.status,
                opinion=opinion,
                expert=expert,
                expert_name="Luc Petit",
                asked_by="i1",
                asked_by_name="Jeanne Roy",
                question=question,
                due=self.today + timedelta(days=days),
                today=self.today,
            )
            self.ask(request_opinion, command, opinions)

    @rule(opinion=asked, expert=experts, text=texts)
    def gives_an_opinion(self, opinion: str, expert: str, text: str) -> None:
        known = {"status": self.status, "opinion": opinion, "expert": expert, "expert_name": "Luc Petit"}
        self.ask(give_opinion, GiveOpinion.model_validate({**known, "verdict": "reserve", "text": text}), opinions)

    @rule(opinion=asked)
    def stops_waiting_for_an_opinion(self, opinion: str) -> None:
        self.ask(withdraw_opinion, WithdrawOpinion(opinion=opinion, agent="i1"), opinions)

    @rule(opinion=asked)
    def an_opinion_is_overdue(self, opinion: str) -> None:
        command = NoteOverdueOpinion(status=self.status, opinion=opinion, today=self.today)
        self.ask(note_overdue, command, opinions)

    @rule(agent=experts)
    def reads(self, agent: str) -> None:
        known = {"demande": DEMANDE, "agent": agent, "day": self.today, "capacity": "instructeur"}
        self.ask(note_reading, NoteReading.model_validate({**known, "agent_name": "Luc Petit"}), reading)

    @rule()
    def silence_passes(self) -> None:
        asked = clock.fold_recorded(self.history(clock)).requests
        state = demande.fold_recorded(self.history())
        deadline = silence_date(state.term, asked) if state.term else None
        if deadline is not None:
            self.ask(decide_by_silence, DecideBySilence(deadline=deadline, today=self.today))

    @rule()
    def asks_for_an_attestation(self) -> None:
        self.ask(request_attestation, RequestAttestation())

    @rule()
    def attests(self) -> None:
        self.ask(issue_attestation, IssueAttestation(author=AUTHOR))

    @rule()
    def asks_why(self) -> None:
        self.ask(request_reasons, RequestReasons(today=self.today))

    @rule(text=texts)
    def says_why(self, text: str) -> None:
        self.ask(give_reasons, GiveReasons(text=text, today=self.today, author=AUTHOR))

    @rule(discussion=discussions, documents=pieces, days=st.none() | st.integers(0, 60))
    def asks_for_pieces(self, discussion: str, documents: tuple[str, ...], days: int | None) -> None:
        due = None if days is None else self.today + timedelta(days=days)
        command = AwaitDocuments(
            demande=DEMANDE,
            term=self.term,
            discussion=discussion,
            documents=documents,
            asked_on=self.today,
            due=due,
        )
        self.ask(await_documents, command, clock)

    @rule(discussion=discussions, documents=pieces)
    def brings_pieces(self, discussion: str, documents: tuple[str, ...]) -> None:
        at = datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC)
        known = {"demande": DEMANDE, "term": self.term, "discussion": discussion, "at": at}
        self.ask(receive_documents, ReceiveDocuments.model_validate({**known, "documents": documents}), clock)

    @rule(discussion=discussions)
    def gives_up_pieces(self, discussion: str) -> None:
        at = datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC)
        known = {"demande": DEMANDE, "term": self.term, "discussion": discussion, "at": at}
        self.ask(waive_documents, WaiveDocuments.model_validate(known), clock)

    @invariant()
    def statuses_only_moved_along_the_machine(self) -> None:
        status = ""
        for recorded in self.history():
            fact = recorded.event
            if isinstance(fact, DemandeStatusChanged):
                assert (fact.old, fact.new in NEXT[status]) == (status, True)
                assert fact.appeal or fact.new == "en_instruction"
            if isinstance(fact, ImplicitDecisionTaken):
                assert fact.old == status in ("deposee", "en_instruction")
            assert fact is not None
            status = demande.fold([*self.facts_before(recorded.version), fact]).status
        assert status in ("", *STATUSES)

    def facts_before(self, version: int) -> list[Any]:
        return [recorded.event for recorded in self.history() if recorded.version < version]

    @invariant()
    def silence_decided_at_most_once_and_never_early(self) -> None:
        implicit = [r.event for r in self.history() if isinstance(r.event, ImplicitDecisionTaken)]
        assert len(implicit) <= 1
        for fact in implicit:
            assert date.fromisoformat(fact.on) < self.today

    @invariant()
    def each_expert_is_awaited_once_and_an_opinion_ends_once(self) -> None:
        awaited = [
            one.expert for one in opinions.fold_recorded(self.history(opinions)).asked if one.status == "pending"
        ]
        assert len(set(awaited)) == len(awaited)
        ends = [r.event for r in self.history(opinions) if isinstance(r.event, OpinionGiven | OpinionWithdrawn)]
        assert len({fact.opinion for fact in ends}) == len(ends)

    @invariant()
    def a_day_of_reading_is_kept_once(self) -> None:
        read = [r.event for r in self.history(reading) if isinstance(r.event, DemandeConsulted)]
        assert len({(fact.agent, fact.day) for fact in read}) == len(read)

    @invariant()
    def nothing_is_missing_from_a_complete_file(self) -> None:
        for request in clock.fold_recorded(self.history(clock)).requests:
            assert bool(request.missing) == (request.complete_on is None)


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLife = Life.TestCase
