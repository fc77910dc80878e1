"""The service opens discussions, one at a time, on demandes that are being dealt with."""

from __future__ import annotations

import pytest

from services.discussion.aggregate.discussion import discussion, open_discussion
from tests.support.discussion import closed, document, file, opened, opening, posted, requested
from tests.support.given import given


def test_opening_asks_for_documents_then_says_the_first_message() -> None:
    asked = (document("doc1"), document("doc2", "Plan", required=False, due="2026-12-31"))
    given(discussion).when(open_discussion, opening(documents=asked)).then(
        opened(), requested(*asked), posted("m1", "service", unread=1)
    )


def test_a_discussion_may_ask_for_nothing() -> None:
    given(discussion).when(open_discussion, opening()).then(opened(), posted("m1", "service", unread=1))


def test_a_second_discussion_waits_for_the_first_to_close() -> None:
    given(discussion, opened(), posted("m1", "service", 1)).when(
        open_discussion, opening(discussion="dis2", message="m2")
    ).refused("discussion-open")


def test_a_closed_discussion_is_followed_by_another_and_what_was_not_read_still_counts() -> None:
    given(discussion, opened(), posted("m1", "service", 1), closed()).when(
        open_discussion, opening(discussion="dis2", message="m2")
    ).then(opened("dis2"), posted("m2", "service", unread=2, discussion="dis2", opening=True))


@pytest.mark.parametrize("status", ["deposee", "en_instruction"])
def test_a_demande_being_dealt_with_can_be_discussed(status: str) -> None:
    given(discussion).when(open_discussion, opening(demande_status=status)).then(
        opened(), posted("m1", "service", unread=1)
    )


@pytest.mark.parametrize("status", ["brouillon", "acceptee", "refusee", "sans_suite", "retiree", "inconnu"])
def test_no_discussion_opens_on_any_other_demande(status: str) -> None:
    given(discussion).when(open_discussion, opening(demande_status=status)).refused("bad-transition")


@pytest.mark.parametrize("blank", ["", "  \n\t ", "\u00a0", "\u200b\u2060"])
def test_a_discussion_needs_a_subject_and_a_message(blank: str) -> None:
    refusal = given(discussion).when(open_discussion, opening(topic=blank, body=blank)).refused("invalid-request")
    assert [fault.pointer for fault in refusal.errors] == ["/subject", "/body"]


def test_every_fault_of_the_requested_documents_is_told_at_once() -> None:
    asked = (document(label=" "), document("doc2", due="2026-11-23"), document("doc3", due="20261231"))
    refusal = given(discussion).when(open_discussion, opening(documents=asked)).refused("invalid-request")
    assert [fault.pointer for fault in refusal.errors] == [
        "/requested_documents/0/label",
        "/requested_documents/1/due",
        "/requested_documents/2/due",
    ]


@pytest.mark.parametrize("due", ["2026-11-24", "2026-11-25", "9999-12-31"])
def test_a_document_may_be_due_today_or_later(due: str) -> None:
    asked = (document(due=due),)
    given(discussion).when(open_discussion, opening(documents=asked)).then(
        opened(), requested(*asked), posted("m1", "service", unread=1)
    )


@pytest.mark.parametrize("due", ["2026-11-23", "demain", "2026-02-30", "2026-W48-2", "0000-00-00", "24/11/2026"])
def test_a_document_is_not_due_yesterday_nor_on_what_is_no_date(due: str) -> None:
    refusal = given(discussion).when(open_discussion, opening(documents=(document(due=due),)))
    assert refusal.refused("invalid-request").errors[0].pointer == "/requested_documents/0/due"


def test_a_discussion_may_open_with_a_file_and_no_word() -> None:
    given(discussion).when(open_discussion, opening(body="", attachments=("f1",), files=(file("f1", "service"),))).then(
        opened(), posted("m1", "service", unread=1, body="", attachments=("f1",))
    )


def test_the_service_attaches_its_own_files_only() -> None:
    files = (file("f1", "applicant"), file("f2", "service", demande="dem2"), file("f3", "service", status="rejected"))
    refusal = (
        given(discussion)
        .when(open_discussion, opening(attachments=("f1", "f2", "f3", "f4"), files=files))
        .refused("unknown-file")
    )
    assert [fault.pointer for fault in refusal.errors] == [f"/attachments/{place}" for place in range(4)]


def test_a_file_of_an_earlier_discussion_is_not_attached_again() -> None:
    given(discussion, opened(), posted("m1", "service", 1, attachments=("f1",)), closed()).when(
        open_discussion, opening(discussion="dis2", attachments=("f1",), files=(file("f1", "service"),))
    ).refused("unknown-file")
