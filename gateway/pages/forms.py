"""Posted forms: their fields, what is wrong with them, and the key that makes sending twice harmless."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from gateway.refusals import Refusal
from gateway.upstream import Answer

KEY: Final = "cle"  # the field of a form's own key
URLENCODED: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 5_000  # the editor of a démarche has 17 a question, for 200 questions
_LONGEST_KEY: Final = 64


@dataclass(frozen=True, slots=True)
class Mistake:
    """A field at fault (its name), and what to do about it. Without a field it concerns the whole form."""

    field: str
    detail: str


class Form(Mapping[str, str]):
    """The fields of a form. A field sent several times has its first value here, and all of them in `all`."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._fields: dict[str, list[str]] = {}
        for name, value in pairs:
            self._fields.setdefault(name, []).append(value)
        # As Idempotency-Key: what is not a key of ours is no key.
        key = self.pop(KEY)
        self.key = key if key.isascii() and key.isalnum() and len(key) <= _LONGEST_KEY else ""

    def __getitem__(self, name: str) -> str:
        return self._fields[name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def all(self, name: str) -> list[str]:
        """Every value of a field: the ticked boxes of a group."""
        return list(self._fields.get(name, ()))

    def text(self, name: str) -> str:
        """A field without the blanks around it; empty when it was not sent."""
        return self.get(name, "").strip()

    def pop(self, name: str) -> str:
        """Take a field out of the form; empty when it was not sent."""
        values = self._fields.pop(name, [])
        return values[0] if values else ""


def parse_form(body: bytes) -> Form:
    """An urlencoded form. Raises Refusal 422 when it is unreadable."""
    try:
        return Form(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise Refusal(422, "invalid-request", "Le formulaire est illisible. Rechargez la page.") from None


def whole(text: str, digits: int) -> int | None:
    """A number as addresses and hidden fields carry it; None for anything else, and for more than `digits` digits."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def new_key() -> str:
    """128 random bits for a form that is about to be shown."""
    return secrets.token_hex(16)


def mistakes_of(answer: Answer, fields: Mapping[str, str] | None = None) -> list[Mistake]:
    """What a service found wrong, by field of the form (`fields`: pointer → name where they differ)."""
    said, names = answer.json(), fields or {}
    faults = said.get("errors") or []
    found = [
        Mistake(names.get(fault["pointer"], fault["pointer"].rpartition("/")[2]), fault["detail"]) for fault in faults
    ]
    return found or [Mistake("", said["detail"])]


def missing(form: Form, sentences: Mapping[str, str]) -> list[Mistake]:
    """A mistake for each field that was left empty, with the sentence that asks for it."""
    return [Mistake(name, sentence) for name, sentence in sentences.items() if not form.text(name)]
