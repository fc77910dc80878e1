"""Finding the line of the table that a request asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.refusals import not_found, wrong_method
from gateway.routes import SERVICES, Route


@dataclass(frozen=True, slots=True)
class Match:
    """A route, the service it leads to and the path that service knows."""

    route: Route
    service: str
    path: str
    wild: tuple[str, ...] = ()


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    wild: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)


class Table:
    """The routes by path segment: finding one costs a dictionary look-up a segment."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def match(self, method: str, path: str) -> Match:
        """Raises Refusal: 404 for a path that is not in the table, 405 for another method."""
        node, wild = self._root, []
        for segment in path[1:].split("/"):
            if (known := node.literal.get(segment)) is not None:
                node = known
            elif node.wild is not None and segment:
                wild.append(segment)
                node = node.wild
            else:
                raise not_found()
        # RFC 9110 §9.3.2: what answers GET answers HEAD.
        route = node.routes.get("GET" if method == "HEAD" else method)
        if route is not None:
            return _resolve(route, path, wild)
        if node.routes:
            raise wrong_method(", ".join(_allowed(node.routes)))
        raise not_found()

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.path[1:].split("/"):
            if segment.startswith("{"):
                node.wild = node.wild or _Node()
                node = node.wild
            else:
                node = node.literal.setdefault(segment, _Node())
        if route.method in node.routes:
            raise ValueError(f"{route.method} {route.path} is in the table twice")
        node.routes[route.method] = route


def _allowed(routes: Iterable[str]) -> Sequence[str]:
    methods = set(routes)
    return sorted(methods | {"HEAD"}) if "GET" in methods else sorted(methods)


def _resolve(route: Route, path: str, wild: Sequence[str]) -> Match:
    if route.target is None:
        return Match(route, route.service, path, tuple(wild))
    if route.service in SERVICES:
        return Match(route, route.service, route.target, tuple(wild))
    service = wild[0]
    if service not in SERVICES:
        raise not_found()
    return Match(route, service, path.replace(f"/api/audit/{service}", "/audit", 1), tuple(wild))
