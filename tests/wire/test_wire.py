"""The facts as they lie in logs: what was stored once is read for ever. `python -m tests.wire.write` adds new ones."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kernel.codec import Codec, build
from kernel.events import Event, event_type, upcast_steps
from kernel.vault import MemoryKeys, Vault
from tests.support.facts import every_fact, named
from tests.support.stores import SECRET
from tests.wire.shapes import Shape, breaks, shape_of
from tests.wire.write import HERE, payload_file, sample, shape_file, text

FACTS = every_fact()
PAYLOADS = sorted(path for path in HERE.glob("*/*.json") if not path.name.endswith(".schema.json"))
NAME = re.compile(r"([A-Za-z]+)\.v(\d+)\.json")
ID = UUID(int=7)


def of(path: Path) -> tuple[type[Event], int, dict[str, Any]]:
    found = NAME.fullmatch(path.name)
    assert found is not None, f"{path.name} names no fact"
    cls = event_type(path.parent.name, found[1])
    assert cls is not None, f"{found[1]} is gone: whoever stored one can no longer read it"
    return cls, int(found[2]), json.loads(path.read_text())


@pytest.mark.parametrize("cls", FACTS, ids=named)
def test_every_fact_has_its_golden_files(cls: type[Event]) -> None:
    missing = [path.name for path in (payload_file(cls), shape_file(cls)) if not path.exists()]
    assert not missing, "run `python -m tests.wire.write` and commit what it wrote"


@pytest.mark.parametrize("cls", FACTS, ids=named)
def test_a_version_keeps_its_shape(cls: type[Event]) -> None:
    if not shape_file(cls).exists():
        pytest.skip("no golden file")
    old, new = json.loads(shape_file(cls).read_text()), shape_of(cls)
    assert not breaks(old, new), "declare a new version of the fact (v=n+1) and its upcast"
    assert old == json.loads(text(new)), "it only grew: run `python -m tests.wire.write` and commit what it wrote"


@pytest.mark.parametrize("cls", FACTS, ids=named)
def test_every_older_version_has_its_step_forward(cls: type[Event]) -> None:
    assert upcast_steps(cls) == list(range(1, cls.wire_version))
    for version in range(1, cls.wire_version):
        assert payload_file(cls, version).exists(), "the payload of an older version was deleted"


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_a_stored_payload_is_read_by_todays_code(path: Path) -> None:
    cls, version, payload = of(path)
    fact = build(cls, version, dict(payload))
    if version == cls.wire_version:
        again = fact.model_dump(mode="json")
        assert {name: again[name] for name in payload} == payload
        codec = Codec(cls.origin, Vault(MemoryKeys(), SECRET))
        stored, _ = codec.encode(fact, ID)
        assert codec.decode(cls.wire_name, version, ID, stored) == fact


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_a_stored_payload_is_read_after_an_erasure(path: Path) -> None:
    cls, version, payload = of(path)
    shape: Shape = json.loads(path.with_suffix(".schema.json").read_text())
    left = {name: value for name, value in payload.items() if name not in {*shape["sealed"], *shape["secret"]}}
    fact = build(cls, version, left)
    if version == cls.wire_version:
        assert fact.model_dump(mode="json", exclude=set(cls.seals)).items() >= left.items()


def test_a_payload_is_never_written_twice_and_a_new_one_is_always_the_same() -> None:
    for cls in FACTS:
        assert text(sample(cls)) == text(sample(cls))


def shape(**payload: Any) -> Shape:
    whole = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]} | payload
    return {"payload": whole, "public": True, "route": "id", "subject": "", "sealed": [], "secret": []}


def grown(**changes: Any) -> Shape:
    return shape() | changes


TEXT = {"type": "string"}
GREW = {"type": "object", "properties": {"id": TEXT, "more": TEXT}, "required": ["id"]}
CHANGES: list[tuple[str, Shape, bool]] = [
    ("nothing", shape(), False),
    ("an optional field more", grown(payload=GREW), False),
    ("an optional sealed field more", grown(payload=GREW, sealed=["more"]), False),
    ("a required field more", grown(payload=GREW | {"required": ["id", "more"]}), True),
    ("a field less", shape(properties={}, required=[]), True),
    ("a renamed field", shape(properties={"ident": TEXT}, required=["ident"]), True),
    ("another type", shape(properties={"id": {"type": "integer"}}), True),
    ("one type more", shape(properties={"id": {"anyOf": [TEXT, {"type": "null"}]}}), False),
    ("a field no longer required", shape(required=[]), False),
    ("a seal", grown(sealed=["id"]), True),
    ("another route", grown(route="other"), True),
    ("another subject", grown(subject="x:{id}"), True),
    ("private", grown(public=False), True),
]


@pytest.mark.parametrize(("new", "broken"), [pytest.param(new, broken, id=id) for id, new, broken in CHANGES])
def test_what_breaks_a_version_is_told(new: Shape, broken: bool) -> None:
    assert bool(breaks(shape(), new)) == broken


def test_what_breaks_inside_a_value_or_a_list_is_told() -> None:
    inner = {"type": "object", "properties": {"a": TEXT}, "required": ["a"]}
    outer = {"type": "object", "properties": {"v": inner, "l": {"type": "array", "items": inner}}, "required": ["v"]}
    less = {"type": "object", "properties": {}, "required": []}
    for name, value in (("v", less), ("l", {"type": "array", "items": less})):
        changed = outer | {"properties": outer["properties"] | {name: value}}  # type: ignore[operator]
        assert breaks(grown(payload=outer), grown(payload=changed))
    assert breaks(grown(secret=["id"]), grown(sealed=["id"])) == ["id: a secret is shown"]
