"""My account: what Guichet knows of me."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from kernel.errors import invalid
from kernel.http.deps import Caller, Ctx, Run, View, account_of, answer, unauthenticated, versioned
from services.identity.aggregate.account import ROLES, account, change_profile
from services.identity.aggregate.person import read_person
from services.identity.commands import ChangeProfile
from services.identity.projections import accounts

router = APIRouter(prefix="/api/me", tags=["Mon compte"])


class Profile(BaseModel):
    """What to change; a field left out stays as it is, null clears a telephone or a postal address."""

    model_config = ConfigDict(extra="forbid")

    first_name: str = Field("", max_length=400)
    last_name: str = Field("", max_length=400)
    phone: str | None = Field(None, max_length=100)
    postal_address: str | None = Field(None, max_length=2000)


@router.get("", summary="Mon compte")
async def me(view: View, caller: Caller) -> Response:
    """The account of the caller."""
    row = await accounts.find(await view(accounts.projection), account_of(caller))
    if row is None:
        raise unauthenticated()
    return versioned(shown(row), row["version"])


@router.patch("", summary="Modifier mon compte")
async def change_me(body: Profile, run: Run, caller: Caller, ctx: Ctx) -> Response:
    """Change names, telephone, postal address."""
    id = account_of(caller)
    person, faults = read_person({name: getattr(body, name) or "" for name in body.model_fields_set})
    if faults:
        raise invalid("invalid-request", "Certaines informations sont à corriger.", faults)
    commit = await run.handle(account, id, change_profile, ChangeProfile(**person), ctx)
    # As it was right after this very command, so that a repeat answers the same.
    state, _ = await run.load(account, id, upto=commit.version)
    return await answer(run, commit, shown(state.model_dump()), shown_in=(accounts.projection,))


def shown(person: Mapping[str, Any]) -> dict[str, Any]:
    """An account as its owner sees it."""
    roles: Mapping[str, Iterable[str]] = person["roles"]
    return {
        "id": person["id"],
        "email": person["email"],
        "first_name": person["first_name"],
        "last_name": person["last_name"],
        "phone": person["phone"] or None,
        "postal_address": person["postal_address"] or None,
        "roles": roles_of(roles),
        "services": services_of(roles),
        "franceconnect": False,
    }


def roles_of(roles: Mapping[str, Iterable[str]]) -> list[str]:
    """Everybody is a demandeur; some are more."""
    return ["demandeur", *(role for role in ROLES if role in roles)]


def services_of(roles: Mapping[str, Iterable[str]]) -> list[str]:
    """The services an instructeur belongs to."""
    return list(roles.get("instructeur", ()))
