"""Receipts, pieces, silence and what it entitles to: the mails the law owes an applicant."""

from __future__ import annotations

from services.dossiers.events import (
    AttestationIssued,
    AttestationRequested,
    Author,
    DemandeJoined,
    DemandeStatusChanged,
    DocumentsAwaited,
    DocumentsCompleted,
    DocumentsReceived,
    ImplicitDecisionTaken,
    LegalMentions,
    ReasonsGiven,
    ReasonsRequested,
)
from tests.services.notifier.conftest import Office
from tests.support.mails import DEMANDE, DISCUSSION, SITE, opened, posted, requested, submitted

APPEAL = "Vous pouvez saisir le tribunal administratif dans les deux mois."
AUTHOR = Author(agent="i1", first_name="Jeanne", last_name="Roy", capacity="cheffe de service", service="Habitat")
AT = "2026-12-10T09:00:00.000000Z"


def legal(silence: str) -> LegalMentions:
    return LegalMentions(
        service_address="Hôtel du Département\n45000 Orléans",
        service_phone="01 99 00 45 10",
        service_email="service@example.org",
        silence=silence,
        delay_months=2,
        appeal=APPEAL,
    )


def flat(text: str) -> str:
    return " ".join(text.replace("’", "'").replace("\xa0", " ").split())


async def test_the_receipt_has_every_mention(office: Office) -> None:
    """R112-11-1 CRPA."""
    await office.say(submitted(legal=legal("rejet")))
    await office.say(submitted("dem0000000000002", legal=legal("acceptation")))
    refusing, accepting = await office.server.has(2)
    for mail in (refusing, accepting):
        for part in ("plain", "html"):
            body = flat(mail.body(part))
            for mention in (
                "accusé de réception",
                "Service de la vie associative",
                "45000 Orléans",
                "service@example.org",
                "01 99 00 45 10",
                "24 janvier 2027",
                "pendant 2 mois",
                "PDF",
            ):
                assert mention in body, mention
    refused, accepted = flat(refusing.body("plain")), flat(accepting.body("plain"))
    assert "vaut décision de rejet (article L. 231-4" in refused
    assert APPEAL in refused
    assert "vaut décision d'acceptation (article L. 231-1" in accepted
    assert "attestation (article L. 232-3" in accepted
    assert APPEAL not in accepted


async def test_a_request_for_pieces_says_what_it_changes(office: Office) -> None:
    await office.say(submitted(legal=legal("rejet")))
    await office.say(opened(), requested("RIB"), posted("service", opening=True))
    (_, invitation) = await office.server.has(2)
    assert "Le délai au terme duquel le silence du service vaut rejet est suspendu" in flat(invitation.body("plain"))


async def test_pieces_that_arrive_are_receipted(office: Office) -> None:
    await office.say(submitted(legal=legal("rejet")))
    await office.say(
        DocumentsAwaited(
            demande=DEMANDE,
            discussion=DISCUSSION,
            documents=("d1", "d2"),
            asked_on="2026-12-01",
            due="2026-12-20",
            deadline="2027-02-12",
        )
    )
    await office.say(
        DocumentsReceived(demande=DEMANDE, discussion=DISCUSSION, documents=("d1",), received_at=AT, missing=1)
    )
    done = {"demande": DEMANDE, "discussion": DISCUSSION, "received_at": AT, "deadline": "2027-02-02"}
    await office.say(DocumentsCompleted.model_validate({**done, "documents": ("d2",), "waived": False}))
    await office.say(DocumentsCompleted.model_validate({**done, "documents": (), "waived": True}))
    _, some, all_of_them = await office.server.has(3)
    assert "le 10 décembre 2026 à 10 h 00 (heure de Paris) le document" in flat(some.body("plain"))
    assert "attend encore un document obligatoire" in flat(some.body("plain"))
    assert "le 2 février 2027 au soir, votre demande sera refusée" in flat(all_of_them.body("plain"))
    items = await office.until(*["sent"] * 3)
    assert [item["template"] for item in items] == ["receipt", "documents_received", "documents_complete"]


async def test_silence_and_what_it_entitles_to_are_mailed(office: Office) -> None:
    await office.say(submitted(legal=legal("rejet")))
    await office.say(
        ImplicitDecisionTaken(
            demande=DEMANDE, old="deposee", new="refusee", on="2027-01-24", silence="rejet", appeal=APPEAL
        )
    )
    await office.say(ReasonsRequested(demande=DEMANDE, due="2027-02-28"))
    await office.say(
        ReasonsGiven(demande=DEMANDE, appeal_until="2027-04-11", text="Le budget est épuisé.", author=AUTHOR)
    )
    _, silent, asked, told = await office.server.has(4)
    assert "est refusée, faute de réponse du service" in flat(silent.subject)
    body = flat(silent.body("plain"))
    assert "jusqu'au 24 janvier 2027. Son silence vaut décision de rejet" in body
    assert APPEAL in body
    assert "L. 232-4" in body
    assert "jusqu'au 28 février 2027 pour vous les communiquer" in flat(asked.body("plain"))
    reasons = flat(told.body("plain"))
    assert "Le budget est épuisé." in reasons
    assert "Communiqués par Jeanne Roy, cheffe de service" in reasons
    assert "contester ce refus jusqu'au 11 avril 2027" in reasons


async def test_an_attestation_is_asked_for_and_issued_by_mail(office: Office) -> None:
    await office.say(submitted(legal=legal("acceptation")))
    await office.say(
        ImplicitDecisionTaken(
            demande=DEMANDE, old="deposee", new="acceptee", on="2027-01-24", silence="acceptation", appeal=APPEAL
        )
    )
    await office.say(AttestationRequested(demande=DEMANDE))
    await office.say(AttestationIssued(demande=DEMANDE, author=AUTHOR))
    _, accepted, asked, issued = await office.server.has(4)
    assert "vaut décision d'acceptation" in flat(accepted.body("plain"))
    assert APPEAL not in flat(accepted.body("plain"))
    assert "accusé de réception" in flat(asked.body("plain"))
    assert "PDF sur la page de votre demande" in flat(issued.body("plain"))


async def test_a_refusal_says_how_to_contest_it_and_an_acceptance_does_not(office: Office) -> None:
    await office.say(submitted(legal=legal("rejet")))
    for new in ("refusee", "acceptee"):
        await office.say(
            DemandeStatusChanged(
                demande=DEMANDE, old="en_instruction", new=new, message="Voici", author=AUTHOR, appeal=APPEAL
            )
        )
    _, refused, accepted = await office.server.has(3)
    assert APPEAL in flat(refused.body("plain"))
    assert APPEAL not in flat(accepted.body("plain"))


async def test_a_demande_that_joined_an_account_is_followed_there(office: Office) -> None:
    await office.say(submitted())
    await office.say(DemandeJoined(demande=DEMANDE, owner="acc1"))
    await office.say(AttestationRequested(demande=DEMANDE))
    before, after = await office.server.has(2)
    assert f"{SITE}/demandes/{DEMANDE}" not in before.body("plain")
    assert f"{SITE}/demandes/{DEMANDE}" in after.body("plain")
