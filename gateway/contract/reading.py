"""An OpenAPI document as a person reads it: calls by theme, their parameters, fields and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

_METHODS: Final = ("get", "post", "put", "patch", "delete")
_DEEPEST: Final = 4


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a body or a parameter; `name` shows where it is nested."""

    name: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer: its status (or « default »), what it means, its fields."""

    status: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the API."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    outcomes: tuple[Outcome, ...]


def sections(document: Json) -> dict[str, list[Call]]:
    """The calls by their first tag, in the document's order."""
    found: dict[str, list[Call]] = {}
    for path, item in document.get("paths", {}).items():
        for method in _METHODS:
            if operation := item.get(method):
                tag = next(iter(operation.get("tags", ())), "divers")
                found.setdefault(tag, []).append(_call(document, method, path, operation))
    return found


def _call(document: Json, method: str, path: str, operation: Json) -> Call:
    parameters = tuple(
        Field(
            parameter["name"],
            f"{_type(document, parameter.get('schema', {}))}, {parameter['in']}",
            parameter.get("required", False),
            parameter.get("description", ""),
        )
        for parameter in (_resolve(document, each) for each in operation.get("parameters", ()))
    )
    outcomes = tuple(
        Outcome(status, _meaning(answer), _content(document, answer))
        for status, answer in (
            (status, _resolve(document, each)) for status, each in operation.get("responses", {}).items()
        )
    )
    return Call(
        id=operation.get("operationId", f"{method}{path}").replace("/", "-"),
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=parameters,
        body=_content(document, _resolve(document, operation.get("requestBody", {}))),
        outcomes=outcomes,
    )


def _meaning(answer: Json) -> str:
    said: str = answer.get("description", "")
    # FastAPI's own filler, in English and empty of meaning.
    return "" if said == "Successful Response" else said


def _content(document: Json, holder: Json) -> tuple[Field, ...]:
    media: Json = next(iter(holder.get("content", {}).values()), {})
    return tuple(_fields(document, media.get("schema", {}), "", _DEEPEST))


def _fields(document: Json, schema: Json, prefix: str, depth: int) -> Iterator[Field]:
    schema = _merged(document, schema)
    if schema.get("type") == "array":
        yield from _fields(document, schema.get("items", {}), f"{prefix}[]", depth)
        return
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        field = _merged(document, each)
        full = f"{prefix}.{name}" if prefix else name
        yield Field(full, _type(document, each), name in required, field.get("description", ""))
        if depth > 1:
            yield from _fields(document, each, full, depth - 1)


def _type(document: Json, schema: Json) -> str:
    schema = _resolve(document, schema)
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(dict.fromkeys(_type(document, option) for option in options))
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("type", "object")
    if kind == "array":
        return f"liste de {_type(document, schema.get('items', {}))}"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _merged(document: Json, schema: Json) -> Json:
    """The one object schema behind references and optional values."""
    schema = _resolve(document, schema)
    options = [_resolve(document, each) for each in schema.get("anyOf") or schema.get("oneOf") or ()]
    plain = [option for option in options if option.get("type") != "null"]
    return {**plain[0], **schema} if len(plain) == 1 else schema


def _resolve(document: Json, node: Json) -> Json:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node
