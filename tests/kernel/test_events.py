"""The declaration of a fact: names, versions, upcasters, seals. What could leak or be unreadable is refused."""

from __future__ import annotations

import base64
import types
from datetime import date
from typing import Annotated, Any, Literal
from uuid import uuid4

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kernel import events as registry
from kernel.codec import Codec, build
from kernel.events import (
    ERASED,
    Event,
    Seal,
    Sealed,
    Secret,
    erased_value,
    event_type,
    event_types,
    mask_secrets,
    modernise,
    upcast,
    upcast_steps,
)
from kernel.vault import MemoryKeys, Vault
from tests.support.stores import SECRET


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Facts declared by a test are gone after it."""
    monkeypatch.setattr(registry, "_REGISTRY", {})
    monkeypatch.setattr(registry, "_UPCASTERS", {})


class Value(BaseModel):
    """A value inside a fact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    street: str
    floor: int | None = None


class Root(Event, service="some"):
    """The facts of a service."""


def codec() -> Codec:
    return Codec("some", Vault(MemoryKeys(), SECRET))


def test_a_fact_is_found_by_its_wire_name() -> None:
    class ThingDone(Root, name="thing_done", v=3, public=True, route="thing"):
        thing: str

    assert event_type("some", "thing_done") is ThingDone
    assert event_type("some", "ThingDone") is None
    assert event_type("other", "thing_done") is None
    assert event_types("some") == [ThingDone]
    assert event_types("other") == []
    assert (ThingDone.wire_version, ThingDone.is_public, ThingDone.origin) == (3, True, "some")
    assert (ThingDone(thing="x").routed_to, ThingDone(thing="x").sealed_for) == ("x", "")


def test_the_root_of_a_services_facts_is_no_fact() -> None:
    assert event_types("some") == []


def test_two_facts_of_one_name_are_refused() -> None:
    class ThingDone(Root):
        thing: str

    with pytest.raises(TypeError, match="two facts"):

        class Another(Root, name="ThingDone"):
            thing: str

    assert event_types("some") == [ThingDone]


def test_a_fact_is_a_value() -> None:
    class ThingDone(Root):
        thing: str

    assert ThingDone(thing="x") == ThingDone(thing="x")
    with pytest.raises(ValidationError):
        setattr(ThingDone(thing="x"), "thing", "y")  # noqa: B010 - mypy knows it too


def test_unknown_fields_are_refused_when_writing_and_ignored_when_reading() -> None:
    class ThingDone(Root, subject="thing:{thing}"):
        thing: str
        where: Sealed[Value]

    class ThingSeen(Root):
        thing: str
        where: Value

    given: dict[str, Any] = {"thing": "x", "typo": 1, "where": {"street": "s"}}
    for cls in (ThingDone, ThingSeen):
        with pytest.raises(ValidationError):
            cls(**given)
    stored = b'{"thing":"x","newer":1,"where":{"street":"s","newer":2}}'
    assert codec().decode("ThingSeen", 1, uuid4(), stored) == ThingSeen(thing="x", where=Value(street="s"))
    newer = build(ThingDone, 1, {"thing": "x", "newer": 1, "where": {"street": "s", "newer": 2}})
    assert newer == ThingDone(thing="x", where=Value(street="s"))


def test_old_versions_climb_step_by_step() -> None:
    class StatusSet(Root, v=3):
        old: str
        new: str
        message: str

    @upcast(StatusSet, frm=1)
    def _(payload: dict[str, Any]) -> dict[str, Any]:
        return payload | {"new": payload.pop("status"), "old": ""}

    @upcast(StatusSet, frm=2)
    def _(payload: dict[str, Any]) -> dict[str, Any]:
        return payload | {"message": payload.pop("comment", "")}

    assert upcast_steps(StatusSet) == [1, 2]
    assert modernise(StatusSet, 1, {"status": "s"}) == {"old": "", "new": "s", "message": ""}
    decode = codec().decode
    id = uuid4()
    assert decode("StatusSet", 1, id, b'{"status":"s","comment":"c"}') == StatusSet(old="", new="s", message="c")
    assert decode("StatusSet", 2, id, b'{"old":"o","new":"n","comment":"c"}') == StatusSet(
        old="o", new="n", message="c"
    )
    assert decode("StatusSet", 3, id, b'{"old":"o","new":"n","message":"m"}') == StatusSet(
        old="o", new="n", message="m"
    )
    assert decode("StatusSet", 4, id, b'{"anything":1}') is None
    assert decode("StatusUnset", 1, id, b"{}") is None


def test_a_missing_step_is_a_fact_that_cannot_be_read() -> None:
    class StatusSet(Root, v=2):
        new: str

    assert codec().legible("StatusSet", 1, uuid4(), b'{"new":"n"}') is None


