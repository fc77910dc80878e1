"""The catalogue of démarches: finding one, and reading what it is for before asking anything."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
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
    words, kind = asked.get("q", "").strip()[:200], asked.get("pour", "")
    found = await open_demarches(house, visit)
    return house.site.page(
        visit,
        "public/catalogue.html",
        q=words,
        pour=kind if kind in KINDS else "",
        kinds=KINDS,
        demarches=None if found is None else fitting(found, words, kind if kind in KINDS else ""),
    )


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


async def open_demarches(house: House, visit: Visit) -> list[Demarche] | None:
    """All of them, by title; None when the catalogue cannot be had now."""
    found: list[Demarche] = []
    cursor: dict[str, str] = {}
    for _ in range(FURTHEST):
        try:
            page = await house.get(visit, "/api/demarches", **cursor)
        except Refusal:
            return None
        found += page["items"]
        if not page["next"]:
            break
        cursor = {"cursor": page["next"]}
    return found


def fitting(demarches: Iterable[Demarche], words: str, kind: str) -> list[Demarche]:
    """Those that hold every word, and that somebody of this kind may ask for; an empty wish fits all."""
    wanted = folded(words).split()
    return [
        demarche
        for demarche in demarches
        if (not kind or kind in demarche.get("audience", ())) and all(word in _searched(demarche) for word in wanted)
    ]


def folded(text: str) -> str:
    """Without accents nor capitals, apostrophes and hyphens as blanks: people type « amelioration habitat »."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return "".join(char if char.isalnum() else " " for char in bare.casefold())


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


def _searched(demarche: Demarche) -> str:
    names = (demarche.get(name) or "" for name in ("title", "summary", "service_label"))
    kinds = (KINDS.get(kind, "") for kind in demarche.get("audience", ()))
    return folded(" ".join((*names, *kinds)))
