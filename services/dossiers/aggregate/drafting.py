"""A demande being typed: only an account has drafts, and what is typed is kept incomplete but never wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from kernel.errors import Fault, invalid
from services.dossiers.aggregate.demande import Demande, refuse_move
from services.dossiers.aggregate.form import (
    Definition,
    FieldFault,
    below,
    blank,
    check_answers,
    check_contact,
    identify,
)
from services.dossiers.commands import DiscardDraft, DraftDemande
from services.dossiers.events import Contact, DemandeDrafted, DraftDiscarded

Typed = dict[str, Any]
BEHALF = ("kind", "name", "identifier")


class Content(BaseModel):
    """What was typed so far."""

    model_config = ConfigDict(frozen=True)

    on_behalf_of: Typed = {}
    contact: Typed = {}
    answers: Typed = {}


def draft(state: Demande, command: DraftDemande) -> Iterable[DemandeDrafted]:
    """Begin. What is given must be right as far as it goes."""
    if state.status:
        raise refuse_move(state, "elle ne peut plus être mise en brouillon")
    read(command.definition, command.typed)
    yield DemandeDrafted(
        demande=command.demande,
        reference=command.reference,
        demarche=command.definition.slug,
        demarche_version=command.definition.version,
        title=command.definition.title,
        owner=command.owner,
        copied_from=command.copied_from,
    )


def discard(state: Demande, command: DiscardDraft) -> Iterable[DraftDiscarded]:
    """Forget a draft."""
    if state.status != "brouillon":
        raise refuse_move(state, "ce n'est plus un brouillon")
    yield DraftDiscarded(demande=state.id, reason=command.reason)


def read(definition: Definition, typed: Mapping[str, object], touched: Collection[str] | None = None) -> Content:
    """What was typed, as it is kept. Raises Refused(invalid-answers) with one sentence per wrong value.

    `touched`: pointers to what was just typed, when the rest was looked at before. Answers to questions that are
    hidden for now are kept: they may be asked for again.
    """
    faults: list[FieldFault] = []
    behalf, contact, answers = (_object(typed.get(part), f"/{part}", faults) for part in Content.model_fields)
    kind, name, identifier = (behalf.get(part) for part in BEHALF)
    known, found = identify(kind, name, identifier, audience=definition.audience, complete=False)
    faults += found
    reachable, found = check_contact(contact, complete=False)
    faults += found
    cleaned, found = check_answers(definition, answers, complete=False)
    faults += found
    if errors := [Fault(fault.pointer, fault.detail) for fault in faults if _concerns(touched, fault.pointer)]:
        raise invalid("invalid-answers", "Certaines réponses sont à corriger.", errors)
    return Content(
        on_behalf_of={**_said(behalf, BEHALF), **known},
        contact={**_said(contact, Contact.model_fields), **reachable},
        answers={**_said(answers, answers), **cleaned},
    )


def changed(content: Content, changes: Mapping[str, object]) -> tuple[dict[str, object], set[str]]:
    """The content with some of it typed anew, and pointers to that: null takes away, what is not named stays."""
    before = content.model_dump()
    behalf = changes.get("on_behalf_of")
    if isinstance(behalf, Mapping) and behalf.get("kind") not in (None, content.on_behalf_of.get("kind")):
        before["on_behalf_of"] = {}  # the number of one kind of organisation means nothing to another
    typed, touched = dict(before), set()
    for part in Content.model_fields.keys() & changes.keys():
        given = changes[part]
        if isinstance(given, Mapping):
            typed[part] = {**before[part], **given}
            touched |= {below(f"/{part}", name) for name in given}
        elif given is not None:
            typed[part] = given
            touched.add(f"/{part}")
    return typed, touched


def known_only(definition: Definition, content: Content) -> Content:
    """The content without the answers to questions that this version does not ask any more."""
    names = {field.name for field in definition.fields}
    kept = {name: value for name, value in content.answers.items() if name in names}
    return content.model_copy(update={"answers": kept})


def fitting(definition: Definition, content: Content) -> tuple[Content, list[str]]:
    """What can be copied into a new demande, and pointers to what cannot.

    What is certified by ticking a box has to be certified again.
    """
    boxes = {field.name for field in definition.fields if field.type == "checkbox"}
    cleaned, faults = check_answers(definition, content.answers, complete=False)
    kept = {name: value for name, value in cleaned.items() if name not in boxes}
    kind, name, identifier = (content.on_behalf_of.get(part) for part in BEHALF)
    behalf, behalf_faults = identify(kind, name, identifier, audience=definition.audience, complete=False)
    contact, contact_faults = check_contact(content.contact, complete=False)
    dropped = [fault.pointer for fault in (*behalf_faults, *contact_faults, *faults)]
    dropped += [f"/answers/{name}" for name in sorted(boxes & content.answers.keys())]
    return Content(on_behalf_of=behalf, contact=contact, answers=kept), dropped


def _object(given: object, pointer: str, faults: list[FieldFault]) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        faults.append(FieldFault(pointer, "Envoyez ces informations sous la forme d'un objet."))
        return {}
    return given


def _said(given: Mapping[str, Any], names: Iterable[str]) -> Typed:
    return {name: given[name] for name in names if not blank(given.get(name))}


def _concerns(touched: Collection[str] | None, pointer: str) -> bool:
    if touched is None or pointer.count("/") < 2:
        return True
    return any(pointer == one or pointer.startswith(f"{one}/") for one in touched)
