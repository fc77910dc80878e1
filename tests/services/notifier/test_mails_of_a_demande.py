"""From a fact of another service to the mail in somebody's box."""

from __future__ import annotations

from email import message_from_bytes

from services.discussion.events import DiscussionClosed, MessageRead
from services.dossiers.events import DemandeAssigned, DemandeWithdrawn
from services.identity.events import AccountActivated, AccountDisabled, AccountForgotten, SignUpAttempted
from tests.services.notifier.conftest import Office, Open
from tests.support.mails import (
    ACCOUNT,
    DEMANDE,
    DISCUSSION,
    SITE,
    TOKEN,
    TRACKING,
    activation,
    created,
    moved,
    opened,
    posted,
    requested,
    submitted,
)


async def test_every_step_of_a_demande_is_mailed_once_to_its_contact(office: Office) -> None:
    await office.say(submitted(owner="acc1"))
    await office.server.has(1)
    await office.say(moved("en_instruction", "deposee"))
    await office.say(moved("refusee", message="Le budget est épuisé."))
    await office.say(moved("en_instruction", "refusee", "Un budget est revenu."))
    await office.say(moved("acceptee"))
    await office.say(moved("transmise"))
    await office.say(DemandeWithdrawn(demande=DEMANDE, old="en_instruction", reason="Je renonce"))
    mails = await office.server.has(7)
    assert [mail.subject for mail in mails] == [
        "Nous avons bien reçu votre demande D-2026-K7M3QZ",
        "Votre demande D-2026-K7M3QZ est en cours d’instruction",
        "Votre demande D-2026-K7M3QZ est refusée",
        "Votre demande D-2026-K7M3QZ est de nouveau à l’étude",
        "Votre demande D-2026-K7M3QZ est acceptée",
        "Votre demande D-2026-K7M3QZ a avancé",
        "Votre demande D-2026-K7M3QZ est retirée",
    ]
    for mail in mails:
        assert mail.recipients == ("ada@example.org",)
        assert mail.mail["To"] == "ada@example.org"
        for part in ("plain", "html"):
            assert TRACKING in mail.body(part)
            assert f"{SITE}/demandes/{DEMANDE}" in mail.body(part)
    assert "Le budget est épuisé." in mails[2].body("plain")
    assert "Jeanne Roy, cheffe de service" in mails[2].body("plain")
    items = await office.until(*["sent"] * 7)
    assert [item["template"] for item in items] == ["receipt", *["status_changed"] * 5, "withdrawal"]
    assert {item["attempts"] for item in items} == {1}


async def test_a_discussion_is_mailed_when_it_opens_when_the_service_writes_and_when_it_closes(office: Office) -> None:
    await office.say(submitted())
    await office.server.has(1)
    await office.say(opened(), requested("Relevé d'identité bancaire", "Statuts"), posted("service", opening=True))
    mails = await office.server.has(2)
    for part in ("plain", "html"):
        body = mails[1].body(part)
        assert "Pièces manquantes" in body
        assert ("Relevé d'identité" if part == "plain" else "Relevé d&#39;identité") in body
        assert "avant le 20\xa0décembre 2026" in body
        assert "Statuts (facultatif)" in body
        assert f"{SITE}/suivi" in body
        assert f"{SITE}/demandes" not in body
    await office.say(posted("applicant", attachments=("f0",)))
    await office.server.has(3)
    await office.say(posted("service", attachments=("f1", "f2")))
    await office.say(MessageRead(discussion=DISCUSSION, demande=DEMANDE, reader="applicant", up_to="m", remaining=0))
    await office.say(DiscussionClosed(discussion=DISCUSSION, demande=DEMANDE, agent="i1"))
    mails = await office.server.has(5)
    await office.followed()
    assert [mail.subject for mail in mails[1:]] == [
        "Le service attend votre réponse sur votre demande D-2026-K7M3QZ",
        "Nous avons bien reçu votre message sur la demande D-2026-K7M3QZ",
        "Nouveau message du service sur votre demande D-2026-K7M3QZ",
        "La discussion sur votre demande D-2026-K7M3QZ est close",
    ]
    assert "avec un document. Ce courrier en est" in mails[2].body("plain")
    assert "2 documents sont joints" in mails[3].body("plain")
    assert all("Secret de la discussion" not in mail.body("plain") for mail in mails)
    assert [item["status"] for item in await office.until(*["sent"] * 5)] == ["sent"] * 5


