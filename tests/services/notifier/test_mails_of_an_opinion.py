"""Agents who ask each other for an opinion: who is written to, and what no mail says."""

from __future__ import annotations

from services.dossiers.events import OpinionDelayed, OpinionGiven, OpinionRequested, OpinionWithdrawn
from services.identity.events import AccountCreated
from tests.services.notifier.conftest import Office
from tests.support.mails import DEMANDE, TRACKING, submitted

EXPERT, ASKER, OPINION = "exp0000000000001", "age0000000000001", "opi0000000000001"
REQUEST = OpinionRequested(
    demande=DEMANDE,
    opinion=OPINION,
    expert=EXPERT,
    asked_by=ASKER,
    due="2026-12-20",
    expert_name="Luc Petit",
    asked_by_name="Jeanne Roy",
    question="La fanfare est-elle à jour ?",
)
ANSWER = OpinionGiven(
    demande=DEMANDE,
    opinion=OPINION,
    expert=EXPERT,
    asked_by=ASKER,
    expert_name="Luc Petit",
    verdict="reserve",
    text="Sous conditions.",
)


def agent(account: str, name: str) -> AccountCreated:
    first, last = name.split()
    return AccountCreated(
        account=account,
        terms_version="1",
        email=f"{first.lower()}@loiret.example.org",
        first_name=first,
        last_name=last,
        lookup=account,
    )


async def introduced(office: Office) -> None:
    for fact in (agent(EXPERT, "Luc Petit"), agent(ASKER, "Jeanne Roy"), submitted(email="ada@example.org")):
        await office.say(fact)


async def test_the_expert_is_asked_then_reminded_and_the_answer_is_announced(office: Office) -> None:
    await introduced(office)
    await office.say(REQUEST, OpinionDelayed(demande=DEMANDE, opinion=OPINION, expert=EXPERT, due="2026-12-20"), ANSWER)
    mails = {mail.subject: mail for mail in await office.server.has(4)}
    asked = mails["Votre avis est demandé sur D-2026-K7M3QZ"]
    reminder = mails["Rappel\xa0: votre avis est attendu sur D-2026-K7M3QZ"]
    given = mails["Avis rendu sur D-2026-K7M3QZ"]
    assert [str(mail.mail["To"]) for mail in (asked, reminder, given)] == [
        "luc@loiret.example.org",
        "luc@loiret.example.org",
        "jeanne@loiret.example.org",
    ]
    for part in ("plain", "html"):
        assert "Jeanne Roy vous demande" in asked.body(part)
        assert "20 décembre 2026" in asked.body(part).replace("\xa0", " ")
        assert "Luc Petit a répondu" in given.body(part)
        for mail in (asked, reminder, given):
            for hidden in (TRACKING, "Martin", "fanfare est-elle", "Sous conditions"):
                assert hidden not in mail.body(part)


async def test_the_applicant_hears_nothing_of_opinions(office: Office) -> None:
    await introduced(office)
    await office.say(REQUEST, ANSWER)
    await office.say(OpinionWithdrawn(demande=DEMANDE, opinion=OPINION, expert=EXPERT, agent=ASKER))
    mails = await office.server.has(3)
    assert sum(str(mail.mail["To"]) == "ada@example.org" for mail in mails) == 1
    (listed,) = await office.ledger(DEMANDE)
    assert listed["template"] == "receipt"
    assert [item["template"] for item in await office.ledger(EXPERT)] == ["opinion_requested"]
    assert [item["template"] for item in await office.ledger(ASKER)] == ["opinion_given"]
