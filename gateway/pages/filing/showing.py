"""The pages that both ways of filing share: a step, the review, and a démarche that takes nothing any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

from gateway.pages.filing.paper import Faults, Paper
from gateway.pages.filing.steps import Step
from gateway.pages.forms import Mistake
from gateway.pages.house import House
from gateway.pages.said import CONTACT, IDENTIFIER, IDENTIFIERS, KINDS, Line, kind_said
from gateway.visits import Visit

NEW_VERSION = "Le formulaire de cette démarche vient de changer. Vos réponses sont conservées, vérifiez chaque étape."
_NUMBERS: Mapping[str, str] = {
    "association": "Numéro RNA (W et 9 chiffres) ou SIRET (14 chiffres). Exemple\N{NO-BREAK SPACE}: W451234567",
    "company": "Numéro SIRET (14 chiffres). Exemple\N{NO-BREAK SPACE}: 123 456 782 00010",
    "local_authority": "Numéro SIRET (14 chiffres). Exemple\N{NO-BREAK SPACE}: 123 456 782 00010",
    "school": "Code UAI (7 chiffres et une lettre). Exemple\N{NO-BREAK SPACE}: 0459001P",
}


@dataclass(frozen=True)
class Sheet:
    """A page to fill in. `draft`: the demande it is saved in, at `version`; none without an account."""

    paper: Paper
    action: str
    draft: str = ""
    version: int = 0
    key: str = ""  # without an account: the key the demande will be filed under
    back: bool = False  # the person came from the review, and returns there
    mistakes: Sequence[Mistake] = ()
    notice: str = ""
    elsewhere: Sequence[Line] = ()  # what was saved elsewhere meanwhile
    code: int = 200
    focus: str = ""  # the HTML name of the control to begin with
    more: Mapping[str, Any] = field(default_factory=dict)


def step_page(house: House, visit: Visit, sheet: Sheet, step: Step) -> Response:
    """A step before the review."""
    paper = sheet.paper
    return house.site.page(
        visit,
        "filing/step.html",
        code=sheet.code,
        **_shared(sheet, step),
        questions=paper.questions(step),
        who=_who(paper) if step.kind == "who" else None,
        contact=CONTACT,
        focus=sheet.focus,
        elsewhere=sheet.elsewhere,
        later=paper.after(step) if not sheet.back else paper.review,
    )


def review_page(house: House, visit: Visit, sheet: Sheet, faults: Faults, terms: str = "") -> Response:
    """The last step: everything, as it will be filed. `terms`: the version of the conditions to accept."""
    shown = _shared(sheet, sheet.paper.review)
    lines = sheet.paper.lines(faults)
    return house.site.page(
        visit, "filing/review.html", code=sheet.code, **shown, lines=lines, faults=faults, terms=terms, **sheet.more
    )


def closed_page(house: House, visit: Visit, demarche: Mapping[str, Any], draft: str = "", code: int = 200) -> Response:
    """It takes no demande any more; a draft can only be thrown away."""
    return house.site.page(visit, "filing/closed.html", code=code, demarche=demarche, draft=draft)


def _shared(sheet: Sheet, step: Step) -> dict[str, Any]:
    paper = sheet.paper
    return {
        "demarche": paper.definition,
        "step": step,
        "progress": paper.progress(step),
        "before": paper.before(step),
        "action": sheet.action,
        "draft": sheet.draft,
        "version": sheet.version,
        "filing_key": sheet.key,
        "back": sheet.back,
        "carried": [] if sheet.draft else paper.carried(step),
        "mistakes": list(sheet.mistakes),
        "notice": sheet.notice,
        "fill": paper.fill,
    }


def _who(paper: Paper) -> dict[str, Any]:
    audience = [kind for kind in KINDS if kind in paper.definition["audience"]]
    organised = [kind for kind in audience if kind != "self"]
    chosen = (paper.fill.get("kind") or [""])[0] or (audience[0] if len(audience) == 1 else "")
    known = chosen if chosen in organised else organised[0] if len(organised) == 1 else ""
    return {
        "kinds": [(kind, kind_said(kind)) for kind in audience],
        "kind": chosen,
        "organised": organised,
        "alone": audience == ["self"],
        "open": "self" not in audience,
        "label": IDENTIFIERS.get(known, IDENTIFIER),
        "hint": _NUMBERS[known] if known else "\n".join(f"{kind_said(kind)} : {_NUMBERS[kind]}" for kind in organised),
        "labels": to_json({kind: IDENTIFIERS[kind] for kind in organised}).decode(),
        "hints": to_json({kind: _NUMBERS[kind] for kind in organised}).decode(),
        "wanted": to_json(organised).decode(),
    }
