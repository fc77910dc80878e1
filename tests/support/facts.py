"""Facts of every kind: at random for hypothesis, and one of each type that is always the same for the golden files."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from kernel.events import Event, Seal, event_types
from kernel.runtime.assembly import SERVICES

Strategy = st.SearchStrategy[Any]
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
SCALARS: Mapping[Any, Strategy] = {
    str: TEXT,
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    bool: st.booleans(),
    bytes: st.binary(max_size=40),
    datetime: st.datetimes(timezones=st.just(UTC)),
    date: st.dates(),
    UUID: st.uuids(),
    Any: JSON,
    object: JSON,
    type(None): st.none(),
}
SAMPLES: Mapping[Any, Any] = {
    int: 7,
    float: 1.5,
    bool: True,
    bytes: b"octets",
    datetime: datetime(2026, 11, 24, 8, 30, tzinfo=UTC),
    date: date(2026, 11, 24),
    UUID: UUID(int=7),
    Any: ["é", 1, None],
    object: ["é", 1, None],
    type(None): None,
}


def every_fact() -> list[type[Event]]:
    """Every registered fact of the five services."""
    found: list[type[Event]] = []
    for service in SERVICES:
        for room in ("events", "upcasts"):
            if find_spec(f"services.{service}.{room}") is not None:
                import_module(f"services.{service}.{room}")
        found += event_types(service)
    return found


def named(cls: type[Event]) -> str:
    """How a test calls a fact."""
    return f"{cls.origin}.{cls.wire_name}.v{cls.wire_version}"


def any_of(cls: type[BaseModel]) -> Strategy:
    """Any instance of a model."""
    return st.builds(cls, **{name: _field(field) for name, field in cls.model_fields.items()})


def sample_of(cls: type[BaseModel]) -> dict[str, Any]:
    """The fields of one instance of a model, always the same: texts say which field they are in."""
    return {name: _sample(field.annotation, name) for name, field in cls.model_fields.items()}


def _field(field: FieldInfo) -> Strategy:
    base, marks = _strategy(field.annotation), [mark for mark in field.metadata if not isinstance(mark, Seal)]
    if not marks:
        return base
    whole: Any = Annotated[field.annotation, *marks]
    return base.filter(_accepts(TypeAdapter(whole)))


def _accepts(adapter: TypeAdapter[Any]) -> Callable[[Any], bool]:
    def accepts(value: Any) -> bool:
        try:
            adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    return accepts


def _strategy(annotation: Any) -> Strategy:
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation in SCALARS:
        return SCALARS[annotation]
    if origin is Annotated:
        return _strategy(parts[0])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (Union, types.UnionType):
        return st.one_of([_strategy(part) for part in parts])
    if origin is tuple and parts[-1] is not Ellipsis:
        return st.tuples(*(_strategy(part) for part in parts))
    if origin in (list, tuple, set, frozenset):
        return st.lists(_strategy(parts[0]), max_size=3).map(origin)
    if origin in (dict, Mapping):
        return st.dictionaries(_strategy(parts[0]), _strategy(parts[1]), max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any_of(annotation)
    raise TypeError(f"no strategy for {annotation}")


def _sample(annotation: Any, name: str) -> Any:
    origin, parts = get_origin(annotation), get_args(annotation)
    if annotation is str:
        return f"{name} é"
    if annotation in SAMPLES:
        return SAMPLES[annotation]
    if origin is Annotated:
        return _sample(parts[0], name)
    if origin is Literal:
        return parts[0]
    if origin in (Union, types.UnionType):
        return _sample(parts[0], name)
    if origin is tuple and parts[-1] is not Ellipsis:
        return tuple(_sample(part, name) for part in parts)
    if origin in (list, tuple, set, frozenset):
        return origin([_sample(parts[0], name)])
    if origin in (dict, Mapping):
        return {"clé": _sample(parts[1], name)}
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return next(iter(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation(**sample_of(annotation))
    raise TypeError(f"no sample for {annotation}")
