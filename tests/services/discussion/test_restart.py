"""A restart finds everything as it was, and a thread rebuilt from its facts is the same thread."""

from __future__ import annotations

from pathlib import Path

from services.discussion.main import SERVICE
from services.discussion.projections import access
from services.files.events import FileExpired, FileRejected
from tests.support.discussion import ALONE, DEMANDE, Talk, submitted, tell, vetted
from tests.support.service import serving

FILE = "f000000000000001"


async def test_a_restart_finds_the_discussion_as_it_was(tmp_path: Path) -> None:
    key = {"Idempotency-Key": "once"}
    async with serving(SERVICE, tmp_path, **ALONE) as desk:
        await tell(desk, submitted(), vetted(FILE))
        talk = Talk(desk)
        asked = (await talk.opens(requested_documents=[{"label": "Attestation"}])).json()["requested_documents"]
        said = await talk.says(
            talk.applicant | key, "Voici", attachments=[FILE], requested_documents={asked[0]["id"]: FILE}
        )
        await talk.has_read(talk.agent, said.json()["id"])
        before = await talk.reads(talk.applicant)
        notified = await talk.notified(talk.applicant)
    async with serving(SERVICE, tmp_path, **ALONE) as desk:
        talk = Talk(desk)
        after = await talk.reads(talk.applicant)
        assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])
        assert await talk.notified(talk.applicant) == notified
        again = await talk.says(
            talk.applicant | key, "Voici", attachments=[FILE], requested_documents={asked[0]["id"]: FILE}
        )
        assert (again.json(), again.headers["idempotency-replayed"]) == (said.json(), "true")
        assert (await talk.opens()).status_code == 409
        assert (await talk.closes()).status_code == 204


async def test_a_thread_rebuilt_from_its_facts_is_the_same(talk: Talk) -> None:
    for subject in ("Première", "Deuxième"):
        opened = await talk.opens(subject=subject, requested_documents=[{"label": "Attestation"}])
        await talk.says(talk.applicant)
        await talk.has_read(talk.applicant, opened.json()["messages"][0]["id"])
        await talk.closes()
    replayed = await talk.desk.run.replay_of("thread").run()
    assert (replayed["identical"], replayed["differences"]) == (True, [])
    assert replayed["events"] == 12
    seen = await talk.reads(talk.applicant)
    replayed = await talk.desk.run.replay_of("thread", flip=True).run()
    assert replayed["identical"] is True
    assert (await talk.reads(talk.applicant)).json() == seen.json()


async def test_a_file_that_is_gone_is_still_listed_in_its_message(talk: Talk) -> None:
    await talk.opens()
    await talk.says(talk.applicant, attachments=[FILE])
    await tell(talk.desk, FileExpired(file=FILE, demande=DEMANDE))
    (attachment,) = (await talk.reads(talk.agent)).json()["messages"][1]["attachments"]
    assert (attachment["id"], attachment["name"]) == (FILE, "Pièce jointe")


async def test_a_document_condemned_after_it_was_handed_in_is_awaited_again(talk: Talk) -> None:
    asked = (await talk.opens(requested_documents=[{"label": "Attestation"}])).json()["requested_documents"][0]["id"]
    pending = "f000000000000005"
    await tell(talk.desk, vetted(pending, status="pending", answers=asked))
    await talk.says(talk.applicant, attachments=[pending])
    assert (await talk.reads(talk.agent)).json()["requested_documents"][0]["received"] == pending
    await tell(
        talk.desk, FileRejected(file=pending, demande=DEMANDE, slug="infected", reason="virus", hint="Analysez-le.")
    )
    seen = (await talk.reads(talk.agent)).json()
    assert seen["requested_documents"][0]["received"] is None
    assert seen["messages"][1]["attachments"][0]["name"] == f"{pending}.pdf"


async def test_the_latest_verdict_on_a_file_is_kept(talk: Talk) -> None:
    for status in ("pending", "clean"):
        await tell(talk.desk, vetted("f000000000000006", status=status))
        rows = await access.files_of(await talk.desk.run.view(access.projection), DEMANDE)
        assert {row["id"]: row["status"] for row in rows}["f000000000000006"] == status


async def test_an_auditor_reads_the_state_and_every_chain_holds(talk: Talk) -> None:
    opened = (await talk.opens()).json()
    await talk.closes()
    auditor = talk.desk.as_account("x2", "auditeur")
    stream = await talk.desk.client.get(f"/audit/streams/discussion.discussion-{DEMANDE}", headers=auditor)
    audited = stream.json()
    assert (audited["verified"], audited["version"]) == (True, 3)
    assert (audited["state"]["status"], audited["state"]["discussion"]) == ("closed", opened["id"])
    assert audited["events"][0]["data"]["topic"] == "Pièces à compléter"
    verification = await talk.desk.client.post("/audit/verification", headers=auditor)
    assert verification.json()["ok"] is True
