"""What the owner of an account is told: links, warnings, and a last word."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from kernel.clock import rfc3339
from kernel.events import Event
from services.identity.events import (
    AccountErased,
    AddressClaimed,
    EmailChanged,
    EmailChangeRequested,
    PasswordChanged,
    PasswordResetRequested,
    RecoveryCodeUsed,
    SecondFactorDisabled,
    SecondFactorEnabled,
)
from tests.services.notifier.conftest import Office, Open
from tests.support.mails import ACCOUNT, DEMANDE, SITE, TOKEN, activation, created, links, submitted

NEW = "ada.nouvelle@example.org"


def soon(minutes: float = 30) -> str:
    return rfc3339(datetime.now(UTC) + timedelta(minutes=minutes))


def wanted(token: str = TOKEN, minutes: float = 60) -> EmailChangeRequested:
    return EmailChangeRequested(
        account=ACCOUNT, expires_at=soon(minutes), present="ada@example.org", email=NEW, lookup="1" * 64, token=token
    )


def moved() -> EmailChanged:
    return EmailChanged(account=ACCOUNT, email=NEW, previous="ada@example.org", lookup="1" * 64)


async def test_a_forgotten_password_brings_a_link(office: Office) -> None:
    await office.say(created(), PasswordResetRequested(account=ACCOUNT, expires_at=soon(), token=TOKEN))
    (mail,) = await office.server.has(1)
    assert (mail.recipients, mail.subject) == (("ada@example.org",), "Choisissez un nouveau mot de passe")
    for part in ("plain", "html"):
        assert links(mail.body(part)) == [f"{SITE}/mot-de-passe/{TOKEN}"]
        assert "Ada" not in mail.body(part)


async def test_a_password_that_changed_is_told_and_the_first_one_is_not(office: Office) -> None:
    await office.say(created(), PasswordChanged(account=ACCOUNT, password_hash="h"))
    for how in ("reset", "changed"):
        await office.say(PasswordChanged(account=ACCOUNT, how=how, password_hash="h"))
    reset, changed = await office.server.has(2)
    assert reset.subject == changed.subject == "Votre mot de passe a changé"
    assert "avec le lien" in reset.body("plain")
    assert "avec le lien" not in changed.body("plain")


async def test_a_new_address_proves_itself_and_the_present_one_is_warned(office: Office) -> None:
    await office.say(created(), wanted())
    mails = {mail.recipients: mail for mail in await office.server.has(2)}
    proof, warning = mails[NEW,], mails["ada@example.org",]
    assert links(proof.body("plain")) == [f"{SITE}/adresse/{TOKEN}"]
    assert TOKEN not in warning.source.decode()
    assert NEW not in warning.source.decode()
    assert "ada@example.org" not in proof.source.decode()
    items = await office.until("sent", "sent", about=ACCOUNT)
    assert {item["template"] for item in items} == {"address_proof", "address_warning"}


async def test_an_address_of_somebody_else_gets_no_link_and_the_warning_is_the_same(office: Office) -> None:
    other = "acc0000000000002"
    await office.say(created())
    await office.say(created(NEW, other))
    await office.say(wanted(token=""))
    await office.say(AddressClaimed(account=other))
    mails = {mail.recipients: mail for mail in await office.server.has(2)}
    assert mails[NEW,].subject == "Votre adresse est demandée pour un autre compte"
    assert links(mails[NEW,].body("plain")) == [f"{SITE}/connexion"]
    assert mails["ada@example.org",].subject == "Un changement d’adresse est demandé"


async def test_an_expired_proof_is_not_mailed_and_the_warning_is(office: Office) -> None:
    await office.say(created(), wanted(minutes=-1))
    items = await office.until("suppressed", "sent", about=ACCOUNT)
    assert [(item["template"], item["reason"]) for item in items] == [
        ("address_proof", "expired"),
        ("address_warning", None),
    ]


async def test_after_a_change_of_address_the_old_one_hears_of_it_and_of_nothing_more(office: Office) -> None:
    await office.say(created(), moved())
    await office.server.has(1)
    await office.say(PasswordChanged(account=ACCOUNT, how="changed", password_hash="h"))
    farewell, later = await office.server.has(2)
    assert farewell.recipients == ("ada@example.org",)
    assert farewell.subject == "Votre compte a changé d’adresse"
    assert later.recipients == (NEW,)


@pytest.mark.parametrize(
    ("fact", "subject"),
    [
        (
            SecondFactorEnabled(account=ACCOUNT, secret="s", recovery_codes=("x",)),
            "La double authentification est activée",
        ),
        (SecondFactorDisabled(account=ACCOUNT), "La double authentification est désactivée"),
        (RecoveryCodeUsed(account=ACCOUNT, left=9, code="x"), "Un code de secours a servi"),
    ],
)
async def test_what_happens_to_the_second_factor_is_told(office: Office, fact: Event, subject: str) -> None:
    await office.say(created(), fact)
    (mail,) = await office.server.has(1)
    assert (mail.recipients, mail.subject) == (("ada@example.org",), subject)


async def test_whoever_leaves_gets_a_last_mail_and_nothing_is_left_of_him(office: Office) -> None:
    await office.say(created(), activation())
    await office.server.has(1)
    await office.say(AccountErased(account=ACCOUNT, email="ada@example.org"))
    last = (await office.server.has(2))[-1]
    assert (last.recipients, last.subject) == (("ada@example.org",), "Votre compte est effacé")
    await office.until("sent", "sent", about=ACCOUNT)
    vault = office.desk.run.codec.vault
    async with asyncio.timeout(5):
        while vault.seal(f"farewell:{ACCOUNT}", b"", b"") is not None:
            await asyncio.sleep(0.02)
    assert vault.seal(f"account:{ACCOUNT}", b"", b"") is None
    auditor = office.desk.as_account("x", "auditeur")
    shown = (await office.desk.client.get("/audit/events", headers=auditor)).text
    assert "NotificationQueued" in shown
    assert "ada@example.org" not in shown
    verified = await office.desk.client.post("/audit/verification", headers=auditor)
    assert verified.json()["ok"] is True
    contacts = office.desk.run.projectors["contacts"].live.db
    assert "ada@example.org" not in str(await contacts.read("SELECT * FROM account"))


async def test_a_last_mail_waits_for_the_mail_server_with_its_address(office_opens: Open) -> None:
    async with office_opens() as office:
        await office.say(created())
        await office.server.stop()
        await office.say(AccountErased(account=ACCOUNT, email="ada@example.org"))
        await office.until("deferred", about=ACCOUNT)
    async with office_opens() as office:
        await office.server.start()
        await office.server.has(1)
        async with asyncio.timeout(5):
            while office.desk.run.codec.vault.seal(f"farewell:{ACCOUNT}", b"", b"") is not None:
                await asyncio.sleep(0.02)


async def test_a_last_word_that_comes_too_late_is_not_mailed(office: Office) -> None:
    await office.say(created())
    await office.server.stop()
    office.told.erase("identity", f"farewell:{ACCOUNT}")
    await office.say(AccountErased(account=ACCOUNT, email="ada@example.org"))
    (item,) = await office.until("suppressed", about=ACCOUNT)
    assert item["reason"] == "erased"


async def test_the_addressee_and_nobody_else_reads_which_mails_he_was_sent(office: Office) -> None:
    await office.say(created(), activation())
    await office.say(submitted(owner=ACCOUNT))
    await office.until("sent", about=ACCOUNT)
    await office.until("sent")
    desk = office.desk
    mine = desk.as_account(ACCOUNT)
    found = [(await desk.client.get(path, headers=mine)).json()["items"] for path in ("/mails", f"/mails/{DEMANDE}")]
    assert [[mail["mail"] for mail in mails] for mails in found] == [["activation"], ["receipt"]]
    assert set(found[0][0]) == {"mail", "status", "at", "updated_at"}
    other = desk.as_account("acc0000000000002")
    assert (await desk.client.get("/mails", headers=other)).json() == {"items": []}
    assert (await desk.client.get(f"/mails/{DEMANDE}", headers=other)).status_code == 404
    for path in ("/mails", f"/mails/{DEMANDE}"):
        for stranger in (desk.as_anonymous(), desk.as_tracking(DEMANDE)):
            assert (await desk.client.get(path, headers=stranger)).status_code == 401
    assert (await desk.client.get("/mails/nothing", headers=mine)).json() == {"items": []}
