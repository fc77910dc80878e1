"""« Mes données »: taking them away, and leaving."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from gateway.pages.account.profile import password_missing, refused
from gateway.pages.forms import Mistake
from gateway.pages.house import House, Pages
from gateway.pages.site import redirect
from gateway.routes import Who
from gateway.visits import Visit

PATH: Final = "/parametres/donnees"

pages = Pages()


@pages.get(PATH, Who.ACCOUNT)
async def show(house: House, visit: Visit) -> Response:
    """The export, and what erasing the account means."""
    return await _page(house, visit)


@pages.post(PATH, Who.ACCOUNT)
async def leave(house: House, visit: Visit) -> Response:
    """Erase the account, at once and for good, once its password was typed and the box ticked."""
    form = await house.site.read_form(visit)
    mistakes = password_missing(form)
    if not form.text("sure"):
        mistakes.append(Mistake("sure", "Cochez cette case pour confirmer que l'effacement est définitif."))
    if not mistakes:
        answer = await house.send(visit, form, "DELETE", "/api/me", {"password": form.get("password", "")})
        if answer.status == 204:
            return redirect("/", "compte-efface")
        mistakes = refused(answer)
    return await _page(house, visit, mistakes=mistakes)


async def _page(house: House, visit: Visit, **context: Any) -> Response:
    account = await house.account(visit)
    return house.site.page(
        visit, "account/settings_data.html", code=422 if context.get("mistakes") else 200, account=account, **context
    )