def test_a_step_sees_the_sealed_values_and_may_rename_them() -> None:
    class PersonNamed(Root, v=2, subject="person:{person}"):
        person: str
        full_name: Sealed[str]

    @upcast(PersonNamed, frm=1)
    def _(payload: dict[str, Any]) -> dict[str, Any]:
        if "name" in payload:
            payload = payload | {"full_name": payload["name"]}
        return payload

    coder, id = codec(), uuid4()
    token = coder.vault.seal("person:p", b'{"name":"Ada"}', id.bytes + b"PersonNamed")
    assert token is not None
    stored = b'{"person":"p","sealed":"' + base64.b64encode(token) + b'"}'
    assert coder.decode("PersonNamed", 1, id, stored) == PersonNamed(person="p", full_name="Ada")
    coder.vault.destroy("person:p")
    assert coder.decode("PersonNamed", 1, id, stored) == PersonNamed(person="p", full_name=ERASED)


def test_a_sealed_field_younger_than_the_fact_has_its_default_and_not_the_erased_value() -> None:
    class PersonNamed(Root, subject="person:{person}"):
        person: str
        name: Sealed[str]
        nickname: Sealed[str] = "none yet"

    assert build(PersonNamed, 1, {"person": "p", "name": "Ada"}).model_dump()["nickname"] == "none yet"
    erased = build(PersonNamed, 1, {"person": "p"})
    assert erased == PersonNamed(person="p", name=ERASED, nickname=ERASED)


def declared(annotation: Any) -> type[Event]:
    """A fact whose one field `value` has this type."""
    fields = {"__annotations__": {"id": str, "value": annotation}, "__module__": __name__}
    return types.new_class("ValueFound", (Root,), {"subject": "x:{id}"}, lambda body: body.update(fields))


@pytest.mark.parametrize(
    ("annotation", "erased"),
    [
        (str, ERASED),
        (Any, ERASED),
        (str | None, ERASED),
        (int | None, None),
        (dict[str, Any], {}),
        (tuple[str, ...], []),
        (list[Value], []),
        (frozenset[str], []),
        (Value, {"street": ERASED, "floor": None}),
        (Value | None, {"street": ERASED, "floor": None}),
    ],
    ids=str,
)
def test_what_an_erased_value_reads_as_fits_its_type(annotation: Any, erased: Any) -> None:
    assert erased_value(annotation) == erased
    fact = declared(Annotated[annotation, Seal()])
    assert build(fact, 1, {"id": "i"}).model_dump(mode="json")["value"] == erased


@pytest.mark.parametrize("annotation", [int, bool, date, Literal["a", "b"], tuple[int, int]], ids=str)
def test_a_seal_over_a_type_with_no_erased_value_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match="erased"):
        declared(Annotated[annotation, Seal()])
    assert event_types("some") == []


def test_a_seal_that_would_seal_nothing_is_refused() -> None:
    class Person(BaseModel):
        name: Sealed[str]

    for annotation in (Sealed[str] | None, list[Sealed[str]], dict[str, Secret[str]], Person, list[Person] | None):
        with pytest.raises(TypeError, match="enclose"):
            declared(annotation)


def test_a_sealed_value_names_no_subject_and_no_route() -> None:
    with pytest.raises(TypeError, match="no subject"):

        class NameGiven(Root):
            name: Sealed[str]

    with pytest.raises(TypeError, match="no subject"):

        class NameTaken(Root, subject="everybody"):
            name: Sealed[str]

    with pytest.raises(TypeError, match="in clear"):

        class NameFound(Root, subject="person:{name}"):
            name: Sealed[str]

    with pytest.raises(TypeError, match="in clear"):

        class NameSent(Root, subject="person:{id}", route="name"):
            id: str
            name: Sealed[str]

    with pytest.raises(TypeError, match="in clear"):

        class NameLost(Root, route="identifier"):
            id: str

    with pytest.raises(TypeError, match="cannot be called"):

        class NameSealed(Root, subject="person:{id}"):
            id: str
            sealed: Sealed[str]

    with pytest.raises(TypeError, match="wire name"):

        class NameDotted(Root, name="a.b"):
            id: str

    assert event_types("some") == []


def test_secrets_are_masked_and_sealed_values_are_not() -> None:
    class PasswordSet(Root, subject="person:{id}"):
        id: str
        email: Sealed[str]
        hash: Secret[str]
        token: Secret[str | None] = Field(default=None)

    shown = mask_secrets(PasswordSet(id="i", email="e", hash="h"))
    assert shown == {"id": "i", "email": "e", "hash": "secret", "token": None}
