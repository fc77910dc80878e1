"""One demande on the desk: everything needed to decide, on one page."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from gateway.pages.desk.deadlines import clock, deadline, today
from gateway.pages.desk.inbox import DEMANDES, names_of
from gateway.pages.desk.wanted import PATH
from gateway.pages.forms import Mistake, whole
from gateway.pages.house import House, Pages
from gateway.pages.reply import Reply
from gateway.pages.said import Line, answer_lines, who_lines
from gateway.pages.site import query
from gateway.routes import Who
from gateway.uploads import MOST_FILES
from gateway.upstream import Answer
from gateway.visits import Visit

pages = Pages()

ONE: Final = f"{PATH}/demandes/{{id}}"
DECISIONS: Final[Mapping[str, str]] = {
    "en_instruction": "Commencer l'instruction",
    "acceptee": "Accepter la demande",
    "refusee": "Refuser la demande",
    "sans_suite": "Classer sans suite",
}
VERDICTS: Final[Mapping[str, str]] = {
    "favorable": "Favorable",
    "reserve": "Réservé",
    "defavorable": "Défavorable",
}
ACCEPTS: Final = ".png,.jpg,.jpeg,.pdf,image/png,image/jpeg,application/pdf"
ASKED: Final = 3  # lines for documents to ask for, to begin with
MOST_ASKED: Final = 20


@pages.get(ONE, Who.INSTRUCTEUR)
async def show(house: House, visit: Visit) -> Response:
    """The working page. Showing it marks nothing as read: browsers fetch pages ahead."""
    return await desk(house, visit)


async def desk(
    house: House,
    visit: Visit,
    *,
    code: int = 200,
    mistakes: Sequence[Mistake] = (),
    typed: Mapping[str, str] | None = None,
    lines: int = ASKED,
    faster: str = "",
    seen: int | None = None,
    reply: Reply | None = None,
) -> Response:
    """The page of the demande named in the address.

    `typed` keeps what a form held; `faster` says that somebody changed the demande first, `seen` how long its history
    was when the form was shown. `reply` holds the documents that have arrived and wait for their message.
    """
    id = visit.match.wild[0]
    # Only looking: whoever sends a form sends it about the discussion that is open.
    earlier = query(visit).get("echange", "")[:40] if visit.head.safe else ""
    chosen = {"discussion": earlier} if earlier else {}
    demande, discussion, colleagues, experts, readers = await asyncio.gather(
        house.get(visit, f"{DEMANDES}/{id}"),
        house.part(visit, f"/api/demandes/{id}/discussion", **chosen),
        house.part(visit, "/api/backoffice/colleagues", limit=100),
        house.part(visit, "/api/backoffice/colleagues", limit=100, scope="all"),
        house.part(visit, f"{DEMANDES}/{id}/readers", limit=20),
    )
    demarche = demande["demarche"]
    definition = await house.part(visit, f"/api/demarches/{demarche['slug']}", version=demarche["version"])
    now, me = today(), visit.caller.verdict.account if visit.caller.verdict else None
    return house.site.page(
        visit,
        "desk/demande.html",
        code=code,
        mistakes=mistakes,
        typed=typed or {},
        demande=demande,
        path=ONE.replace("{id}", id),
        me=me,
        inside=demande["access"] == "instructeur",
        open=demande["status"] in ("deposee", "en_instruction"),
        who=who_lines(demande["on_behalf_of"])[1:],
        answers=sections_of(definition, demande["answers"]),
        due=deadline(demande["legal_clock"]["deadline"], now),
        clock=clock(demande["legal_clock"]),
        today=now.isoformat(),
        moves=[(status, DECISIONS[status]) for status in demande["allowed"]],
        verdicts=VERDICTS,
        discussion=discussion,
        earlier=bool(earlier),
        files=files_of(discussion),
        unread=unread_of(discussion),
        joined=reply.joined if reply else [],
        accepts=ACCEPTS,
        most_files=MOST_FILES,
        colleagues=names_of(colleagues),
        # Too many for a list: the expert is named by his address.
        experts=[] if not experts or experts["next"] else [pair for pair in names_of(experts) if pair[0] != me],
        readers=readers,
        lines=min(lines, MOST_ASKED),
        own_opinion=next((one for one in demande["opinions"] if _awaited_of(one, me)), None),
        faster=faster,
        news=demande["history"][seen:] if seen is not None else [],
    )


def sections_of(
    definition: Mapping[str, Any] | None, answers: Mapping[str, Any]
) -> list[tuple[str, list[Line]]] | None:
    """The answers as filed, under the headings of the form they were given in; None when the form cannot be had."""
    if definition is None:
        return None
    parts: list[tuple[str, list[Any]]] = [("", [])]
    for field in definition["fields"]:
        if field["type"] == "section":
            parts.append((field["label"], []))
        else:
            parts[-1][1].append(field)
    told = [(title, answer_lines(tuple(fields), answers)) for title, fields in parts]
    return [(title, lines) for title, lines in told if lines]


def files_of(discussion: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """The documents of a discussion, by id."""
    return {
        file["id"]: file for message in (discussion or {"messages": ()})["messages"] for file in message["attachments"]
    }


def unread_of(discussion: Mapping[str, Any] | None) -> list[str]:
    """The messages of the applicant that the service had not read yet, oldest first."""
    messages = (discussion or {"messages": ()})["messages"]
    return [one["id"] for one in messages if one["author"]["kind"] == "applicant" and not one["read_at"]]


def seen_of(typed: Mapping[str, str]) -> int | None:
    """How long the history was when the form was shown."""
    return whole(typed.get("vu", ""), 5)


async def settled(
    house: House, visit: Visit, answer: Answer, typed: Mapping[str, str], mistakes: Sequence[Mistake]
) -> Response:
    """The page after a command that was refused, with what was typed. `mistakes`: what a 422 said, by field."""
    if answer.status == 412:
        return await desk(house, visit, code=412, typed=typed, faster=answer.json()["detail"], seen=seen_of(typed))
    return await desk(house, visit, code=answer.status, typed=typed, mistakes=mistakes)


def _awaited_of(opinion: Mapping[str, Any], me: str | None) -> bool:
    return bool(opinion["status"] == "pending" and opinion["expert"]["id"] == me)
