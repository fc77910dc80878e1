"""The auditor's pages: search, the story of a demande, time travel, verification, replay."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.pages.audit.naming import by
from gateway.routes import SERVICES
from tests.gateway.test_pages import HTML, Page, accessible, submit
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEMANDE = "qk544ckfm286zkaj"
STREAM = f"dossiers.demande-{DEMANDE}"
TRAVEL = f"/audit/flux/dossiers/{STREAM}"


def fact(name: str, version: int, *, service: str = "dossiers", second: int = 0, **data: Any) -> dict[str, Any]:
    return {
        "id": f"{service}-{version}",
        "source": f"/guichet/{service}",
        "type": f"fr.guichet.{service}.{name}.v1",
        "subject": STREAM,
        "time": f"2026-11-24T10:00:{second:02}.250000Z",
        "sequence": str(version),
        "streamversion": version,
        "correlationid": "0123456789abcdef",
        "causationid": "",
        "chain": "ab" * 32,
        "actor": "account:a1",
        "data": data,
    }


SUBMITTED = fact("DemandeSubmitted", 1, reference="2026-QK544-CKFM2", answers={"motif": "<b>Piano</b>"})
MOVED = fact("DemandeStatusChanged", 2, second=5, status="en_instruction", labels=[])


def state(version: int, *events: dict[str, Any], verified: bool = True) -> dict[str, Any]:
    status = "deposee" if version == 1 else "en_instruction"
    shown = {"status": status, "owner": "", "decided": False, "term": {"months": 2}, "labels": ["urgent"], "end": None}
    return {"stream": STREAM, "version": version, "state": shown, "events": list(events), "verified": verified}


async def read(door: Portal, town: Town, path: str, *, code: int = 200) -> Page:
    bearer = town.signs_in("auditeur")
    door.client.cookies.set("guichet", bearer["Authorization"].removeprefix("Bearer "))
    answer = await door.client.get(path, headers=HTML)
    assert answer.status_code == code, answer.text
    return Page(answer)


async def test_an_auditor_begins_with_a_demande_a_service_or_a_check(door: Portal, town: Town) -> None:
    page = await read(door, town, "/audit")
    accessible(page)
    links = [each.get("href") for each in page.all("a")]
    assert {"/audit/verification", "/audit/relectures"} < set(links)
    assert {f"/audit/evenements?service={service}" for service in SERVICES} < set(links)


@pytest.mark.parametrize("typed", [DEMANDE, f"https://guichet.example.org/demandes/{DEMANDE}", f" {DEMANDE.upper()} "])
async def test_an_id_or_an_address_leads_to_its_story(door: Portal, town: Town, typed: str) -> None:
    bearer = town.signs_in("auditeur")
    answer = await door.client.get("/audit", params={"demande": typed}, headers=HTML | bearer)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/audit/demandes/{DEMANDE}")


async def test_a_reference_is_looked_up(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /audit/demandes", body={"items": [{"id": DEMANDE, "reference": "r", "status": "s"}]})
    bearer = town.signs_in("auditeur")
    answer = await door.client.get("/audit", params={"demande": "2026-QK544-CKFM2"}, headers=HTML | bearer)
    assert answer.headers["location"] == f"/audit/demandes/{DEMANDE}"
    assert town.last.query == "reference=2026-QK544-CKFM2"


async def test_an_unknown_reference_is_said_at_its_field(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /audit/demandes", body={"items": []})
    page = await read(door, town, "/audit?demande=2026-AAAAA-BBBBB", code=422)
    accessible(page)
    assert page.title.startswith("Erreur : ")
    assert (page.field("demande")["aria-invalid"], page.field("demande")["value"]) == ("true", "2026-AAAAA-BBBBB")


async def test_facts_are_searched_with_the_filters_of_the_api(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /audit/events", body=[SUBMITTED])
    page = await read(door, town, "/audit/evenements?service=dossiers&type=DemandeSubmitted&actor=account:a1&stream=")
    accessible(page)
    assert "limit=15&after=0&type=DemandeSubmitted&actor=account%3Aa1" in town.last.query
    assert "&lt;b&gt;Piano&lt;/b&gt;" in page.text
    assert f"{TRAVEL}?version=1" in page.text
    assert "Afficher la suite" not in page.text


async def test_a_full_page_of_facts_leads_to_the_next(door: Portal, town: Town) -> None:
    town.says("dossiers", "GET /audit/events", body=[fact("DemandeSubmitted", number) for number in range(1, 16)])
    page = await read(door, town, "/audit/evenements?type=DemandeSubmitted")
    assert "/audit/evenements?service=dossiers&amp;type=DemandeSubmitted&amp;after=15" in page.text


async def test_what_the_api_does_not_understand_is_said_at_its_field(door: Portal, town: Town) -> None:
    fault = {"slug": "invalid-request", "detail": "x", "errors": [{"pointer": "/since", "detail": "Date illisible."}]}
    town.says("dossiers", "GET /audit/events", 422, fault)
    page = await read(door, town, "/audit/evenements?since=hier", code=422)
    accessible(page)
    assert page.field("since")["aria-invalid"] == "true"


async def test_no_fact_and_no_such_service_are_said(door: Portal, town: Town) -> None:
    town.says("files", "GET /audit/events", body=[])
    assert "aucun événement" in (await read(door, town, "/audit/evenements?service=files")).text
    assert "Page introuvable" in (await read(door, town, "/audit/evenements?service=paie", code=404)).text


async def test_a_demande_is_told_across_the_services(door: Portal, town: Town) -> None:
    for service in SERVICES:
        town.says(service, "GET /audit/timeline", body=[])
    town.says("dossiers", "GET /audit/timeline", body=[SUBMITTED, MOVED])
    town.says("notifier", "GET /audit/timeline", body=[fact("NotificationSent", 1, service="notifier", second=2)])
    town.says("dossiers", f"GET /audit/streams/{STREAM}", body=state(2, SUBMITTED, MOVED))
    page = await read(door, town, f"/audit/demandes/{DEMANDE}")
    accessible(page)
    assert "Histoire de la demande 2026-QK544-CKFM2" in page.text
    places = [page.text.index(f"<strong>{said}</strong>") for said in ("Demande déposée", "État de la demande modifié")]
    assert places[0] < page.text.index("<strong>Courrier électronique remis au serveur</strong>") < places[1]
    alone = await read(door, town, f"/audit/demandes/{DEMANDE}?service=notifier")
    assert "<strong>Demande déposée</strong>" not in alone.text


async def test_the_story_stands_when_the_state_cannot_be_had(door: Portal, town: Town) -> None:
    for service in SERVICES:
        town.says(service, "GET /audit/timeline", body=[])
    town.says("dossiers", "GET /audit/timeline", body=[SUBMITTED])
    town.says("dossiers", f"GET /audit/streams/{STREAM}", 503, {})
    assert "momentanément indisponible" in (await read(door, town, f"/audit/demandes/{DEMANDE}")).text


async def test_time_travel_shows_the_state_at_a_version(door: Portal, town: Town) -> None:
    town.says("dossiers", f"GET /audit/streams/{STREAM}", body=state(2, SUBMITTED, MOVED))
    page = await read(door, town, f"{TRAVEL}?version=2")
    accessible(page)
    assert (page.field("version")["max"], page.field("version")["value"]) == ("2", "2")
    assert {"version=2", ""} == {heard.query for heard in town.heard}
    assert ("urgent" in page.text, "intactes" in page.text) == (True, True)
    assert f"{TRAVEL}?version=1" in page.text


async def test_a_broken_chain_is_said(door: Portal, town: Town) -> None:
    town.says("dossiers", f"GET /audit/streams/{STREAM}", body=state(1, SUBMITTED, verified=False))
    assert "rompues" in (await read(door, town, TRAVEL)).text


async def test_a_verification_is_started_in_every_service_and_followed(door: Portal, town: Town) -> None:
    page = await read(door, town, "/audit/verification")
    accessible(page)
    for service in ("identity", "files"):
        town.says(service, "POST /audit/verification", 202, {"id": f"{service}-job", "done": False, "progress": 0.1})
    answer = await submit(door, "/audit/verification", page, service="identity")
    assert answer.headers["location"] == "/audit/verification?identity=identity-job"
    report = {"id": "identity-job", "progress": 0.5, "done": False, "events": 0, "streams": 0, "ok": False}
    town.says("identity", "GET /audit/verification/identity-job", body=report)
    page = await read(door, town, "/audit/verification?identity=identity-job")
    accessible(page)
    assert ("data-running" in page.text, "50 %" in page.text) == (True, True)
    report |= {"progress": 1.0, "done": True, "events": 12, "streams": 3, "ok": True, "faults": []}
    town.says("identity", "GET /audit/verification/identity-job", body=report)
    page = await read(door, town, "/audit/verification?identity=identity-job&files=gone")
    accessible(page)
    assert ("data-running" in page.text, "toutes les empreintes sont intactes" in page.text) == (False, True)
    assert "ne connaît plus cette vérification" in page.text
    town.says("identity", "GET /audit/verification/identity-job", body=report | {"ok": False, "error": "OSError"})
    assert "aller au bout" in (await read(door, town, "/audit/verification?identity=identity-job")).text
    report |= {"ok": False, "faults": ["dossiers.demande-x v2"]}
    town.says("identity", "GET /audit/verification/identity-job", body=report)
    page = await read(door, town, "/audit/verification?identity=identity-job")
    assert ("1 anomalie" in page.text, "dossiers.demande-x v2" in page.text) == (True, True)


async def test_a_read_model_is_replayed_and_its_likeness_said(door: Portal, town: Town) -> None:
    for service in ("identity", "dossiers", "discussion", "files"):
        models = [{"name": "tracking", "version": 2, "position": {"dossiers": 40}}]
        town.says(service, "GET /audit/projections", body={"items": models})
    page = await read(door, town, "/audit/relectures")
    accessible(page)
    assert "momentanément indisponible" in page.text  # the notifier says nothing
    town.says("dossiers", "POST /audit/replays", 200, {"id": "job", "done": True, "progress": 1.0})
    answer = await submit(door, "/audit/relectures", page, model="dossiers.tracking")
    assert answer.headers["location"] == "/audit/relectures?service=dossiers&id=job"
    assert town.last.body == b'{"projection":"tracking"}'
    report = {"id": "job", "done": True, "progress": 1.0, "projection": "tracking", "events": 40, "seconds": 0.25}
    said = report | {"identical": True, "differences": []}
    town.says("dossiers", "GET /audit/replays/job", body=said)
    page = await read(door, town, "/audit/relectures?service=dossiers&id=job")
    accessible(page)
    assert ("Identique" in page.text, "0,2 s" in page.text) == (True, True)
    town.says("dossiers", "GET /audit/replays/job", body=said | {"identical": False, "differences": ["line"]})
    assert "Des différences" in (await read(door, town, "/audit/relectures?service=dossiers&id=job")).text


@pytest.mark.parametrize("path", ["/audit", "/audit/evenements", f"/audit/demandes/{DEMANDE}", TRAVEL])
async def test_others_are_kept_out_of_the_audit(door: Portal, town: Town, path: str) -> None:
    asked = await door.client.get(path, headers=HTML)
    assert (asked.status_code, asked.headers["location"].partition("?")[0]) == (303, "/connexion")
    assert (await door.client.get(path, headers=HTML | town.signs_in("administrateur"))).status_code == 403
    assert town.heard == []


async def test_who_acted_is_said_in_french() -> None:
    assert by("account:a1") == "par le compte a1"
    assert by("service:notifier") == "automatiquement, service Courriers électroniques"
    assert by("tracking:d1") == "par le suivi sans compte de la demande d1"
    assert by("visitor") == "visitor "
