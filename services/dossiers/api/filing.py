"""How a demande is filed: at once, with or without an account, or from a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool
from starlette.responses import Response

from kernel.aggregate import Command
from kernel.clock import rfc3339
from kernel.db import Db
from kernel.envelope import Commit, Context
from kernel.errors import Fault, conflict, invalid, stale
from kernel.http.contract import answers
from kernel.http.deps import Asked, Caller, Ctx, Incoming, Run, View, account_of, answer
from kernel.http.tokens import Principal
from kernel.ids import derived_id, is_id, tracking_number
from kernel.runtime.runtime import Runtime
from services.dossiers.adapters import drafts
from services.dossiers.adapters.drafts import Draft
from services.dossiers.aggregate.demande import demande
from services.dossiers.aggregate.drafting import Content, draft, known_only, read
from services.dossiers.aggregate.filing import demarche_closed, submit
from services.dossiers.aggregate.form import Definition
from services.dossiers.api.access import account_contact, of_applicant, own_draft
from services.dossiers.api.shown import DemandeFiled
from services.dossiers.commands import DraftDemande, SubmitDemande
from services.dossiers.events import DemandeDrafted, DemandeSubmitted
from services.dossiers.projections import catalogue, dashboard, demande_detail, history, tracking
from services.dossiers.settings import DossiersSettings

router = APIRouter(prefix="/api/demandes", tags=["Demandes"])
SHOWN_IN = (demande_detail.projection, history.projection, dashboard.projection, tracking.projection)
PARTS = tuple(Content.model_fields)


class NewDemande(BaseModel):
    """A demande to file. What a person typed is read by the form's rules, so that every fault has its sentence."""

    model_config = ConfigDict(extra="forbid")

    demarche: str = Field(max_length=80)
    on_behalf_of: JsonValue = None
    contact: JsonValue = None
    answers: JsonValue = None
    submit: StrictBool = True
    terms_version: str | None = Field(None, max_length=40)


@router.post(
    "", status_code=201, summary="Déposer une demande, ou commencer un brouillon", responses=answers(201, DemandeFiled)
)
async def file_demande(body: NewDemande, run: Run, asked: Asked, view: View) -> Response:
    """File a demande, with or without an account. With one, `submit: false` begins a draft, which may be incomplete."""
    owner = asked.caller.account if asked.caller.kind == "account" and asked.caller.account else ""
    if not body.submit and not owner:
        detail = "Un brouillon se garde dans un compte : connectez-vous, ou déposez tout de suite la demande."
        raise invalid("invalid-request", detail, [Fault("/submit", detail)])
    definition = await to_file(await view(catalogue.projection), body.demarche, absent="/demarche")
    if not body.submit:
        return await begin(run, asked, definition, body.model_dump(include=set(PARTS)))
    ctx = asked.context(None if owner else _anonymous(run.keyed_hash("anonymous", _address(body.contact))))
    id, now = derived_id(ctx.command_id), run.clock()
    command = _submission(
        run,
        asked.caller,
        definition,
        {"demande": id, "reference": reference(id, now), "owner": owner, "terms_version": body.terms_version},
        body.model_dump(include=set(PARTS)),
    )
    commit = await run.handle(demande, id, submit, command, ctx)
    return await answer(run, commit, _filed(commit), status=201, shown_in=SHOWN_IN)


@router.post("/{id}/submission", summary="Déposer un brouillon", responses=answers(200, DemandeFiled))
async def submission(id: str, run: Run, view: View, caller: Caller, ctx: Ctx) -> Response:
    """File a draft. The answer gives its tracking number, this once and in every mail."""
    account_of(caller)
    if (commit := await replayed(run, id, ctx)) is not None:
        await drafts.remove(run, id)  # the first time may have died before that
        return await answer(run, commit, _filed(commit), shown_in=SHOWN_IN)
    db = await view(demande_detail.projection)
    found = await own_draft(run, db, id, caller)
    if found is None:
        await of_applicant(db, id, caller)
        detail = "Cette demande est déjà déposée : suivez-la, ou copiez-la pour en faire une autre."
        raise conflict("bad-transition", detail)
    demand_current(found, ctx)
    definition = await to_file(await view(catalogue.projection), found.demarche)
    about = {"demande": id, "reference": found.reference, "owner": found.owner, "terms_version": None}
    typed = known_only(definition, found.content).model_dump()
    command = _submission(run, caller, definition, about, typed)
    # If-Match named the version of the draft, which is not the one of the stream.
    commit = await run.handle(demande, id, submit, command, replace(ctx, expected=None))
    await drafts.remove(run, id)
    return await answer(run, commit, _filed(commit), shown_in=SHOWN_IN)


