"""The public AsyncAPI document: what other systems can listen to on the stream GUICHET."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from typing import Any

from kernel.cloudevents import qualified
from kernel.events import Event, event_types
from kernel.runtime.declaration import Service

Json = dict[str, Any]


def document(services: Iterable[Service]) -> Json:
    """What `/api/asyncapi.json` serves: a channel per public fact, without its sealed fields."""
    channels: Json = {}
    operations: Json = {}
    messages: Json = {}
    for service in services:
        for event in event_types(service.name):
            if not event.is_public:
                continue
            name = f"{service.name}.{event.wire_name}"
            messages[name] = _message(event)
            channels[name] = {
                "address": f"guichet.{service.name}.{event.wire_name}.{{routing}}",
                "parameters": {"routing": {"description": "Identifiant de la demande, du compte ou de la démarche."}},
                "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            }
            operations[f"receive.{name}"] = {"action": "send", "channel": {"$ref": f"#/channels/{name}"}}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Guichet",
            "version": "1.0.0",
            "description": "Événements publics (CloudEvents 1.0, mode binaire : en-têtes ce-*) sur le flux JetStream"
            " GUICHET. Aucune donnée personnelle n'y circule.",
        },
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _message(event: type[Event]) -> Json:
    schema = event.model_json_schema()
    for name in event.seals:
        schema["properties"].pop(name)
        schema["required"] = [each for each in schema.get("required", []) if each != name]
    schema.pop("description", None)
    return {
        "name": event.wire_name,
        "title": qualified(event.origin, event.wire_name, event.wire_version),
        "summary": " ".join(inspect.cleandoc(event.__doc__ or "").split()),
        "contentType": "application/json",
        "payload": schema,
    }


def text(services: Iterable[Service]) -> str:
    """The document as it is kept."""
    return json.dumps(document(services), ensure_ascii=False, indent=1) + "\n"
