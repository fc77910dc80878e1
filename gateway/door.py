"""One request from arrival to answer: read, counted, matched, recognised, admitted, then served."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from prometheus_client import Counter, Histogram
from starlette.responses import Response
from starlette.types import Scope

from gateway.callers import Caller, Callers, admit
from gateway.cookies import Cookies
from gateway.headers import AnswerHeaders
from gateway.heads import Head, read_head, request_id_of
from gateway.limits import Limits
from gateway.matching import Table
from gateway.proxy import Proxy
from gateway.refusals import ClientGone, Refusal, too_large
from gateway.routes import HERE, Who
from gateway.visits import Body, Receive, Reply, Send, Visit
from kernel.http.problems import problem
from kernel.telemetry import Metrics, correlation

log = logging.getLogger(__name__)

Handler = Callable[[Visit], Awaitable[Response]]
ErrorPage = Callable[[Head, Refusal, Caller | None], Response]


class Door:
    """The gateway's ASGI application, lifespan aside.

    `handlers` answer what is composed here, by method and path of the table; `error_page` says a refusal
    to a person.
    """

    def __init__(
        self,
        *,
        table: Table,
        callers: Callers,
        limits: Limits,
        proxy: Proxy,
        handlers: Mapping[tuple[str, str], Handler],
        error_page: ErrorPage,
        cookies: Cookies,
        headers: AnswerHeaders,
        metrics: Metrics,
    ) -> None:
        self._table, self._callers, self._limits, self._proxy = table, callers, limits, proxy
        self._handlers, self._error_page = handlers, error_page
        self._cookies, self._headers, self._metrics = cookies, headers, metrics
        # Finding a figure by its labels costs more than counting it.
        self._figures: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request_id = request_id_of(scope)
        correlation.set(request_id)
        reply = Reply(send, self._headers, request_id)
        try:
            await self._serve(scope, receive, reply, request_id)
        except ClientGone:
            reply.status = reply.status or 499
        finally:
            self._count(reply.route, scope["method"], reply.status, time.perf_counter() - started)

    def _count(self, route: str, method: str, status: int, seconds: float) -> None:
        key = (route, method, status)
        if (figures := self._figures.get(key)) is None:
            counter = self._metrics.requests.labels(route, method, status)
            figures = self._figures[key] = (counter, self._metrics.seconds.labels(route))
        figures[0].inc()
        figures[1].observe(seconds)

    async def _serve(self, scope: Scope, receive: Receive, reply: Reply, request_id: str) -> None:
        head: Head | None = None
        try:
            head = read_head(scope, request_id)
            visit = await self._let_in(head, receive, reply)
            await self._answer(visit, scope)
        except Refusal as refusal:
            if reply.status:
                raise ClientGone from refusal  # too late to say it: uvicorn cuts the answer short
            await self._refuse(refusal, head, scope, receive, reply)
        except ClientGone:
            raise
        except Exception:
            log.exception("%s %s failed", scope["method"], reply.route)
            if reply.status:
                raise ClientGone from None
            detail = "Une erreur est survenue de notre côté. Réessayez dans quelques instants."
            await self._refuse(Refusal(500, "internal", detail), head, scope, receive, reply)

    async def _let_in(self, head: Head, receive: Receive, reply: Reply) -> Visit:
        ip = self._callers.ip(head)
        self._limits.arrive(ip)
        match = self._table.match(head.method, head.path)
        route = match.route
        reply.route, reply.personal = route.path, route.who not in (Who.NOBODY, Who.PUBLIC)
        if (head.declared_length or 0) > route.body:
            raise too_large(route.body)
        if route.limit is not None:
            self._limits.take(route.limit, ip)
        caller = reply.caller = await self._callers.find(head, ip, route.who)
        if caller.stale_cookie:
            reply.set_cookies(self._cookies.close_session())
        admit(route.who, caller)
        return Visit(head, match, caller, Body(receive, route.body), reply)

    async def _answer(self, visit: Visit, scope: Scope) -> None:
        if visit.match.service != HERE:
            await self._proxy.forward(visit)
            return
        route = visit.match.route
        response = await self._handlers[route.method, route.path](visit)
        await response(scope, visit.body.receive, visit.reply)

    async def _refuse(self, refusal: Refusal, head: Head | None, scope: Scope, receive: Receive, reply: Reply) -> None:
        if head is not None and head.wants_html and not head.path.startswith("/api/"):
            response = self._error_page(head, refusal, reply.caller)
        else:
            response = problem(
                refusal.status, refusal.slug, refusal.detail, title=refusal.title, headers=refusal.headers
            )
        await response(scope, receive, reply)
