"""Both sides write while a discussion is open; the applicant hands in what was asked for."""

from __future__ import annotations

from typing import Any

import pytest

from services.discussion.aggregate.discussion import discussion, post_message
from services.discussion.commands import Side
from services.discussion.events import DiscussionEvent
from tests.support.discussion import closed, document, file, opened, posted, posting, requested, was_read
from tests.support.given import given

OPEN: tuple[DiscussionEvent, ...] = (opened(), posted("m1", "service", 1))
ASKED: tuple[DiscussionEvent, ...] = (
    opened(),
    requested(document("doc1"), document("doc2")),
    posted("m1", "service", 1),
)
SIDES: tuple[Side, ...] = ("applicant", "service")


def test_the_applicant_answers() -> None:
    given(discussion, *OPEN).when(post_message, posting()).then(posted("m2", "applicant", unread=1))


def test_the_service_goes_on_and_the_applicant_has_more_to_read() -> None:
    given(discussion, *OPEN).when(post_message, posting("service")).then(posted("m2", "service", unread=2))


def test_what_was_read_is_not_counted_again() -> None:
    given(discussion, *OPEN, was_read("applicant", "m1", 0)).when(post_message, posting("service")).then(
        posted("m2", "service", unread=1)
    )


@pytest.mark.parametrize("side", SIDES)
def test_nobody_writes_before_the_service_opens_a_discussion(side: Side) -> None:
    given(discussion).when(post_message, posting(side)).refused("no-discussion")


@pytest.mark.parametrize("side", SIDES)
def test_nobody_writes_to_a_closed_discussion(side: Side) -> None:
    given(discussion, *OPEN, closed()).when(post_message, posting(side)).refused("discussion-closed")


@pytest.mark.parametrize("blank", ["", " \n ", "\u200b", "\u00a0"])
def test_a_message_says_something_or_carries_a_file(blank: str) -> None:
    refusal = given(discussion, *OPEN).when(post_message, posting(body=blank)).refused("invalid-request")
    assert [fault.pointer for fault in refusal.errors] == ["/body"]
    given(discussion, *OPEN).when(post_message, posting(body=blank, attachments=("f1",), files=(file("f1"),))).then(
        posted("m2", "applicant", unread=1, body=blank, attachments=("f1",))
    )


def test_a_file_that_waits_for_the_antivirus_can_be_attached() -> None:
    given(discussion, *OPEN).when(
        post_message, posting(attachments=("f1",), files=(file("f1", status="pending"),))
    ).then(posted("m2", "applicant", unread=1, attachments=("f1",)))


def test_each_side_attaches_the_files_it_sent_for_this_demande() -> None:
    files = (file("f1", "service"), file("f2", demande="dem2"), file("f3", status="expired"), file("f5"))
    refusal = (
        given(discussion, *OPEN)
        .when(post_message, posting(attachments=("f1", "f2", "f3", "f4", "f5"), files=files))
        .refused("unknown-file")
    )
    assert [fault.pointer for fault in refusal.errors] == [f"/attachments/{place}" for place in range(4)]


def test_a_file_is_attached_once() -> None:
    earlier = posted("m2", "applicant", 1, attachments=("f1",))
    refusal = (
        given(discussion, *OPEN, earlier)
        .when(post_message, posting(message="m3", attachments=("f1", "f2", "f2"), files=(file("f1"), file("f2"))))
        .refused("unknown-file")
    )
    assert [fault.pointer for fault in refusal.errors] == ["/attachments/0", "/attachments/2"]


def test_one_file_may_be_two_of_the_documents_asked_for() -> None:
    received = {"doc1": "f1", "doc2": "f1"}
    given(discussion, *ASKED).when(
        post_message, posting(attachments=("f1",), files=(file("f1"),), received=received)
    ).then(posted("m2", "applicant", unread=1, attachments=("f1",), received=received))


def test_a_document_can_be_handed_in_again() -> None:
    first = posted("m2", "applicant", 1, attachments=("f1",), received={"doc1": "f1"})
    second = posting(message="m3", attachments=("f2",), files=(file("f2"),), received={"doc1": "f2"})
    given(discussion, *ASKED, first).when(post_message, second).then(
        posted("m3", "applicant", unread=2, attachments=("f2",), received={"doc1": "f2"})
    )


def test_only_what_this_discussion_asks_for_is_handed_in() -> None:
    anew = (closed(), opened("dis2"), posted("m2", "service", 2, discussion="dis2", opening=True))
    refusal = (
        given(discussion, *ASKED, *anew)
        .when(
            post_message,
            posting(message="m3", attachments=("f1",), files=(file("f1"),), received={"doc1": "f1", "a/b~c": "f1"}),
        )
        .refused("invalid-request")
    )
    assert [fault.pointer for fault in refusal.errors] == ["/requested_documents/doc1", "/requested_documents/a~1b~0c"]


def test_a_document_handed_in_is_joined_to_the_message() -> None:
    refusal = (
        given(discussion, *ASKED)
        .when(post_message, posting(attachments=("f1",), files=(file("f1"), file("f2")), received={"doc1": "f2"}))
        .refused("unknown-file")
    )
    assert [fault.pointer for fault in refusal.errors] == ["/requested_documents/doc1"]


def test_what_was_said_of_a_file_when_it_was_sent_counts_unless_the_message_says_otherwise() -> None:
    files = (file("f1", answers="doc1"), file("f2", answers="elsewhere"), file("f3"))
    carried: dict[str, Any] = {"attachments": ("f1", "f2", "f3"), "files": files}
    story = given(discussion, *ASKED)
    story.when(post_message, posting(**carried)).then(
        posted("m2", "applicant", unread=1, attachments=("f1", "f2", "f3"), received={"doc1": "f1"})
    )
    for said in ({}, {"doc2": "f1"}):
        story.when(post_message, posting(**carried, received=said)).then(
            posted("m2", "applicant", unread=1, attachments=("f1", "f2", "f3"), received=said)
        )


def test_the_service_hands_nothing_in() -> None:
    tagged = posting("service", attachments=("f1",), files=(file("f1", "service", answers="doc1"),))
    given(discussion, *ASKED).when(post_message, tagged).then(posted("m2", "service", unread=2, attachments=("f1",)))
    given(discussion, *ASKED).when(
        post_message,
        posting("service", attachments=("f1",), files=(file("f1", "service"),), received={"doc1": "f1"}),
    ).refused("invalid-request")
