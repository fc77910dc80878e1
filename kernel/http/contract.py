"""What the answers of a route look like, for the OpenAPI document; they are built as plain JSON all the same."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Shown(BaseModel):
    """The shape of an answer. The journeys check real answers against the document these make."""

    model_config = ConfigDict(extra="forbid")


def answers(status: int, shape: type[BaseModel], description: str = "") -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers this."""
    return {status: {"model": shape, "description": description or (shape.__doc__ or "").split("\n")[0]}}
