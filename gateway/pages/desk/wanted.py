"""What an agent looks for in the list: read from the address, so that a list can be kept as a bookmark."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlencode

PATH: Final = "/instruction"
EXPORT: Final = "/api/backoffice/demandes/export"
PAGE: Final = 25
TABS: Final[Mapping[str, str]] = {
    "a_prendre": "À prendre",
    "les_miennes": "Les miennes",
    "en_attente_usager": "En attente de l'usager",
    "traitees": "Traitées",
    "toutes": "Toutes",
}
STATUSES: Final = ("deposee", "en_instruction", "acceptee", "refusee", "sans_suite", "retiree")
SORTS: Final[Mapping[str, str]] = {
    "deadline": "Échéance la plus proche",
    "newest": "Dépôt le plus récent",
    "oldest": "Dépôt le plus ancien",
    "updated": "Dernière modification",
}
DUE: Final[Mapping[str, str]] = {
    "late": "En retard",
    "urgent": "Dans les 7 jours",
    "soon": "Dans 8 à 30 jours",
}
# The name in the address → the API's.
_NAMES: Final[Mapping[str, str]] = {
    "onglet": "tab",
    "q": "q",
    "demarche": "demarche",
    "etat": "status",
    "etiquette": "label",
    "echeance": "alert",
    "agent": "assigned",
    "tri": "sort",
}
_KNOWN: Final[Mapping[str, Collection[str]]] = {"onglet": TABS, "etat": STATUSES, "echeance": DUE, "tri": SORTS}
_LONGEST: Final[Mapping[str, int]] = {"q": 200, "demarche": 80, "etiquette": 30, "agent": 40}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters as the address has them; empty leaves everything in. `suite` is where the page begins."""

    onglet: str = "a_prendre"
    q: str = ""
    demarche: str = ""
    etat: str = ""
    etiquette: str = ""
    echeance: str = ""
    agent: str = ""
    tri: str = ""
    suite: str = ""

    @property
    def sort(self) -> str:
        """The order chosen, or the one that suits the tab: what is urgent first where there is work left."""
        return self.tri or ("updated" if self.onglet in ("traitees", "toutes") else "deadline")

    @property
    def filtered(self) -> bool:
        """Something is left out of the tab."""
        return any((self.q, self.demarche, self.etat, self.etiquette, self.echeance, self.agent))

    def to_api(self) -> dict[str, str]:
        """The same as the API takes it, without the page."""
        said = {name: value for own, name in _NAMES.items() if (value := getattr(self, own))}
        return said | {"sort": self.sort}

    def address(self, **changes: str) -> str:
        """The list with something changed, from its first page."""
        return _address(replace(self, **{"suite": "", **changes}))

    def export(self, kind: str) -> str:
        """The same list as a file."""
        return f"{EXPORT}?{urlencode({'format': kind, **self.to_api()})}"


def wanted(asked: Mapping[str, str]) -> Wanted:
    """From the parameters of an address; what means nothing is left."""
    found = {name: asked[name] for name, values in _KNOWN.items() if asked.get(name) in values}
    found |= {name: asked[name].strip()[:most] for name, most in _LONGEST.items() if asked.get(name, "").strip()}
    if asked.get("suite"):
        found["suite"] = asked["suite"][:1000]
    return Wanted(**found)


def saved(filters: Mapping[str, str]) -> Wanted:
    """From the filters of a saved view."""
    return wanted({own: filters[name] for own, name in _NAMES.items() if name in filters})


def _address(wish: Wanted) -> str:
    said = {name: value for name in Wanted.__dataclass_fields__ if (value := getattr(wish, name))}
    return f"{PATH}?{urlencode(said)}"
