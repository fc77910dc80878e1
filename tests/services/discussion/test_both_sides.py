"""The whole service: what one side does, the other sees."""

from __future__ import annotations

import asyncio

from kernel.ids import is_id
from services.discussion.events import DiscussionClosed, DiscussionOpened, DocumentsRequested, MessagePosted
from services.dossiers.events import Author, DemandeStatusChanged
from tests.support.discussion import DEMANDE, Talk, submitted, tell

FILE, OTHER_FILE = "f000000000000001", "f000000000000002"
SERVICE_FILE = "s000000000000001"
ASKED = [{"label": "Attestation", "due": "2099-12-31"}, {"label": " Plan   coté ", "required": False}]


async def test_nothing_is_said_until_the_service_opens_a_discussion(talk: Talk) -> None:
    answer = await talk.reads(talk.applicant)
    assert (answer.status_code, answer.headers["etag"]) == (200, '"0"')
    assert answer.json() == {
        "id": None,
        "status": "none",
        "earlier": [],
        "subject": None,
        "requested_documents": [],
        "messages": [],
    }
    said = await talk.says(talk.applicant)
    assert (said.status_code, said.json()["slug"]) == (409, "no-discussion")
    read = await talk.has_read(talk.applicant, "m000000000000001")
    assert (read.status_code, read.json()["slug"]) == (409, "no-discussion")
    closed = await talk.closes()
    assert (closed.status_code, closed.json()["slug"]) == (409, "no-discussion")


async def test_opening_answers_what_the_applicant_then_reads(talk: Talk) -> None:
    answer = await talk.opens(requested_documents=ASKED, attachments=[SERVICE_FILE])
    assert answer.status_code == 201, answer.text
    body = answer.json()
    seen = await talk.reads(talk.applicant)
    assert seen.json() == body
    assert seen.headers["etag"] == answer.headers["etag"] == '"3"'
    assert (body["status"], body["subject"], body["earlier"]) == ("open", "Pièces à compléter", [])
    documents = [{name: value for name, value in one.items() if name != "id"} for one in body["requested_documents"]]
    assert documents == [
        {"label": "Attestation", "required": True, "due": "2099-12-31", "received": None},
        {"label": "Plan coté", "required": False, "due": None, "received": None},
    ]
    (message,) = body["messages"]
    assert message["author"] == {"kind": "service", "name": "Jeanne Roy"}
    assert message["attachments"] == [
        {
            "id": SERVICE_FILE,
            "name": f"{SERVICE_FILE}.pdf",
            "media_type": "application/pdf",
            "size": 9,
            "status": "clean",
        }
    ]
    assert message["read_at"] is None
    ids = [body["id"], message["id"], *(one["id"] for one in body["requested_documents"])]
    assert all(is_id(id) for id in ids)
    assert len(set(ids)) == 4


async def test_the_applicant_answers_and_hands_in_a_document(talk: Talk) -> None:
    asked = (await talk.opens(requested_documents=ASKED)).json()["requested_documents"]
    said = await talk.says(talk.applicant, "Voici", attachments=[FILE], requested_documents={asked[0]["id"]: FILE})
    assert (said.status_code, said.headers["etag"]) == (201, '"4"')
    seen = (await talk.reads(talk.agent)).json()
    assert seen["messages"][1] == said.json()
    assert said.json()["author"] == {"kind": "applicant", "name": "Ada Martin"}
    assert [one["received"] for one in seen["requested_documents"]] == [FILE, None]


async def test_a_message_is_read_when_the_other_side_says_so(talk: Talk) -> None:
    first = (await talk.opens()).json()["messages"][0]
    second = (await talk.says(talk.applicant)).json()
    assert (await talk.has_read(talk.applicant, second["id"])).status_code == 204
    messages = (await talk.reads(talk.applicant)).json()["messages"]
    assert [one["id"] for one in messages] == [first["id"], second["id"]]
    assert messages[0]["read_at"] > messages[0]["at"]
    assert messages[1]["read_at"] is None
    assert (await talk.has_read(talk.agent, second["id"])).status_code == 204
    assert (await talk.reads(talk.agent)).json()["messages"][1]["read_at"] is not None
    assert (await talk.has_read(talk.agent, second["id"])).status_code == 204


async def test_an_unknown_message_cannot_be_read(talk: Talk) -> None:
    await talk.opens()
    for up_to in ("m000000000000001", "", "nimporte quoi"):
        answer = await talk.has_read(talk.applicant, up_to)
        assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request")
        assert answer.json()["errors"][0]["pointer"] == "/up_to"


async def test_a_closed_discussion_is_kept_and_followed_by_another(talk: Talk) -> None:
    first = (await talk.opens(subject="La première")).json()
    again = await talk.opens()
    assert (again.status_code, again.json()["slug"]) == (409, "discussion-open")
    await talk.says(talk.applicant, "Voici", attachments=[FILE])
    closed = await talk.closes()
    assert (closed.status_code, closed.content) == (204, b"")
    assert (await talk.closes()).json()["slug"] == "discussion-closed"
    seen = (await talk.reads(talk.applicant)).json()
    assert (seen["id"], seen["status"], len(seen["messages"])) == (first["id"], "closed", 2)
    refused = await talk.says(talk.applicant)
    assert (refused.status_code, refused.json()["slug"]) == (409, "discussion-closed")
    second = (await talk.opens(subject="La deuxième")).json()
    assert second == (await talk.reads(talk.applicant)).json()
    (earlier,) = second["earlier"]
    assert (earlier["id"], earlier["subject"]) == (first["id"], "La première")
    assert earlier["closed_at"]
    reopened = (await talk.reads(talk.applicant, discussion=first["id"])).json()
    assert (reopened["id"], reopened["status"], reopened["earlier"]) == (first["id"], "closed", [])
    assert reopened["messages"][1]["attachments"][0]["id"] == FILE
    assert (await talk.reads(talk.applicant, discussion="d000000000000001")).status_code == 404


