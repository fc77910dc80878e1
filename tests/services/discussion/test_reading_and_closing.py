"""What was read stays read; the service says when nothing more is expected; an erased history still folds."""

from __future__ import annotations

from services.discussion.aggregate.discussion import close_discussion, discussion, mark_read
from services.discussion.commands import CloseDiscussion, MarkRead
from services.discussion.events import DiscussionEvent, DocumentsRequested
from tests.support.discussion import DEMANDE, closed, document, opened, posted, requested, was_read
from tests.support.given import given

TALK: tuple[DiscussionEvent, ...] = (
    opened(),
    posted("m1", "service", 1),
    posted("m2", "applicant", 1),
    posted("m3", "service", 2),
)


def test_reading_up_to_a_message_leaves_the_later_ones() -> None:
    given(discussion, *TALK).when(mark_read, MarkRead(reader="applicant", up_to="m1")).then(
        was_read("applicant", "m1", remaining=1)
    )


def test_reading_everything_leaves_nothing() -> None:
    given(discussion, *TALK).when(mark_read, MarkRead(reader="applicant", up_to="m3")).then(
        was_read("applicant", "m3", remaining=0)
    )


def test_reading_up_to_ones_own_message_reads_what_came_before() -> None:
    given(discussion, *TALK).when(mark_read, MarkRead(reader="applicant", up_to="m2")).then(
        was_read("applicant", "m2", remaining=1)
    )


def test_the_service_reads_too() -> None:
    given(discussion, *TALK).when(mark_read, MarkRead(reader="service", up_to="m2")).then(
        was_read("service", "m2", remaining=0)
    )


def test_reading_again_or_backwards_says_nothing() -> None:
    story = given(discussion, *TALK, was_read("applicant", "m3", 0))
    story.when(mark_read, MarkRead(reader="applicant", up_to="m3")).nothing()
    story.when(mark_read, MarkRead(reader="applicant", up_to="m1")).nothing()


def test_reading_ones_own_messages_says_nothing() -> None:
    given(discussion, opened(), posted("m1", "service", 1)).when(
        mark_read, MarkRead(reader="service", up_to="m1")
    ).nothing()


def test_a_closed_discussion_can_still_be_read() -> None:
    given(discussion, *TALK, closed()).when(mark_read, MarkRead(reader="applicant", up_to="m3")).then(
        was_read("applicant", "m3", remaining=0)
    )


def test_what_was_left_in_an_earlier_discussion_is_read_with_the_next() -> None:
    anew = (closed(), opened("dis2"), posted("m4", "service", 3, discussion="dis2"))
    given(discussion, *TALK, *anew).when(mark_read, MarkRead(reader="applicant", up_to="m4")).then(
        was_read("applicant", "m4", remaining=0, discussion="dis2")
    )


def test_an_unknown_message_is_not_read() -> None:
    refusal = given(discussion, *TALK).when(mark_read, MarkRead(reader="applicant", up_to="m9"))
    assert refusal.refused("invalid-request").errors[0].pointer == "/up_to"


def test_nothing_is_read_before_a_discussion_is_opened() -> None:
    given(discussion).when(mark_read, MarkRead(reader="applicant", up_to="m1")).refused("no-discussion")


def test_the_service_closes() -> None:
    given(discussion, *TALK).when(close_discussion, CloseDiscussion(agent="i1")).then(closed())


def test_what_is_closed_is_not_closed_again() -> None:
    given(discussion, *TALK, closed()).when(close_discussion, CloseDiscussion(agent="i1")).refused("discussion-closed")


def test_nothing_is_closed_before_it_was_opened() -> None:
    given(discussion).when(close_discussion, CloseDiscussion(agent="i1")).refused("no-discussion")


def test_a_discussion_whose_documents_were_erased_still_folds_and_closes() -> None:
    erased = DocumentsRequested(discussion="dis1", demande=DEMANDE, documents=())
    received = posted("m2", "applicant", 1, attachments=("f1",), received={"doc1": "f1"})
    given(discussion, opened(), erased, posted("m1", "service", 1), received).when(
        close_discussion, CloseDiscussion(agent="i1")
    ).then(closed())


def test_the_last_discussion_alone_says_what_is_awaited() -> None:
    first = (opened(), requested(document("doc1")), posted("m1", "service", 1), closed())
    state = discussion.fold((*first, opened("dis2"), requested(document("doc2"), discussion="dis2")))
    assert (state.discussion, state.status, state.requested) == ("dis2", "open", ("doc2",))
