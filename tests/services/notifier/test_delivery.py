"""Each cause mailed once, whatever the mail server and the process go through."""

from __future__ import annotations

import asyncio

import pytest

from kernel.http.tokens import Signer
from services.notifier.reactions import sender
from tests.services.notifier.conftest import Office, Open
from tests.support.mails import DEMANDE, moved, submitted


async def test_a_mail_put_off_is_delivered_later_with_the_same_bytes(office: Office) -> None:
    office.server.on_data = "451 4.3.0 Later"
    await office.say(submitted())
    (item,) = await office.until("deferred")
    assert item["code"] == 451
    office.server.on_data = ""
    (mail,) = await office.server.has(1)
    (item,) = await office.until("sent")
    assert item["attempts"] > 1
    assert not item["in_doubt"]
    story = await office.story(item["id"])
    assert story[:3] == ["NotificationQueued", "AttemptStarted", "NotificationDeferred"]
    assert story[-2:] == ["AttemptStarted", "NotificationSent"]
    assert mail.mail["Message-ID"] == f"<{item['id']}@cd.example.org>"


async def test_a_mail_refused_for_good_is_recorded_after_one_attempt(office: Office) -> None:
    office.server.on_rcpt = "550 5.1.1 No such user"
    await office.say(submitted())
    (item,) = await office.until("failed")
    assert (item["code"], item["reason"], item["attempts"]) == (550, "refused", 1)
    office.server.on_rcpt = ""
    await office.say(moved("acceptee"))
    await office.until("failed", "sent")
    assert len(office.server.kept) == 1


async def test_a_server_that_is_down_is_probed_and_all_mails_wait(office_opens: Open) -> None:
    async with office_opens(mail_retries="0.3") as office:
        await office.server.stop()
        for number in range(20):
            await office.say(submitted(f"dem{number:013}", email=f"p{number}@example.org"))
        await office.followed()
        await asyncio.sleep(0.7)
        items = [item for number in range(20) for item in await office.ledger(f"dem{number:013}")]
        assert sum(item["attempts"] for item in items) <= 2
        await office.server.start()
        await office.server.has(20)
        for number in range(20):
            await office.until("sent", about=f"dem{number:013}")
    assert len(office.server.kept) == 20


async def test_mails_that_cannot_be_sent_in_time_fail(office_opens: Open) -> None:
    async with office_opens(mail_give_up_hours=0.5 / 3600) as office:
        await office.server.stop()
        await office.say(submitted())
        await office.say(moved("acceptee"))
        items = await office.until("failed", "failed")
        assert {item["reason"] for item in items} == {"too-late"}
        await office.server.start()
        await asyncio.sleep(0.3)
    assert office.server.kept == []


async def test_a_server_that_keeps_the_mail_and_hangs_up_gets_the_same_bytes_again(office: Office) -> None:
    office.server.drops = True
    await office.say(submitted())
    await office.server.has(1)
    office.server.drops = False
    first, second = await office.server.has(2)
    (item,) = await office.until("sent")
    assert first.source == second.source
    assert item["in_doubt"]
    assert item["attempts"] == 2


async def test_a_restart_resumes_and_mails_nothing_twice(office_opens: Open) -> None:
    async with office_opens() as office:
        await office.say(submitted())
        await office.until("sent")
        await office.server.stop()
        await office.say(moved("acceptee"))
        await office.until("sent", "deferred")
    await office.server.start()
    async with office_opens() as office:
        await office.server.has(2)
        await office.until("sent", "sent")
    async with office_opens() as office:
        await office.followed()
        await asyncio.sleep(0.3)
        assert len(office.server.kept) == 2