async def test_what_the_service_decides_neither_closes_nor_reopens_a_discussion(talk: Talk) -> None:
    await talk.opens()
    author = Author(agent="i1", first_name="Jeanne", last_name="Roy", capacity="instructeur", service="Habitat")
    change = DemandeStatusChanged(demande=DEMANDE, old="deposee", new="acceptee", message="", author=author)
    await tell(talk.desk, change)
    assert (await talk.says(talk.applicant)).status_code == 201
    assert (await talk.says(talk.agent)).status_code == 201


async def test_files_are_attached_by_the_side_that_sent_them_and_once(talk: Talk) -> None:
    await talk.opens()
    assert (await talk.says(talk.applicant, "", attachments=[FILE])).status_code == 201
    for attachments in ([FILE], [SERVICE_FILE, OTHER_FILE]):
        answer = await talk.says(talk.applicant, attachments=attachments)
        assert (answer.status_code, answer.json()["slug"]) == (422, "unknown-file")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/attachments/0"]
    assert (await talk.says(talk.agent, attachments=[SERVICE_FILE])).status_code == 201


async def test_a_repeated_command_answers_as_it_first_did(talk: Talk) -> None:
    key = {"Idempotency-Key": "once"}
    first = await talk.opens(requested_documents=ASKED, attachments=[SERVICE_FILE], headers=key)
    said = await talk.says(talk.applicant | key, "Voici", attachments=[FILE])
    await talk.has_read(talk.agent, said.json()["id"])
    await talk.closes()
    await talk.opens(subject="La suivante")
    again = await talk.opens(requested_documents=ASKED, attachments=[SERVICE_FILE], headers=key)
    said_again = await talk.says(talk.applicant | key, "Voici", attachments=[FILE])
    for before, after in ((first, again), (said, said_again)):
        assert (after.status_code, after.json()) == (before.status_code, before.json())
        assert after.headers["etag"] == before.headers["etag"]
        assert after.headers["idempotency-replayed"] == "true"
    other = await talk.says(talk.applicant | key, "Autre chose")
    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-mismatch")


async def test_a_message_can_be_conditional_on_what_was_seen(talk: Talk) -> None:
    seen = (await talk.opens()).headers["etag"]
    await talk.says(talk.applicant)
    stale = await talk.says(talk.agent | {"If-Match": seen})
    assert (stale.status_code, stale.json()["slug"]) == (412, "stale-version")
    current = (await talk.reads(talk.agent)).headers["etag"]
    assert (await talk.says(talk.agent | {"If-Match": current})).status_code == 201
    none = await talk.opens(headers={"If-Match": '"0"'})
    assert none.status_code == 412


async def test_two_agents_open_one_discussion(talk: Talk) -> None:
    answers = await asyncio.gather(*(talk.opens() for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


async def test_other_services_learn_whether_a_discussion_is_open_and_which_files_it_carries(talk: Talk) -> None:
    url, door = f"/internal/demandes/{DEMANDE}/discussion", talk.desk.as_service("files", "read")
    none = (await talk.desk.client.get(url, headers=door)).json()
    assert none == {"demande": DEMANDE, "status": "none", "discussion": None, "files": []}
    opened = (await talk.opens(attachments=[SERVICE_FILE])).json()
    asked = (await talk.desk.client.get(url, headers=door)).json()
    assert asked == {"demande": DEMANDE, "status": "open", "discussion": opened["id"], "files": [SERVICE_FILE]}
    assert (await talk.desk.client.get(url, headers=talk.agent)).status_code == 404


async def test_only_the_notifier_reads_what_was_said_in_the_feed_and_dossiers_which_pieces_are_due(talk: Talk) -> None:
    await talk.opens(requested_documents=ASKED)
    await talk.closes()
    names = [cls.__name__ for cls in (DiscussionOpened, DocumentsRequested, MessagePosted, DiscussionClosed)]
    # dossiers keeps the legal clock: it reads which documents are awaited and until when, and nothing that was said.
    everything, dates = {"topic", "documents", "body"}, {"documents"}
    for reader, told in (("notifier", everything), ("files", set[str]()), ("dossiers", dates)):
        batch = (await talk.desk.client.get("/feed", headers=talk.desk.as_service(reader, "feed"))).json()
        assert [event["type"].split(".")[3] for event in batch] == names
        data = [event["data"] for event in batch]
        for fact, field in zip(data, ("topic", "documents", "body"), strict=False):
            assert (field in fact) is (field in told)


async def test_a_demande_of_nobody_is_followed_by_its_number(talk: Talk) -> None:
    demande = "dem0000000000002"
    await tell(talk.desk, submitted(demande, owner=""))
    other = Talk(talk.desk, demande)
    await other.opens()
    tracking = talk.desk.as_tracking(demande)
    said = await other.says(tracking)
    assert (said.status_code, said.json()["author"]) == (201, {"kind": "applicant", "name": "Demandeur"})
    assert len((await other.reads(tracking)).json()["messages"]) == 2
