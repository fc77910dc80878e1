"""What a page is made of: its route, its handler, and the house that serves it.

A page is a function `(house, visit) -> Response`; a module collects its own in `pages = Pages()`, a package
lists its modules, and `gateway.pages.rooms` lists the packages.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from starlette.responses import Response

from gateway.errands import Content, Errands
from gateway.federation import Federation
from gateway.pages.forms import Form
from gateway.pages.site import Site, refusal_of
from gateway.refusals import Refusal
from gateway.routes import HERE, SMALL, Route, Who
from gateway.upstream import Answer
from gateway.visits import Visit

Page = Callable[["House", Visit], Awaitable[Response]]
Handler = Callable[[Visit], Awaitable[Response]]

_PLAIN: Final = re.compile(r"[\x21-\x7e]{1,100}")  # what a header may hold
_NEVER: Final = '"0"'


@dataclass(frozen=True, slots=True)
class House:
    """What every page may use: the site that renders it, errands to the public API, FranceConnect and ProConnect."""

    site: Site
    errands: Errands
    federation: Federation

    async def get(self, visit: Visit, path: str, **query: str | int) -> Any:
        """The JSON of a read without which the page cannot be. Raises Refusal as the API answers."""
        answer = await self.errands.run(visit, "GET", path, None, None, **query)
        if answer.status != 200:
            raise refusal_of(answer)
        return answer.json()

    async def part(self, visit: Visit, path: str, **query: str | int) -> Any:
        """The JSON of a part of the page; None when it cannot be had now: the page stands without it."""
        try:
            return await self.get(visit, path, **query)
        except Refusal:
            return None

    async def account(self, visit: Visit) -> Any:
        """The visitor's account as `GET /api/me` tells it, without the count of unread discussions."""
        answer = await self.errands.account(visit)
        if answer.status != 200:
            raise refusal_of(answer)
        return answer.json()

    async def send(
        self,
        visit: Visit,
        form: Form,
        method: str,
        path: str,
        body: Mapping[str, Any] | Content | None = None,
        *,
        step: str = "",
        if_match: str = "",
    ) -> Answer:
        """A command of a posted form: sent twice (a double click, a reload) it is done once.

        `step` tells apart the commands of one form. The caller judges the answer.
        """
        key = f"{form.key}:{step}" if form.key and step else form.key
        if if_match and not _PLAIN.fullmatch(if_match):
            if_match = _NEVER  # what is no version of ours is none that is current
        return await self.errands.run(visit, method, path, body, {"Idempotency-Key": key, "If-Match": if_match})


class Pages:
    """The pages of one module, as it declares them; `done`: what they say once they did something, by code."""

    def __init__(self, *, done: Mapping[str, str] | None = None) -> None:
        self.done: Final = dict(done or {})
        self._pages: dict[Route, Page] = {}

    def get(self, path: str, who: Who = Who.PUBLIC, *, note: str = "page") -> Callable[[Page], Page]:
        """Declare a page for `who`: others sign in first, or learn nothing of it."""
        return partial(self._add, Route("GET", path, HERE, who, note=note))

    def post(self, path: str, who: Who = Who.PUBLIC, *, body: int = SMALL) -> Callable[[Page], Page]:
        """Declare what a form is posted to."""
        return partial(self._add, Route("POST", path, HERE, who, body=body, note="page"))

    def _add(self, route: Route, page: Page) -> Page:
        self._pages[route] = page
        return page

    @property
    def routes(self) -> tuple[Route, ...]:
        """The lines of the public table."""
        return tuple(self._pages)

    def handlers(self, house: House) -> Mapping[tuple[str, str], Handler]:
        """What answers each of them in `house`."""
        return {(route.method, route.path): partial(page, house) for route, page in self._pages.items()}
