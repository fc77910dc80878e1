"""Receipts and attestations: every mention, readable by machines and people, the same bytes every time."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pikepdf
import pypdf
import pytest

from kernel.clock import FrozenClock
from services.dossiers.adapters.papers import attestation_paper, receipt_paper
from services.dossiers.adapters.typesetting import TypstPrinter
from services.dossiers.events import AttestationIssued, Contact, ImplicitDecisionTaken, OnBehalfOf
from services.dossiers.main import SERVICE
from services.dossiers.ports import Paper, Section
from tests.support.dossiers import APPEAL, AT, AUTHOR, CONTACT, DEMANDE, filing, submitted
from tests.support.service import Desk, serving

ISSUER = "Conseil départemental du Loiret"
NASTY = '#eval("1+1") *gras* _x_ `code` $x$ <label> @ref // \\ [ ] { } "guillemets" \u202e'


def text_of(content: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def printed(paper: Paper) -> str:
    return text_of(TypstPrinter().print(paper))


def test_the_receipt_of_a_request_that_silence_refuses_has_every_mention() -> None:
    """R112-11-1 CRPA."""
    text = printed(receipt_paper(submitted(), AT, ISSUER))
    for mention in (
        "Accusé de réception électronique",
        ISSUER,
        "2026-ABCDE-FGHJK",
        "Ada Martin",
        "1 rue des Lilas",
        "24 novembre 2026 à 14 h 05 (heure de Paris, UTC+01:00)",
        "Vie associative",
        "Hôtel du Département, 45000 Orléans",
        "service@example.org",
        "01 99 00 45 10",
        "le 24 janvier 2027 au soir",
        "2 mois de silence",
        "décision de rejet (article L. 231-4",
        "article L. 232-4",
        "Délais et voies de recours",
        APPEAL,
        "suspendu pendant le temps qui vous est laissé",
        "article L. 114-5",
        "articles L. 112-11 et R. 112-11-1",
    ):
        assert mention in text, mention
    assert "attestation" not in text


def test_the_receipt_of_a_request_that_silence_accepts_speaks_of_the_attestation() -> None:
    text = printed(receipt_paper(submitted("acceptation"), AT, ISSUER))
    for mention in (
        "décision d'acceptation (article L. 231-1",
        "attestation",
        "L. 232-3",
        "qu'à compter de la réception",
    ):
        assert mention in text, mention
    assert "voies de recours" not in text


def test_an_organisation_is_named_with_its_number() -> None:
    behalf = OnBehalfOf(kind="association", name="Fanfare des villages", identifier="W451234567")
    text = printed(receipt_paper(submitted(on_behalf_of=behalf), AT, ISSUER))
    assert "Fanfare des villages (W451234567) représenté par Ada Martin" in text


def test_an_attestation_says_what_silence_decided_and_who_attests_it() -> None:
    decided = ImplicitDecisionTaken(
        demande=DEMANDE, old="deposee", new="acceptee", on="2027-01-24", silence="acceptation", appeal=APPEAL
    )
    issued = AttestationIssued(demande=DEMANDE, author=AUTHOR)
    later = datetime(2027, 2, 1, 9, tzinfo=UTC)
    text = printed(attestation_paper(submitted("acceptation"), AT, decided, issued, later, ISSUER))
    for mention in (
        "Attestation de décision implicite d'acceptation",
        "reçue le 24 novembre 2026 à 14 h 05",
        "jusqu'au 24 janvier 2027",
        "Jeanne Roy, cheffe de service, Habitat",
        "Le 1er février 2027",
        "L. 232-3 et L. 212-2",
    ):
        assert mention in text, mention


def test_the_pdf_is_tagged_and_fit_for_archives() -> None:
    content = TypstPrinter().print(receipt_paper(submitted(), AT, ISSUER))
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert str(pdf.Root.Lang) == "fr-FR"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert "/StructTreeRoot" in pdf.Root
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        meta = pdf.open_metadata()
        assert meta["dc:title"] == "Accusé de réception électronique"
        assert (meta["pdfuaid:part"], meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("1", "2", "A")
        tags = [str(one.S) for one in _structure(pdf.Root.StructTreeRoot)]
    assert {"/Document", "/H1", "/H2", "/P"} & set(tags)
    assert any(tag in ("/L", "/LI", "/Lbl", "/LBody") for tag in tags)


def _structure(node: Any) -> Any:
    for kid in node.K if isinstance(node.get("/K"), pikepdf.Array) else filter(None, [node.get("/K")]):
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            yield kid
            if "/K" in kid:
                yield from _structure(kid)


def test_the_same_facts_give_the_same_bytes() -> None:
    prints = {TypstPrinter().print(receipt_paper(submitted(), AT, ISSUER)) for _ in range(3)}
    assert len(prints) == 1
    other = TypstPrinter().print(receipt_paper(submitted(reference="2026-AUTRE"), AT, ISSUER))
    assert other not in prints


@pytest.mark.parametrize("nasty", [NASTY, "漢字 \u0633\u0644\u0627\u0645 😀", "m" * 3000, "\u0301" * 50, "a\nb\n\nc"])
def test_what_people_type_is_text_and_nothing_else(nasty: str) -> None:
    paper = Paper(
        title="Accusé",
        issuer=nasty,
        service=nasty,
        facts=(("Demandeur", nasty), (nasty, "x")),
        sections=(Section(heading=nasty, paragraphs=(nasty,)),),
        closing=nasty,
        dated=AT,
    )
    content = TypstPrinter().print(paper)
    if nasty == NASTY:
        text = text_of(content)
        assert '#eval("1+1") *gras* _x_ `code` $x$ <label> @ref // \\ [ ] { }' in text


def test_a_page_of_hostile_names_is_a_receipt_too() -> None:
    contact = Contact(email="a@b.fr", first_name=NASTY, last_name="😀", postal_address="\n" * 20)
    assert TypstPrinter().print(receipt_paper(submitted(contact=contact), AT, NASTY)).startswith(b"%PDF-")


async def receipt_of(desk: Desk, id: str, headers: dict[str, str]) -> Any:
    return await desk.client.get(f"/api/demandes/{id}/receipt", headers=headers)


async def digests(desk: Desk, id: str) -> list[str]:
    history = await desk.client.get(f"/api/demandes/{id}/history", headers=desk.as_tracking(id))
    return [item["label"][-64:] for item in history.json()["items"] if item["kind"] == "receipt"]


async def test_the_receipt_is_there_for_both_ways_in_and_its_digest_is_in_the_history(
    desk: Desk, now: FrozenClock
) -> None:
    id = (await filing(desk, desk.as_account("a1"))).json()["id"]
    answer = await receipt_of(desk, id, desk.as_account("a1"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"].startswith('attachment; filename="accuse-reception-2026-')
    assert answer.headers["x-content-type-options"] == "nosniff"
    digest = hashlib.sha256(answer.content)
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert "Fanfare des villages (73282932000074)" in text_of(answer.content)
    now.advance(days=40)
    again = await receipt_of(desk, id, desk.as_tracking(id))
    assert again.content == answer.content
    assert await digests(desk, id) == [digest.hexdigest()]
    for headers, status in (
        (desk.as_account("b2"), 404),
        (desk.as_tracking("0" * 16), 404),
        (desk.as_anonymous(), 401),
    ):
        assert (await receipt_of(desk, id, headers)).status_code == status
    seen = await desk.client.get(f"/api/demandes/{id}", headers=desk.as_account("a1"))
    assert seen.json()["version"] == 1


async def test_every_filing_gets_its_receipt_even_if_nobody_asks(desk: Desk) -> None:
    id = (await filing(desk, desk.as_anonymous(), contact=CONTACT)).json()["id"]
    async with asyncio.timeout(10):
        while not (history := await digests(desk, id)):
            await asyncio.sleep(0.02)
    answer = await receipt_of(desk, id, desk.as_tracking(id))
    assert [hashlib.sha256(answer.content).hexdigest()] == history


async def test_an_erased_demande_has_no_receipt_any_more(desk: Desk) -> None:
    id = (await filing(desk, desk.as_account("a1"))).json()["id"]
    desk.run.codec.vault.destroy(f"demande:{id}")
    desk.run.store.forget()
    assert (await receipt_of(desk, id, desk.as_account("a1"))).status_code == 404


async def test_there_is_no_attestation_before_it_is_issued(desk: Desk) -> None:
    id = (await filing(desk, desk.as_account("a1"))).json()["id"]
    answer = await desk.client.get(f"/api/demandes/{id}/attestation", headers=desk.as_account("a1"))
    assert answer.status_code == 404


async def test_an_old_filing_is_printed_only_when_somebody_asks(tmp_path: Path, now: FrozenClock) -> None:
    async with serving(SERVICE, tmp_path, clock=now) as desk:
        id = (await filing(desk, desk.as_account("a1"))).json()["id"]
        async with asyncio.timeout(10):
            while not await digests(desk, id):
                await asyncio.sleep(0.02)
        old = submitted(demande="dem0000000000002", received_on="2026-10-01", receipt_due="2026-10-15")
        run = desk.run
        await run.store.update("dossiers.demande-dem0000000000002", lambda _: [old], run.own_initiative("told"))
        (reactor,) = [one for one in run.reactors if one.reactor.name == "receipts"]
        async with asyncio.timeout(10):
            while reactor.positions["dossiers"] < run.store.head:
                await asyncio.sleep(0.02)
        assert await run.store.read("dossiers.receipt-dem0000000000002") == []
        answer = await receipt_of(desk, old.demande, desk.as_tracking(old.demande))
        assert [hashlib.sha256(answer.content).hexdigest()] == await digests(desk, old.demande)
