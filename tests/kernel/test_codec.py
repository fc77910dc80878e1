"""Every registered fact of every service survives its way to the disk, to a neighbour and through an erasure."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import from_json, to_json

from kernel.clock import system_clock
from kernel.cloudevents import from_cloudevent, to_cloudevent
from kernel.codec import Codec, build, stored_payload
from kernel.envelope import Meta, Recorded
from kernel.events import Event
from kernel.vault import MemoryKeys, Vault
from services.notifier.events import NotificationQueued
from tests.support.facts import any_of, every_fact, named, sample_of
from tests.support.stores import SECRET

FACTS = every_fact()
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def recorded(event: Event) -> Recorded:
    return Recorded(
        source=event.origin,
        position=7,
        stream=f"{event.origin}.thing-1",
        version=3,
        id=uuid4(),
        type=event.wire_name,
        schema=event.wire_version,
        at=system_clock(),
        meta=Meta("account:a", "command", "fingerprint", "correlation", "causation"),
        event=event,
        route=event.routed_to,
        public=event.is_public,
        previous=5,
    )


@pytest.mark.parametrize("cls", FACTS, ids=named)
@quick
@given(data=st.data())
def test_a_fact_is_read_as_it_was_written(cls: type[Event], data: st.DataObject) -> None:
    event = data.draw(any_of(cls))
    vault, id = Vault(MemoryKeys(), SECRET), uuid4()
    codec = Codec(cls.origin, vault)
    stored, erased = codec.encode(event, id)
    assert not erased
    assert codec.decode(cls.wire_name, cls.wire_version, id, stored) == event
    assert stored_payload(stored).keys() == (cls.model_fields.keys() - cls.seals.keys()) | (
        {"sealed"} if cls.seals else set()
    )


@pytest.mark.parametrize("cls", [cls for cls in FACTS if cls.seals], ids=named)
@quick
@given(data=st.data())
def test_an_erased_fact_keeps_what_was_never_sealed(cls: type[Event], data: st.DataObject) -> None:
    event = data.draw(any_of(cls))
    vault, id = Vault(MemoryKeys(), SECRET), uuid4()
    codec = Codec(cls.origin, vault)
    stored, _ = codec.encode(event, id)
    vault.destroy(event.sealed_for)
    left = codec.decode(cls.wire_name, cls.wire_version, id, stored)
    assert left is not None
    assert left.model_dump(exclude=set(cls.seals)) == event.model_dump(exclude=set(cls.seals))
    assert left == build(cls, cls.wire_version, codec.published(event))
    late, erased = codec.encode(event, id)
    assert erased
    assert codec.decode(cls.wire_name, cls.wire_version, id, late) == left


@pytest.mark.parametrize("cls", [cls for cls in FACTS if cls.is_public], ids=named)
@quick
@given(data=st.data())
def test_a_public_fact_reaches_an_entitled_neighbour_whole_and_others_without_its_sealed_values(
    cls: type[Event], data: st.DataObject
) -> None:
    fact = recorded(data.draw(any_of(cls)))
    assert fact.event is not None
    codec = Codec(cls.origin, Vault(MemoryKeys(), SECRET))

    def heard(payload: dict[str, Any]) -> Recorded:
        return from_cloudevent(from_json(to_json(to_cloudevent(fact, payload))))

    entitled, other = heard(fact.event.model_dump(mode="json")), heard(codec.published(fact.event))
    assert entitled.event == fact.event
    assert other.event == build(cls, cls.wire_version, codec.published(fact.event))
    for arrived in (entitled, other):
        for name in ("source", "position", "stream", "version", "id", "type", "schema", "at", "public", "previous"):
            assert getattr(arrived, name) == getattr(fact, name)
        assert arrived.meta.fingerprint == ""


def test_a_neighbours_fact_that_cannot_be_read_is_there_without_its_content() -> None:
    cls = next(cls for cls in FACTS if cls.is_public)
    event = to_cloudevent(recorded(cls(**sample_of(cls))), {"nothing": "expected"})
    assert from_cloudevent(event).event is None
    unknown = event | {"type": "fr.guichet.dossiers.NeverHeardOf.v1"}
    assert from_cloudevent(unknown).event is None
    newer = event | {"type": f"fr.guichet.{cls.origin}.{cls.wire_name}.v{cls.wire_version + 1}"}
    assert from_cloudevent(newer).event is None
    for name in ("type", "sequence", "subject", "id", "time"):
        with pytest.raises((KeyError, ValueError)):
            from_cloudevent({key: value for key, value in event.items() if key != name})


def test_a_long_sealed_text_takes_less_room_and_reads_back_as_it_was() -> None:
    codec, id = Codec("notifier", Vault(MemoryKeys(), SECRET)), uuid4()
    source = "Bonjour, votre demande avance.\r\n" * 400
    mail = NotificationQueued(**sample_of(NotificationQueued) | {"source": source})
    stored, _ = codec.encode(mail, id)
    assert len(stored) < len(source) / 4
    assert codec.decode(mail.wire_name, mail.wire_version, id, stored) == mail
