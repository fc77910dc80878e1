"""What an auditor does with the history of that demande."""

from __future__ import annotations

import time
from typing import Any

from console.demo.narration import Narrator
from console.demo.portal import PATIENCE, Portal, Unexpected

SERVICES = ("identity", "dossiers", "discussion", "files", "notifier")


def audit(auditor: Portal, tell: Narrator, demande: str, before_decision: str) -> None:
    """Read the timeline, travel back, verify every chain, rebuild a read model."""
    with tell.step("L'auditeur lit l'histoire de la demande à travers les services") as details:
        items = auditor.get(f"/api/audit/demandes/{demande}/timeline")["items"]
        sources = {item["source"].rpartition("/")[2] for item in items}
        if not {"dossiers", "discussion", "files", "notifier"} <= sources:
            raise Unexpected(f"des services manquent dans l'histoire : {sorted(sources)}")
        details.append(f"{len(items)} faits de {len(sources)} services")
    with tell.step("Il revient juste avant la décision") as details:
        stream = next(item["subject"] for item in items if item["type"].startswith("fr.guichet.dossiers.DemandeSub"))
        now = auditor.get(f"/api/audit/dossiers/streams/{stream}")
        then = auditor.get(f"/api/audit/dossiers/streams/{stream}", params={"at": before_decision})
        by_version = auditor.get(f"/api/audit/dossiers/streams/{stream}", params={"version": then["version"]})
        if (now["state"]["status"], then["state"]["status"]) != ("acceptee", "en_instruction"):
            raise Unexpected(f"états inattendus : {now['state']['status']}, {then['state']['status']}")
        if by_version["state"] != then["state"] or not now["verified"]:
            raise Unexpected("la version et l'instant ne donnent pas le même état")
        details.append(f"version {then['version']} : {then['state']['status']}")
    with tell.step("Il vérifie les chaînes de tous les services") as details:
        reports = [_finished(auditor, f"/api/audit/{name}/verification") for name in SERVICES]
        if not all(report["ok"] for report in reports):
            raise Unexpected(f"chaînes rompues : {[report['faults'] for report in reports]}")
        details.append(f"{sum(report['events'] for report in reports)} faits, aucune faute")
    for service in SERVICES:
        for projection in auditor.get(f"/api/audit/{service}/projections")["items"]:
            with tell.step(f"Il reconstruit « {service} / {projection['name']} » depuis l'origine") as details:
                report = _finished(auditor, f"/api/audit/{service}/replays", {"projection": projection["name"]})
                if not report["identical"]:
                    raise Unexpected(f"différences : {report['differences']}")
                details.append(f"{report['events']} faits, lignes identiques")


def _finished(auditor: Portal, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
    report: dict[str, Any] = auditor.call("POST", path, json=body, expect=(200, 202)).body
    deadline = time.monotonic() + PATIENCE
    while not report["done"]:
        if time.monotonic() > deadline:
            raise Unexpected(f"{path} n'a pas fini à temps")
        time.sleep(0.2)
        report = auditor.get(f"{path}/{report['id']}")
    return report
