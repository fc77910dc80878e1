"""Real answers against the OpenAPI document: what the portal says of itself is what it does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator

from console.demo.command import PIECES, play
from console.demo.portal import Answer, Portal
from tests.support.stack import Stack, quiet

pytestmark = pytest.mark.journey


class Witness(Portal):
    """Compares every JSON answer with the shape the contract gives it."""

    document: ClassVar[dict[str, Any]] = {}
    seen: ClassVar[set[str]] = set()

    def signed_in(self, token: str) -> Portal:
        return Witness(self.url, token, self.client)

    def call(self, method: str, path: str, *, expect: int | tuple[int, ...] = 200, **arguments: Any) -> Answer:
        answer = super().call(method, path, expect=expect, **arguments)
        if path.startswith("/api/") and self.document:
            self.compare(method.lower(), path, answer)
        return answer

    def compare(self, method: str, path: str, answer: Answer) -> None:
        """The call is in the contract, its status too, and its body has the shape it has there."""
        template = next((each for each in self.document["paths"] if matches(each, path)), None)
        assert template is not None, f"{path} is not in the contract"
        operation = self.document["paths"][template][method]
        refused = operation["responses"].get("default") if answer.status >= 400 else None
        described = operation["responses"].get(str(answer.status), refused)
        assert described is not None, f"{method} {template} answers {answer.status}, which the contract does not know"
        contents: list[dict[str, Any]] = list(described.get("content", {}).values())
        schema = contents[0].get("schema") if contents else None
        if schema and answer.body is not None:
            validator = Draft202012Validator({**schema, "components": self.document["components"]})
            faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(answer.body)]
            assert not faults, f"{method} {template}: {faults[:5]}"
            self.seen.add(f"{method} {template}")


def matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


@pytest.fixture
def witness(stack: Stack) -> Iterator[Witness]:
    portal = stack.portal()
    Witness.document, Witness.seen = portal.get("/api/openapi.json"), set()
    yield Witness(portal.url, None, portal.client)
    Witness.document = {}


def test_every_answer_of_the_journey_has_the_shape_of_the_contract(witness: Witness, stack: Stack) -> None:
    play(witness, stack.mailbox(), quiet(), PIECES)
    assert len(witness.seen) >= 20, sorted(witness.seen)


def test_every_call_of_the_contract_says_what_it_answers(witness: Witness) -> None:
    silent = [
        f"{method} {path}"
        for path, operations in witness.document["paths"].items()
        for method, operation in operations.items()
        if not any(code[0] in "23" and described(answer) for code, answer in operation["responses"].items())
    ]
    assert not silent, silent


def described(answer: dict[str, Any]) -> bool:
    """It says there is no body, that it is a file, or what its JSON holds."""
    content = answer.get("content", {})
    return all(each.get("schema") not in (None, {}) for media, each in content.items() if "json" in media)
