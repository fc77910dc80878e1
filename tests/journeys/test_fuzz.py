"""Bodies made up from the published contract, then bent: whatever comes, an answer of the contract comes back.

The seed is fixed: the same few hundred cases at each run. Another one explores (`--hypothesis-seed` has no effect;
take `derandomize` away).
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.routes import Who
from gateway.table import ROUTES
from tests.support import malice
from tests.support.refusals import faults_of
from tests.support.scene import NEVER_CURRENT, Scene
from tests.support.stack import SERVICES, Stack, elsewhere

pytestmark = pytest.mark.journey

WHO = ("anonymous", "owner", "other", "tracking", "agent", "agent-2", "administrateur", "auditeur", "garbage")
COMMANDS = [route for route in ROUTES if route.method in ("POST", "PATCH", "PUT") and route.path.startswith("/api/")]
# Sign-in and tracking take their time on purpose, whatever is wrong.
QUICK = [route for route in COMMANDS if route.limit is None or route.who is not Who.PUBLIC]

texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(malice.NASTY_TEXTS),
    st.sampled_from(
        ["en_instruction", "acceptee", "me", "2026-12-01", "a@example.org", "0" * 16, "subvention-association"]
    ),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), texts)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)


def properties(contract: dict[str, Any], route: Any) -> list[str]:
    """The names of the fields that the contract knows for a route."""
    operation = contract["paths"].get(route.path, {}).get(route.method.lower(), {})
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = content.get("schema", {})
    if "$ref" in schema:
        schema = contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return sorted(schema.get("properties", {})) or ["text"]


def test_whatever_is_sent_is_answered_as_the_contract_says(stack: Stack, scene: Scene) -> None:
    contract = stack.portal().get("/api/openapi.json")
    known = {route.path: properties(contract, route) for route in QUICK}
    before = stack.settled()
    statuses: set[int] = set()

    @settings(max_examples=400, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def sent(data: st.DataObject) -> None:
        route = data.draw(st.sampled_from(QUICK))
        caller = scene.callers[data.draw(st.sampled_from(WHO))]
        fields = st.fixed_dictionaries({}, optional=dict.fromkeys(known[route.path], values))
        valid = scene.arguments(route.method, route.path).get("json") or {}
        body = data.draw(st.one_of(fields, values, fields.map(lambda bent: valid | bent)))
        headers = data.draw(
            st.fixed_dictionaries({}, optional={"Idempotency-Key": st.sampled_from(["k", "clé", "x" * 300])})
        )
        answer = _send(caller, route, scene.path(route.path), malice.encoded(body), headers)
        statuses.add(answer.status_code)
        limited = route.limit is not None
        assert answer.is_success or faults_of(answer, limited=limited) == [], (
            route.method,
            route.path,
            body,
            answer.text,
        )

    sent()
    assert {401, 403, 404, 412, 422} <= statuses
    assert {service: stack.facts(service) for service in SERVICES} == before


def _send(caller: Any, route: Any, path: str, content: bytes, headers: dict[str, str]) -> httpx.Response:
    sent = caller._headers | elsewhere() | {"If-Match": NEVER_CURRENT, "Content-Type": "application/json"}
    raw = {name: value.encode() for name, value in (sent | headers).items()}
    answer: httpx.Response = caller.client.request(route.method, path, content=content, headers=raw)
    return answer