async def begin(
    run: Runtime,
    asked: Incoming,
    definition: Definition,
    typed: dict[str, Any],
    *,
    copied_from: str = "",
    dropped: list[str] | None = None,
) -> Response:
    """Begin a draft of the caller. What was typed is durable before its existence is a fact."""
    ctx, content = asked.context(), read(definition, typed)
    id, now, owner = derived_id(ctx.command_id), run.clock(), account_of(asked.caller)
    label = reference(id, now)
    if not await run.replay(demande, id, ctx):
        if ctx.expected:
            raise stale()  # nothing is there yet
        await drafts.begin(run, Draft(id, owner, definition.slug, label, 1, rfc3339(now), content))
    command = DraftDemande(
        demande=id, reference=label, definition=definition, owner=owner, typed=typed, copied_from=copied_from
    )
    commit = await run.handle(demande, id, draft, command, ctx)
    recorded = commit.events[0]
    assert isinstance(recorded.event, DemandeDrafted)
    body = {
        "id": recorded.event.demande,
        "reference": recorded.event.reference,
        "tracking_number": None,
        "status": "brouillon",
        "submitted_at": None,
        "version": recorded.version,
    }
    more = {} if dropped is None else {"dropped": dropped}
    return await answer(run, commit, {**body, **more}, status=201, shown_in=(dashboard.projection,))


async def to_file(db: Db, slug: str, *, absent: str = "") -> Definition:
    """The version in force of a démarche that takes demandes. Raises Refused(demarche-closed or invalid-request)."""
    definition = await catalogue.definition(db, slug)
    if definition is None:
        detail = "Choisissez une démarche du catalogue."
        raise invalid("invalid-request", detail, [Fault(absent, detail)])
    if not await catalogue.is_open(db, slug):
        raise demarche_closed()
    return definition


def demand_current(found: Draft, ctx: Context) -> None:
    """Raises Refused(stale-version) when `If-Match` names another version of the draft."""
    if ctx.expected not in (None, found.version):
        raise stale()


def reference(id: str, now: datetime) -> str:
    """The public label of a demande: the year and 50 bits of its id, for the telephone; it opens nothing."""
    digits = id[:10].upper()
    return f"{now.year}-{digits[:5]}-{digits[5:]}"


def _submission(
    run: Runtime, caller: Principal, definition: Definition, about: dict[str, Any], typed: dict[str, Any]
) -> SubmitDemande:
    settings = run.settings
    assert isinstance(settings, DossiersSettings)
    return SubmitDemande(
        **about,
        **typed,
        definition=definition,
        account_contact=account_contact(caller) if about["owner"] else None,
        terms_in_force=settings.terms_version,
        tracking_number=tracking_number(),
        lookup_key=run.key("tracking"),
        region=settings.holidays_subdivision,
        at=run.clock(),
    )


async def replayed(run: Runtime, id: str, ctx: Context) -> Commit | None:
    """What this very command did to a draft that is gone since. Raises Refused(idempotency-mismatch)."""
    if not is_id(id) or not await run.replay(demande, id, ctx):
        return None
    return await run.handle(demande, id, _nothing, Command(), ctx)


def _nothing(state: object, command: Command) -> tuple[()]:
    return ()


def _filed(commit: Commit) -> dict[str, Any]:
    recorded = next(fact for fact in commit.events if isinstance(fact.event, DemandeSubmitted))
    fact = recorded.event
    assert isinstance(fact, DemandeSubmitted)
    return {
        "id": fact.demande,
        "reference": fact.reference,
        "tracking_number": fact.tracking_number,
        "status": "deposee",
        "submitted_at": rfc3339(recorded.at),
        "version": recorded.version,
    }


def _address(contact: Any) -> str:
    email = contact.get("email") if isinstance(contact, dict) else None
    return email.strip().lower() if isinstance(email, str) else ""


def _anonymous(digest: str) -> str:
    return f"anonymous:{digest[:16]}"
