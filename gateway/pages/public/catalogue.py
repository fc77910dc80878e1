"""The catalogue of démarches: finding one, and reading what it is for before asking anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from gateway.pages.house import House, Pages
from gateway.pages.site import query
from gateway.refusals import Refusal
from gateway.visits import Visit

pages = Pages()

Demarche = Mapping[str, Any]

KINDS: Final[Mapping[str, str]] = {
    "self": "Particulier",
    "association": "Association",
    "company": "Entreprise",
    "local_authority": "Collectivité",
    "school": "Établissement scolaire",
}
READY: Final[Mapping[str, str]] = {
    "association": "pour une association, son nom et son numéro RNA ou SIRET",
    "company": "pour une entreprise, son nom et son numéro SIRET",
    "local_authority": "pour une collectivité, son nom et son numéro SIRET",
    "school": "pour un établissement scolaire, son nom et son code UAI",
}
FURTHEST: Final = 50  # pages of the list: a page is no place for a loop without an end


@pages.get("/demarches")
async def show(house: House, visit: Visit) -> Response:
    """The open démarches, by words and by who asks."""
    asked = query(visit)
    words = "".join(char for char in asked.get("q", "") if char.isprintable()).strip()[:200]
    kind = asked.get("pour", "") if asked.get("pour") in KINDS else ""
    wanted = {name: value for name, value in (("q", words), ("audience", kind)) if value}
    found = await open_demarches(house, visit, **wanted)
    return house.site.page(visit, "public/catalogue.html", q=words, pour=kind, kinds=KINDS, demarches=found)


@pages.get("/demarches/{slug}")
async def read(house: House, visit: Visit) -> Response:
    """One démarche in plain words; a closed one says so."""
    demarche = await house.get(visit, f"/api/demarches/{visit.match.wild[0]}")
    return house.site.page(
        visit,
        "public/demarche.html",
        demarche=demarche,
        kinds=[KINDS[kind] for kind in demarche["audience"]],
        ready=[READY[kind] for kind in demarche["audience"] if kind in READY],
        alone="self" in demarche["audience"],
        parts_of_form=summary(demarche["fields"]),
    )


async def open_demarches(house: House, visit: Visit, **wanted: str) -> list[Demarche] | None:
    """All of them, or those that `q` and `audience` find, by title; None when they cannot be had now."""
    found: list[Demarche] = []
    for _ in range(FURTHEST):
        try:
            page = await house.get(visit, "/api/demarches", **wanted)
        except Refusal:
            return None
        found += page["items"]
        if not page["next"]:
            break
        wanted["cursor"] = page["next"]
    return found


def summary(fields: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """What a form asks: its sections, each with its questions. What is only read is left out."""
    parts: list[tuple[str, list[str]]] = []
    for field in fields:
        if field["type"] == "section":
            parts.append((field["label"], []))
        elif field["type"] != "explanation":
            if not parts:
                parts.append(("", []))
            told = " (selon votre situation)" if field.get("show_if") else ""
            told = told or ("" if field["required"] else " (facultatif)")
            parts[-1][1].append(field["label"] + told)
    return [(title, asked) for title, asked in parts if asked]
