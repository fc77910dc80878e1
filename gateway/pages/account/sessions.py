"""The open sessions of an account: which there are, and closing them."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from gateway.pages.house import House, Pages
from gateway.pages.site import redirect, refusal_of
from gateway.routes import Who
from gateway.visits import Visit

PATH: Final = "/parametres/sessions"
OTHERS: Final = "autres"

pages = Pages(
    done={
        "session-fermee": "La session est fermée.",
        "sessions-fermees": "Les autres sessions sont fermées.",
    }
)


@pages.get(PATH, Who.ACCOUNT)
async def show(house: House, visit: Visit) -> Response:
    """Each with its last use; this one is marked."""
    return house.site.page(visit, "account/settings_sessions.html", sessions=await _open(house, visit))


@pages.post(PATH, Who.ACCOUNT)
async def close(house: House, visit: Visit) -> Response:
    """Close one, or all but this one. One that ended meanwhile is closed too."""
    form = await house.site.read_form(visit)
    wanted = form.text("session")
    # Only what the list shows: nothing a form says becomes an address.
    chosen = [
        each["id"]
        for each in await _open(house, visit)
        if not each["current"] and (wanted == OTHERS or each["id"] == wanted)
    ]
    for id in chosen:
        answer = await house.send(visit, form, "DELETE", f"/api/sessions/{id}", step=id)
        if answer.status not in (204, 404):
            raise refusal_of(answer)
    return redirect(PATH, "sessions-fermees" if wanted == OTHERS else "session-fermee")


async def _open(house: House, visit: Visit) -> list[dict[str, Any]]:
    said = await house.get(visit, "/api/sessions")
    sessions: list[dict[str, Any]] = said["items"]
    return sessions
