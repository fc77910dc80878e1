"""The few answers composed from several services."""

from __future__ import annotations

import asyncio
import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from pydantic_core import to_json
from starlette.responses import Response

from gateway.errands import Errands
from gateway.labels import label
from gateway.matching import Match
from gateway.refusals import Refusal, not_found, unavailable
from gateway.routes import SERVICES
from gateway.upstream import Answer
from gateway.visits import Visit

Event = dict[str, Any]

NOTIFICATIONS: Final = "/api/notifications"
UNREAD_PATIENCE: Final = 2.0  # seconds: a figure is not worth keeping a person waiting


class Views:
    """Reads that no single service can answer."""

    def __init__(self, errands: Errands) -> None:
        self._errands = errands

    async def me(self, visit: Visit) -> Response:
        """The account, and how many of its discussions hold something unread (null when nobody can tell)."""
        answer, unread = await asyncio.gather(self._errands.account(visit), self._unread(visit))
        if answer.status != 200:
            return _as_it_came(answer)
        kept = {name: answer.headers[name] for name in ("ETag", "Guichet-Stale") if name in answer.headers}
        return _json(answer.json() | {"unread_discussions": unread}, kept)

    async def timeline(self, visit: Visit) -> Response:
        """Every service's events about one demande, causes before effects."""
        return _json({"items": await timeline_of(self._errands, visit, visit.match.wild[0])})

    async def _unread(self, visit: Visit) -> int | None:
        try:
            async with asyncio.timeout(UNREAD_PATIENCE):
                answer = await self._errands.run(visit, "GET", NOTIFICATIONS, limit=100)
        except (Refusal, TimeoutError):
            return None
        if answer.status != 200:
            return None
        return sum(1 for item in answer.json()["items"] if item["unread"])


async def timeline_of(errands: Errands, visit: Visit, demande: str) -> list[Event]:
    """The story of a demande, each event with its `label`.

    Raises Refusal: 503 unless every service answered, 404 when none knows the demande.
    """
    parts = await asyncio.gather(*(_history(errands, visit, service, demande) for service in SERVICES))
    items = causal_order([event for part in parts for event in part])
    if not items:
        raise not_found()
    return [event | {"label": label(event["type"])} for event in items]


async def _history(errands: Errands, visit: Visit, service: str, demande: str) -> list[Event]:
    answer = await errands.to_service(visit, Match(visit.match.route, service, "/audit/timeline"), route=demande)
    if answer.status != 200:
        raise unavailable()
    events: list[Event] = answer.json()
    return events


def causal_order(events: Iterable[Event]) -> Sequence[Event]:
    """By time, except that an event follows its cause and the earlier events of its own service.

    Two machines' clocks may disagree by more than an effect takes to follow its cause.
    """
    ordered = sorted(events, key=lambda event: (event["time"], event["source"], int(event["sequence"])))
    rank = {event["id"]: place for place, event in enumerate(ordered)}
    waits = [0] * len(ordered)
    followers: dict[int, list[int]] = defaultdict(list)
    for first, second in _constraints(ordered, rank):
        followers[first].append(second)
        waits[second] += 1
    ready = [place for place, count in enumerate(waits) if count == 0]
    story: list[int] = []
    while ready:
        place = heapq.heappop(ready)
        story.append(place)
        for follower in followers[place]:
            waits[follower] -= 1
            if waits[follower] == 0:
                heapq.heappush(ready, follower)
    # A circle of causes cannot be; if a forged one is, its events are shown all the same.
    told = set(story)
    story += [place for place in range(len(ordered)) if place not in told]
    return [ordered[place] for place in story]


def _constraints(ordered: Sequence[Event], rank: dict[str, int]) -> Iterable[tuple[int, int]]:
    by_source: dict[str, list[int]] = defaultdict(list)
    for place, event in enumerate(ordered):
        by_source[event["source"]].append(place)
        cause = rank.get(event.get("causationid") or "")
        if cause is not None and cause != place:
            yield cause, place
    for places in by_source.values():
        places.sort(key=lambda place: int(ordered[place]["sequence"]))
        yield from pairwise(places)


def _json(body: object, headers: Mapping[str, str] | None = None) -> Response:
    return Response(to_json(body), headers=headers, media_type="application/json")


def _as_it_came(answer: Answer) -> Response:
    return Response(answer.body, answer.status, media_type=answer.headers.get("Content-Type"))