async def test_an_activation_link_and_a_warning_go_to_the_address_of_the_account(office: Office) -> None:
    await office.say(created(), activation())
    await office.say(SignUpAttempted(account=ACCOUNT))
    mails = await office.server.has(2)
    await office.say(AccountActivated(account=ACCOUNT))
    await office.say(AccountDisabled(account=ACCOUNT))
    await office.followed()
    assert [mail.subject for mail in mails] == ["Activez votre compte", "Vous avez déjà un compte"]
    for part in ("plain", "html"):
        assert f"{SITE}/activation/{TOKEN}" in mails[0].body(part)
        assert "Ada" not in mails[0].body(part)
        assert "Ada" not in mails[1].body(part)
    items = await office.until("sent", "sent", about=ACCOUNT)
    assert [item["template"] for item in items] == ["activation", "sign_up_attempt"]


async def test_an_invited_agent_is_told_that_he_chooses_a_password(office: Office) -> None:
    await office.say(created(), activation(invited=True))
    (mail,) = await office.server.has(1)
    assert mail.subject == "Activez votre compte d’agent"
    assert "choisir votre mot de passe" in mail.body("plain")


async def test_a_fact_whose_demande_is_not_known_yet_waits_for_it(office: Office) -> None:
    await office.say(opened(), posted("service", opening=True))
    await office.followed()
    assert await office.ledger() == []
    await office.say(submitted())
    mails = await office.server.has(2)
    assert [mail.subject[:12] for mail in mails] == ["Nous avons b", "Le service a"]


async def test_what_concerns_nobody_writes_to_nobody(office: Office) -> None:
    await office.say(submitted())
    await office.say(DemandeAssigned(demande=DEMANDE, agent="i1", agent_name="Jeanne Roy"))
    await office.followed()
    await office.until("sent")
    assert len(office.server.kept) == 1


async def test_a_person_whose_data_is_erased_is_not_written_to(office_opens: Open) -> None:
    async with office_opens() as office:
        await office.say(submitted())
        office.told.erase("dossiers", f"demande:{DEMANDE}")
        (item,) = await office.until("suppressed")
        assert (item["reason"], item["attempts"]) == ("erased", 0)
        assert await office.story(item["id"]) == ["NotificationSuppressed"]
    assert office.server.kept == []


async def test_an_expired_link_is_not_mailed(office: Office) -> None:
    await office.say(created(), activation(hours=-1))
    (item,) = await office.until("suppressed", about=ACCOUNT)
    assert item["reason"] == "expired"


async def test_an_address_no_mail_can_reach_is_recorded_as_such(office: Office) -> None:
    await office.say(submitted(email="ada@example.org, eve@example.org"))
    (item,) = await office.until("suppressed")
    assert item["reason"] == "bad-address"
    assert office.server.kept == []


async def test_a_forgotten_account_takes_its_mails_with_it(office_opens: Open) -> None:
    async with office_opens() as office:
        await office.server.stop()
        await office.say(created(), activation())
        await office.until("deferred", about=ACCOUNT)
        await office.say(AccountForgotten(account=ACCOUNT))
        await office.followed()
        await office.server.start()
        (item,) = await office.until("suppressed", about=ACCOUNT)
        assert item["reason"] == "erased"
        await office.say(SignUpAttempted(account=ACCOUNT))
        await office.until("suppressed", "suppressed", about=ACCOUNT)
    assert office.server.kept == []


async def test_mails_of_one_demande_are_one_thread_and_ask_for_no_reply(office: Office) -> None:
    await office.say(submitted())
    await office.say(moved("acceptee"))
    mails = await office.server.has(2)
    for kept in mails:
        mail = message_from_bytes(kept.source)
        assert mail["References"] == f"<demande.{DEMANDE}@cd.example.org>"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert not [name for name in mail if name.lower().startswith("x-guichet")]
    assert len({kept.mail["Message-ID"] for kept in mails}) == 2


async def test_the_ledger_is_for_operations_only(office: Office) -> None:
    desk = office.desk
    for headers in (desk.as_anonymous(), desk.as_account("a1", "auditeur"), desk.as_service("dossiers", "feed")):
        answer = await desk.client.get("/internal/notifications?about=x", headers=headers)
        assert answer.status_code == 404
