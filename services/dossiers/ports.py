"""What dossiers needs from outside: something that prints."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A heading and its paragraphs."""

    model_config = ConfigDict(frozen=True)

    heading: str
    paragraphs: tuple[str, ...]


class Paper(BaseModel):
    """A document the administration delivers, in plain words. `facts` are labels and their values, in order."""

    model_config = ConfigDict(frozen=True)

    title: str
    issuer: str
    service: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    closing: str
    dated: datetime


class Printer(Protocol):
    """Makes accessible PDF: the same paper gives the same bytes, as long as `generator` does not change."""

    generator: str

    def print(self, paper: Paper) -> bytes:
        """The PDF. It blocks for some milliseconds."""
