"""The public OpenAPI document: the gateway's table, filled with what each service says of its own calls."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from gateway.contract.outline import is_api, outline
from gateway.routes import HERE, Route
from gateway.table import ROUTES
from kernel.runtime.app import application
from kernel.runtime.declaration import Service

Json = dict[str, Any]


def document(services: Iterable[Service]) -> Json:
    """What `/api/openapi.json` serves. A call whose service does not answer it yet is left out."""
    described = {service.name: application(service).openapi() for service in services}
    served = [route for route in ROUTES if is_api(route) and _operation(described, route) is not None]
    whole = outline(served)
    schemas: Json = whole["components"]["schemas"]
    for route in served:
        if route.service == HERE:
            continue
        name = _owner(route)
        operation = _operation(described, route)
        assert operation is not None
        target = whole["paths"][route.path][route.method.lower()]
        for key in ("summary", "requestBody"):
            if key in operation:
                target[key] = operation[key]
        about = operation.get("description")
        target["description"] = f"{target['description']} {about}" if about else target["description"]
        target["parameters"] = _parameters(target, operation)
        answers = {code: answer for code, answer in operation["responses"].items() if code != "422"}
        target["responses"] = answers | target["responses"]
        _adopt(target, described[name]["components"]["schemas"], schemas)
    return whole


def _owner(route: Route) -> str:
    # The audit doors are the same in every service: one description stands for the five.
    return "dossiers" if route.service == "{service}" else route.service


def _operation(described: dict[str, Json], route: Route) -> Json | None:
    if route.service == HERE:
        return {}
    paths = described[_owner(route)]["paths"]
    found: Json | None = paths.get(route.target or route.path, {}).get(route.method.lower())
    return found


def _parameters(target: Json, operation: Json) -> list[Json]:
    known = {(parameter["in"], parameter["name"]) for parameter in target.get("parameters", [])}
    more = [p for p in operation.get("parameters", []) if (p["in"], p["name"]) not in known]
    return [*target.get("parameters", []), *more]


def _adopt(node: Json, theirs: Json, ours: Json) -> None:
    """Copy the schemas an operation refers to. Raises ValueError when two services give one name to two things."""
    for name in sorted(_references(node)):  # a set has another order in every process
        if name not in ours:
            ours[name] = theirs[name]
            _adopt(theirs[name], theirs, ours)
        elif name in theirs and ours[name] != theirs[name]:
            raise ValueError(f"two services describe a schema named {name}")


def _references(node: Any) -> set[str]:
    found: set[str] = set()
    if isinstance(node, dict):
        if isinstance(ref := node.get("$ref"), str) and ref.startswith("#/components/schemas/"):
            found.add(ref.rpartition("/")[2])
        for value in node.values():
            found |= _references(value)
    elif isinstance(node, list):
        for value in node:
            found |= _references(value)
    return found - {"Problem"}


def text(services: Iterable[Service]) -> str:
    """The document as it is kept."""
    return json.dumps(document(services), ensure_ascii=False, indent=1) + "\n"