async def test_a_crash_between_the_attempt_and_its_outcome_sends_the_same_bytes_again(
    office_opens: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "GRACE", 0.0)
    async with office_opens(smtp_timeout=60) as office:
        office.server.hangs = True
        await office.say(submitted())
        await office.server.has(1)
        (item,) = await office.until("attempting")
        assert await office.story(item["id"]) == ["NotificationQueued", "AttemptStarted"]
    await office.server.stop()
    office.server.hangs = False
    await office.server.start()
    async with office_opens() as office:
        (item,) = await office.until("sent")
        first, second = office.server.kept
        assert first.source == second.source
        assert first.mail["Message-ID"] == second.mail["Message-ID"]
        assert (item["in_doubt"], item["attempts"]) == (True, 2)
        assert await office.story(item["id"]) == [
            "NotificationQueued",
            "AttemptStarted",
            "NotificationDeferred",
            "AttemptStarted",
            "NotificationSent",
        ]


async def test_a_process_that_stops_finishes_the_mail_under_way(office_opens: Open) -> None:
    async with office_opens() as office:
        await office.say(*(submitted(f"dem{n:013}", email=f"p{n}@example.org") for n in range(50)))
        await office.server.has(3)
    async with office_opens() as office:
        await office.server.has(50)
        for n in range(50):
            (item,) = await office.until("sent", about=f"dem{n:013}")
            assert not item["in_doubt"]
    assert len(office.server.kept) == 50


async def test_a_rebuild_of_the_read_models_sends_nothing(office: Office) -> None:
    await office.say(submitted())
    await office.say(moved("acceptee"))
    await office.until("sent", "sent")
    before = await office.ledger()
    auditor = office.desk.as_account("a1", "auditeur")
    for projection in ("contacts", "outgoing"):
        answer = await office.desk.client.post("/audit/replays", json={"projection": projection}, headers=auditor)
        assert answer.json()["identical"], answer.text
        rebuilt = await office.desk.run.replay_of(projection, flip=True).run()
        assert rebuilt["identical"]
    await office.say(moved("en_instruction", "acceptee", "Erreur"))
    await office.until("sent", "sent", "sent")
    assert (await office.ledger())[:2] == before
    assert len(office.server.kept) == 3


async def test_the_steps_of_a_mail_belong_to_the_story_of_its_cause(office: Office) -> None:
    (cause,) = await office.say(submitted())
    (item,) = await office.until("sent")
    assert item["cause"] == str(cause.id)
    history = await office.desk.run.store.read(f"notifier.mail-{item['id']}")
    assert {fact.meta.correlation for fact in history} == {cause.meta.correlation}
    assert [fact.meta.causation for fact in history] == [str(cause.id), *[str(history[0].id)] * 2]
    assert {fact.route for fact in history} == {DEMANDE}


async def test_what_is_public_of_a_mail_shows_neither_its_address_nor_its_text(office: Office) -> None:
    await office.say(submitted())
    await office.until("sent")
    token = Signer("dossiers", office.desk.keys["dossiers"]).mint_service("notifier", "feed")
    feed = await office.desk.client.get("/feed", headers={"Authorization": f"Bearer {token}"})
    names = [event["type"].split(".")[-2] for event in feed.json()]
    assert names == ["NotificationQueued", "NotificationSent"]
    assert "ada@example.org" not in feed.text
    log = (office.desk.run.settings.data / "notifier" / "log.db").read_bytes()
    wal = (office.desk.run.settings.data / "notifier" / "log.db-wal").read_bytes()
    assert b"ada@example.org" not in log + wal


async def test_the_figures_say_how_mails_end_and_how_long_they_take(office: Office) -> None:
    await office.say(submitted())
    await office.until("sent")
    async with asyncio.timeout(5):
        shown = ""
        while 'guichet_mails_waiting{status="queued"} 0.0' not in shown:
            await asyncio.sleep(0.05)
            shown = (await office.desk.client.get("/metrics")).text
    assert 'guichet_mails_total{outcome="accepted"} 1.0' in shown
    assert "guichet_mail_seconds_count 1.0" in shown
    assert "guichet_mail_server_away 0.0" in shown
