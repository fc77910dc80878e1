"""The configuration table of the README, from the settings classes themselves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic_core import PydanticUndefined

from gateway.settings import GatewaySettings
from kernel.runtime.declaration import Service
from kernel.settings import PREFIX, ServiceSettings, Settings

BEGIN, END = "<!-- configuration: written by `guichet docs` -->", "<!-- end of configuration -->"
CONSOLE = (
    ("GUICHET_PORT", "`guichet up`", "8000", "port of the gateway"),
    ("GUICHET_MAILBOX_PORT", "`guichet up`", "8025", "port of the development mailbox"),
)


def table(services: Iterable[Service]) -> str:
    """Every variable, who reads it, its default and its meaning."""
    known: dict[str, tuple[set[str], str, str]] = {}
    readers: list[tuple[str, type[Settings]]] = [("every process", Settings), ("services", ServiceSettings)]
    readers += [("gateway", GatewaySettings), *((service.name, service.settings) for service in services)]
    for reader, settings in readers:
        for name, field in settings.model_fields.items():
            inherited = settings is ServiceSettings and reader != "services"
            inherited = inherited or any(
                name in base.model_fields for base in settings.__mro__[1:] if hasattr(base, "model_fields")
            )
            if not inherited:
                who, *_ = known.setdefault(name, (set(), _default(field.default), field.description or ""))
                who.add(reader)
    rows = [*CONSOLE]
    rows += [(f"{PREFIX}{name.upper()}", ", ".join(sorted(who)), d, text) for name, (who, d, text) in known.items()]
    lines = ["| variable | read by | default | meaning |", "| --- | --- | --- | --- |"]
    for name, readers_of, default, text in rows:
        lines.append(f"| `{name}` | {readers_of} | {default} | {text} |".replace("required|no", "required or no"))
    return "\n".join(lines)


def filled(readme: str, services: Iterable[Service]) -> str:
    """The README with its table renewed. Raises ValueError when it has no place for one."""
    before, _, rest = readme.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError("README.md has no place for the configuration table")
    return f"{before}{BEGIN}\n{table(services)}\n{END}{after}"


def _default(default: Any) -> str:
    if default is PydanticUndefined:
        return "required"
    if default is None or default == "":
        return "–"
    if isinstance(default, tuple):
        return f"`{','.join(f'{each:g}' for each in default)}`"
    return f"`{default}`"
