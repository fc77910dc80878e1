"""The declarations of the five services, without starting any."""

from __future__ import annotations

from importlib import import_module

from kernel.runtime.assembly import SERVICES
from kernel.runtime.declaration import Service


def declared() -> list[Service]:
    """Every service, in the order a demande meets them."""
    return [import_module(f"services.{name}.main").SERVICE for name in SERVICES]
