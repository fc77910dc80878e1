"""The same portal for an association, a company, a local authority and a school, with drafts and second thoughts."""

from __future__ import annotations

from typing import Any, Final

from console.demo import journey
from console.demo.narration import Narrator
from console.demo.people import sign_in
from console.demo.portal import Mailbox, Portal, Unexpected

# Who asks, for what; the identifiers are of no living organisation (INSEE's and the ministry's check digits hold).
APPLICANTS: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    (
        "L'association, par son numéro RNA",
        "subvention-association",
        {"kind": "association", "name": "Les Amis du moulin", "identifier": "W452001234"},
    ),
    (
        "L'entreprise, par son SIRET",
        "travaux-bord-de-route",
        {"kind": "company", "name": "Travaux publics du Val", "identifier": "732 829 320 00074"},
    ),
    (
        "La commune, par son SIRET",
        "soutien-etablissement-ou-commune",
        {"kind": "local_authority", "name": "Commune du Buisson", "identifier": "219 999 901 00008"},
    ),
    (
        "Le collège, par son numéro UAI",
        "soutien-etablissement-ou-commune",
        {"kind": "school", "name": "Collège Jean-Rostand", "identifier": "0459999Z"},
    ),
)
REASON: Final = "Les travaux sont prévus dans une zone protégée où aucune permission ne peut être donnée."


def everybody(portal: Portal, person: Portal, mailbox: Mailbox, tell: Narrator, email: str) -> None:
    """Drafts, filings, a copy, a withdrawal, a refusal. Raises Unexpected."""
    filed = {}
    for who, demarche, on_behalf_of in APPLICANTS:
        filed[on_behalf_of["kind"]] = _through_a_draft(person, mailbox, tell, email, who, demarche, on_behalf_of)
    _copied_and_withdrawn(person, mailbox, tell, email, filed["school"])
    _refused(portal, mailbox, tell, email, filed["company"])


def _through_a_draft(
    person: Portal,
    mailbox: Mailbox,
    tell: Narrator,
    email: str,
    who: str,
    demarche: str,
    on_behalf_of: dict[str, str],
) -> dict[str, Any]:
    with tell.step(f"{who} : un brouillon, repris, complété, déposé") as details:
        form = person.get(f"/api/demarches/{demarche}")
        answers = {field["name"]: field["example"] for field in form["fields"] if field.get("example") is not None}
        begun = dict(list(answers.items())[:2])
        body = {"demarche": demarche, "on_behalf_of": on_behalf_of, "answers": begun, "submit": False}
        draft = person.post("/api/demandes", body, expect=201)
        person.call("PATCH", f"/api/demandes/{draft['id']}/answers", json={"answers": answers})
        filed: dict[str, Any] = person.post(f"/api/demandes/{draft['id']}/submission", {})
        details.append(filed["reference"])
    journey.receive(mailbox, tell, email, filed, "Accusé de réception reçu")
    return filed


def _copied_and_withdrawn(person: Portal, mailbox: Mailbox, tell: Narrator, email: str, filed: dict[str, Any]) -> None:
    with tell.step("Le collège copie sa demande pour l'an prochain, puis se ravise"):
        copy = person.post(f"/api/demandes/{filed['id']}/duplicate", {}, expect=201)
        # A promise is made anew each time: the copy does not bring it.
        person.call("PATCH", f"/api/demandes/{copy['id']}/answers", json={"answers": {"attestation": True}})
        again: dict[str, Any] = person.post(f"/api/demandes/{copy['id']}/submission", {})
        person.post(f"/api/demandes/{again['id']}/withdrawal", {"reason": "Le projet est reporté d'un an."})
        if person.get(f"/api/demandes/{again['id']}")["status"] != "retiree":
            raise Unexpected("la demande n'est pas retirée")
    journey.receive(mailbox, tell, email, again, "Courrier reçu : retrait enregistré", "retir")


def _refused(portal: Portal, mailbox: Mailbox, tell: Narrator, email: str, filed: dict[str, Any]) -> None:
    with tell.step("Le service des routes se connecte"):
        agent = sign_in(portal, "instructeur2@demo.example.org")
    journey.take(agent, tell, filed["id"])
    path = f"/api/backoffice/demandes/{filed['id']}/status"
    with tell.step("Un refus sans motif n'est pas accepté"):
        agent.call("POST", path, json={"status": "refusee"}, expect=422)
    with tell.step("Il refuse, avec un motif"):
        agent.post(path, {"status": "refusee", "message": REASON})
    journey.receive(mailbox, tell, email, filed, "Courrier reçu : refus motivé, avec les voies de recours", REASON)
