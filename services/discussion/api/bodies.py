"""What people send, cleaned: line ends are `\\n`, control characters are gone, a subject is one line."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def text(given: Any) -> Any:
    """A text without control characters; anything else as it is, for pydantic to refuse."""
    return _CONTROLS.sub("", given.replace("\r\n", "\n").replace("\r", "\n")) if isinstance(given, str) else given


def one_line(given: Any) -> Any:
    """A text on one line, without blanks around or repeated: it goes into titles and subjects of mails."""
    return text(" ".join(given.split())) if isinstance(given, str) else given


Text = Annotated[str, Field(max_length=10_000), BeforeValidator(text)]
Line = Annotated[str, Field(max_length=200), BeforeValidator(one_line)]
Id = Annotated[str, Field(max_length=40)]
Attachments = Annotated[list[Id], Field(max_length=10)]


class Body(BaseModel):
    """A body of a request."""

    model_config = ConfigDict(extra="forbid")


class NewDocument(Body):
    """A document to ask for."""

    label: Line
    required: StrictBool = True
    due: Annotated[str, Field(max_length=40)] | None = None


class NewDiscussion(Body):
    """How a discussion begins."""

    subject: Line
    body: Text = ""
    requested_documents: Annotated[list[NewDocument], Field(max_length=20)] = []
    attachments: Attachments = []


class NewMessage(Body):
    """A message, and which requested documents its attachments are; null: what was said when they were sent."""

    body: Text = ""
    attachments: Attachments = []
    requested_documents: Annotated[dict[Id, Id], Field(max_length=20)] | None = None


class ReadMark(Body):
    """The last message that was read."""

    up_to: Id
