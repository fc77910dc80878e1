"""The shape of a fact on the wire, and what may change in it without breaking whoever stored or reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kernel.events import Event

Shape = dict[str, Any]
TOLD = frozenset({"title", "description", "default", "additionalProperties", "examples"})
"""What a schema tells people and does not change what is stored."""


def shape_of(cls: type[Event]) -> Shape:
    """The JSON schema of a fact's payload, its references resolved, and what the kernel does with it."""
    schema = cls.model_json_schema()
    return {
        "payload": _plain(schema, schema.get("$defs", {})),
        "public": cls.is_public,
        "route": cls.route_field,
        "subject": cls.subject_format,
        "sealed": sorted(name for name, seal in cls.seals.items() if not seal.secret),
        "secret": sorted(name for name, seal in cls.seals.items() if seal.secret),
    }


def breaks(old: Shape, new: Shape) -> list[str]:
    """What keeps stored facts of the old shape, or readers of it, from living with the new one."""
    found = list(_breaks(old["payload"], new["payload"], ""))
    for word in ("subject", "route"):
        if old[word] != new[word]:
            found.append(f"the {word} was {old[word]!r} and is {new[word]!r}")
    if old["public"] and not new["public"]:
        found.append("a public fact became private")
    known = old["payload"]["properties"].keys()
    was, now = ({*shape["sealed"], *shape["secret"]} & known for shape in (old, new))
    found += [f"{name}: a seal was {'added' if name in now else 'taken away'}" for name in sorted(was ^ now)]
    found += [f"{name}: a secret is shown" for name in sorted({*old["secret"]} & {*new["sealed"]})]
    return found


def _breaks(old: Any, new: Any, where: str) -> Iterator[str]:
    here = where or "/"
    if old.get("type") == new.get("type") == "object" and "properties" in old:
        before, after = old["properties"], new.get("properties", {})
        for name in before.keys() - after.keys():
            yield f"{where}/{name}: removed"
        for name in before.keys() & after.keys():
            yield from _breaks(before[name], after[name], f"{where}/{name}")
        for name in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{where}/{name}: became required"
    elif old.get("type") == new.get("type") == "array" and {"items"} <= old.keys() & new.keys():
        yield from _breaks(old["items"], new["items"], f"{where}/*")
        if {k: v for k, v in old.items() if k != "items"} != {k: v for k, v in new.items() if k != "items"}:
            yield f"{here}: another kind of list"
    elif "anyOf" in old or "anyOf" in new:
        wider = new.get("anyOf", [new])
        if any(part not in wider for part in old.get("anyOf", [old])):
            yield f"{here}: fewer kinds of value"
    elif old != new:
        yield f"{here}: {old} became {new}"


def _plain(schema: Any, definitions: Any) -> Any:
    if isinstance(schema, list):
        return [_plain(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _plain(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    kept = {key: value for key, value in schema.items() if key not in TOLD and key != "$defs"}
    if "properties" in kept:
        # Fields may well be called title or description: only schemas lose these keys.
        fields = {name: _plain(value, definitions) for name, value in sorted(kept.pop("properties").items())}
        rest = {key: _plain(value, definitions) for key, value in kept.items()}
        return {**rest, "properties": fields, "required": sorted(kept.get("required", ()))}
    return {key: _plain(value, definitions) for key, value in kept.items()}
