"""The list of an agent's services: what is to take, what is his, what waits, what is done."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.responses import Response

from gateway.pages.desk.deadlines import deadline, today
from gateway.pages.desk.wanted import DUE, PAGE, PATH, SORTS, STATUSES, TABS, Wanted, saved, wanted
from gateway.pages.forms import Form, Mistake, mistakes_of
from gateway.pages.house import House, Pages
from gateway.pages.site import query, redirect, refusal_of
from gateway.routes import Who
from gateway.visits import Visit

pages = Pages(
    done={
        "prise": "La demande vous est confiée.",
        "vue-gardee": "La vue est enregistrée.",
        "vue-effacee": "La vue est effacée.",
    }
)

DEMANDES: Final = "/api/backoffice/demandes"
VIEWS: Final = "/api/backoffice/views"
ACTIONS: Final[Mapping[str, str]] = {
    "confier": "Les confier",
    "etiqueter": "Ajouter une étiquette",
    "detiqueter": "Retirer une étiquette",
    "etat": "Changer leur état",
}
MOVES: Final[Mapping[str, str]] = {
    "en_instruction": "Commencer ou rouvrir l'instruction",
    "acceptee": "Accepter",
    "refusee": "Refuser",
    "sans_suite": "Classer sans suite",
}


@pages.get(PATH, Who.INSTRUCTEUR)
async def show(house: House, visit: Visit) -> Response:
    """25 demandes a page, filters and order in the address."""
    return await listing(house, visit, wanted(query(visit)))


@pages.post(f"{PATH}/vues", Who.INSTRUCTEUR)
async def keep(house: House, visit: Visit) -> Response:
    """Keep the filters of a list under a name, or forget the view whose button was pressed."""
    form = await house.site.read_form(visit)
    wish = wanted_of(form.text("retour"))
    if gone := form.text("effacer"):
        answer = await house.send(visit, form, "DELETE", f"{VIEWS}/{gone}")
        if answer.status in (204, 404):
            return redirect(f"{wish.address()}&fait=vue-effacee")
        raise refusal_of(answer)
    name = form.text("nom-vue").replace("/", "-")
    if not name:
        return await listing(
            house, visit, wish, mistakes=[Mistake("nom-vue", "Donnez un nom à cette vue.")], typed=form
        )
    answer = await house.send(visit, form, "PUT", f"{VIEWS}/{name}", {"filters": wish.to_api()})
    if answer.status in (200, 201):
        return redirect(f"{wish.address()}&fait=vue-gardee")
    if answer.status in (409, 422):
        mistakes = [Mistake("nom-vue", mistake.detail) for mistake in mistakes_of(answer)]
        return await listing(house, visit, wish, mistakes=mistakes, typed=form)
    raise refusal_of(answer)


@pages.post(f"{PATH}/demandes/{{id}}/prise", Who.INSTRUCTEUR)
async def take(house: House, visit: Visit) -> Response:
    """Take a demande straight from the list, unless somebody took it since the list was shown."""
    form = await house.site.read_form(visit)
    wish = wanted_of(form.text("retour"))
    path = f"{DEMANDES}/{visit.match.wild[0]}"
    demande, me = await house.get(visit, path), visit.caller.verdict
    if demande["assigned_to"] is not None:
        if me is not None and demande["assigned_to"]["id"] == me.account:  # the button was pressed twice
            return redirect(f"{wish.address(suite=wish.suite)}&fait=prise")
        return await listing(house, visit, wish, faster=f"{demande['assigned_to']['name']} a déjà cette demande.")
    given = {"agent": "me"}
    answer = await house.send(visit, form, "POST", f"{path}/assignment", given, if_match=f'"{demande["version"]}"')
    if answer.status == 200:
        return redirect(f"{wish.address(suite=wish.suite)}&fait=prise")
    if answer.status in (409, 412):
        return await listing(house, visit, wish, faster=answer.json()["detail"])
    raise refusal_of(answer)


async def listing(
    house: House,
    visit: Visit,
    wish: Wanted,
    *,
    faster: str = "",
    mistakes: Sequence[Mistake] = (),
    typed: Form | None = None,
) -> Response:
    """The page of the list; `faster` says what a colleague did before, `typed` what was asked of ticked demandes."""
    now = today()
    paging: dict[str, str | int] = {"limit": PAGE} | ({"cursor": wish.suite} if wish.suite else {})
    answer, colleagues, catalogue, opinions, views = await asyncio.gather(
        house.errands.run(visit, "GET", DEMANDES, None, None, **wish.to_api(), **paging),
        house.part(visit, "/api/backoffice/colleagues", limit=100),
        house.part(visit, "/api/demarches"),
        house.part(visit, "/api/backoffice/opinions", status="pending", limit=100),
        house.part(visit, VIEWS),
    )
    if answer.status == 422 and wish.suite:
        return redirect(wish.address())  # a bookmark of a page that is no longer: the list from its beginning
    if answer.status != 200:
        raise refusal_of(answer)
    found = answer.json()
    rows = [{**item, "due": deadline(item["deadline"], now)} for item in found["items"]]
    services = visit.caller.verdict.services if visit.caller.verdict else ()
    return house.site.page(
        visit,
        "desk/inbox.html",
        code=412 if faster else 422 if mistakes else 200,
        wish=wish,
        rows=rows,
        tabs=[(f"{PATH}?onglet={tab}", name, found["tabs"][tab]) for tab, name in TABS.items()],
        tab_here=f"{PATH}?onglet={wish.onglet}",
        tab_name=TABS[wish.onglet],
        total=found["tabs"][wish.onglet],
        next=wish.address(suite=found["next"]) if found["next"] else None,
        demarches=demarches_of(catalogue, services, found["items"], wish),
        statuses=STATUSES,
        sorts=SORTS,
        due=DUE,
        colleagues=names_of(colleagues),
        labels=sorted({label for item in found["items"] for label in item["labels"]}),
        urgent=[
            (Wanted(onglet="toutes", echeance=level, tri="deadline").address(), level, count)
            for level in DUE
            if (count := found["alerts"][level])
        ],
        here_address=wish.address(),
        views=[(one["name"], saved(one["filters"]).address()) for one in views["items"]] if views else [],
        opinions=len(opinions["items"]) if opinions else 0,
        exports={kind: wish.export(kind) for kind in ("csv", "xlsx")},
        faster=faster,
        mistakes=mistakes,
        actions=ACTIONS,
        moves=MOVES,
        typed=typed or {},
        chosen=[id for id, _ in ticked(typed)] if typed else [],
    )


def wanted_of(address: str) -> Wanted:
    """The list that an address shows; the first one when it is no list."""
    path, _, asked = address.partition("?")
    return wanted(dict(parse_qsl(asked)) if path == PATH else {})


def names_of(colleagues: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Those a demande can be given to: id and name."""
    found = colleagues["items"] if colleagues else ()
    return [(one["id"], f"{one['first_name']} {one['last_name']}") for one in found]


def demarches_of(
    catalogue: Mapping[str, Any] | None, services: Iterable[str], shown: Iterable[Mapping[str, Any]], wish: Wanted
) -> list[tuple[str, str]]:
    """The démarches to choose from: those open in his services, and those of the page, which may be closed."""
    mine = set(services)
    found = {one["slug"]: one["title"] for one in (catalogue or {"items": ()})["items"] if one["service"] in mine}
    found |= {item["demarche"]["slug"]: item["demarche"]["title"] for item in shown}
    if wish.demarche:
        found.setdefault(wish.demarche, wish.demarche)
    return sorted(found.items(), key=lambda pair: pair[1])


def ticked(form: Form) -> list[tuple[str, str]]:
    """The demandes whose boxes were ticked: id and reference."""
    pairs = (value.partition("|") for value in form.all("demande"))
    return [(id, reference or id) for id, _, reference in pairs]
