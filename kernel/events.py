"""Facts: frozen pydantic models with an explicit wire name, a version, upcasters and sealed fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Formatter
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

ERASED = "donnée effacée"
"""What a sealed text reads as once its subject's key is destroyed."""

T = TypeVar("T")


class Seal:
    """Marks a field that is encrypted under its subject's key. `secret`: not even an auditor sees it."""

    def __init__(self, *, secret: bool = False) -> None:
        self.secret = secret


Sealed = Annotated[T, Seal()]
Secret = Annotated[T, Seal(secret=True)]
Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


class Event(BaseModel):
    """A fact of one service.

    Class keywords: `service` on the root of a service's facts (the root itself is no fact); on each fact `v` (schema
    version), `public` (a contract with other services), `route` (the field that holds the routing id), `subject` (a
    format of fields naming whose data the sealed fields are, for example `"demande:{demande}"`; those fields keep
    their names in every version), `name` (the wire name, when it is not the class name).

    A class that could leak what it seals, or could not be read after an erasure, is refused with TypeError.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: ClassVar[str] = ""
    wire_name: ClassVar[str] = ""
    wire_version: ClassVar[int] = 1
    is_public: ClassVar[bool] = False
    route_field: ClassVar[str] = ""
    subject_format: ClassVar[str] = ""
    seals: ClassVar[dict[str, Seal]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **keywords: Any) -> None:
        if "service" in keywords:
            cls.origin = keywords["service"]
            return
        cls.wire_name = keywords.get("name", cls.__name__)
        cls.wire_version = keywords.get("v", 1)
        cls.is_public = keywords.get("public", False)
        cls.route_field = keywords.get("route", "")
        cls.subject_format = keywords.get("subject", "")
        cls.seals = {n: s for n, f in cls.model_fields.items() if (s := _seal_of(f)) is not None}
        _check(cls)
        if _REGISTRY.setdefault((cls.origin, cls.wire_name), cls) is not cls:
            raise TypeError(f"two facts are named {cls.origin}.{cls.wire_name}")

    def __init_subclass__(cls, **_: Any) -> None:
        """Swallow the class keywords; pydantic hands them to `__pydantic_init_subclass__`."""
        super().__init_subclass__()

    @property
    def sealed_for(self) -> str:
        """Whose key seals this fact; empty when nothing is sealed."""
        return self.subject_format.format_map(_Fields(self)) if self.subject_format else ""

    @property
    def routed_to(self) -> str:
        """The id other systems route this fact by."""
        return str(getattr(self, self.route_field)) if self.route_field else ""


def _check(cls: type[Event]) -> None:
    name, clear = cls.wire_name, cls.model_fields.keys() - cls.seals.keys()
    needed = [field for _, field, _, _ in Formatter().parse(cls.subject_format) if field]
    if not name.isidentifier():
        raise TypeError(f"{name!r} is no wire name")
    if cls.seals and not needed:
        raise TypeError(f"{name} has sealed fields and no subject")
    for field in (*needed, *filter(None, [cls.route_field])):
        if field not in clear:
            raise TypeError(f"{name} names its subject or its route by {field!r}, which is no field in clear")
    if cls.seals and "sealed" in cls.model_fields:
        raise TypeError(f"{name}: a field of a sealed fact cannot be called sealed")
    for field, info in cls.model_fields.items():
        if _seal_inside(info.annotation):
            raise TypeError(f"{name}.{field}: the seal must enclose the whole type of a field of the fact")
        if field in cls.seals:
            whole: Any = Annotated[info.annotation, *info.metadata]
            try:
                TypeAdapter(whole).validate_python(erased_value(info.annotation))
            except ValidationError:
                raise TypeError(f"{name}.{field} has no value to take once it is erased: allow None") from None


def _seal_inside(annotation: Any, seen: frozenset[Any] = frozenset()) -> bool:
    if get_origin(annotation) is Annotated and any(isinstance(mark, Seal) for mark in get_args(annotation)[1:]):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields, seen = annotation.model_fields.values(), seen | {annotation}
        return any(
            _seal_of(field) or (field.annotation not in seen and _seal_inside(field.annotation, seen))
            for field in fields
        )
    return any(_seal_inside(part, seen) for part in get_args(annotation) if part not in seen)


class _Fields(Mapping[str, Any]):
    def __init__(self, event: Event) -> None:
        self.event = event

    def __getitem__(self, field: str) -> Any:
        return getattr(self.event, field)

    def __iter__(self) -> Any:
        return iter(type(self.event).model_fields)

    def __len__(self) -> int:
        return len(type(self.event).model_fields)


_REGISTRY: dict[tuple[str, str], type[Event]] = {}
_UPCASTERS: dict[tuple[str, str, int], Upcaster] = {}


def event_type(service: str, name: str) -> type[Event] | None:
    """The class of a wire name, or None for a fact this code does not know."""
    return _REGISTRY.get((service, name))


def event_types(service: str) -> list[type[Event]]:
    """Every registered fact of a service, by name."""
    return [cls for (owner, _), cls in sorted(_REGISTRY.items()) if owner == service]


def upcast(event: type[Event], *, frm: int) -> Callable[[Upcaster], Upcaster]:
    """Register a pure step from schema version `frm` to `frm + 1`, applied before validation.

    A step must tolerate absent sealed fields: they are absent when their key was destroyed.
    """

    def register(step: Upcaster) -> Upcaster:
        _UPCASTERS[(event.origin, event.wire_name, frm)] = step
        return step

    return register


def modernise(cls: type[Event], version: int, payload: dict[str, Any]) -> dict[str, Any]:
    """Bring a payload stored under an older schema version to the current one."""
    for step in range(version, cls.wire_version):
        payload = _UPCASTERS[(cls.origin, cls.wire_name, step)](payload)
    return payload


def upcast_steps(cls: type[Event]) -> list[int]:
    """The versions from which this code can bring a stored payload forward."""
    return sorted(frm for service, name, frm in _UPCASTERS if (service, name) == (cls.origin, cls.wire_name))


def erased_value(annotation: Any) -> Any:
    """What a sealed field of this type holds once its key is destroyed: « donnée effacée », or an empty container."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return erased_value(get_args(annotation)[0])
    if origin in (dict, Mapping):
        return {}
    if origin in (list, tuple, set, frozenset):
        return []
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {name: erased_value(field.annotation) for name, field in annotation.model_fields.items()}
    if origin is not None:
        kinds = [erased_value(arg) for arg in get_args(annotation) if arg is not type(None)]
        return kinds[0] if kinds else None
    return ERASED if annotation is str or annotation is Any else None


def mask_secrets(model: BaseModel) -> dict[str, Any]:
    """`model` as JSON values with every `Secret` field replaced: what an auditor may read."""
    dump = model.model_dump(mode="json")
    for name, field in type(model).model_fields.items():
        seal = _seal_of(field)
        if seal is not None and seal.secret and dump.get(name) is not None:
            dump[name] = "secret"
    return dump


def _seal_of(field: FieldInfo) -> Seal | None:
    return next((mark for mark in field.metadata if isinstance(mark, Seal)), None)
