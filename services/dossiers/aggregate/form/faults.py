"""How a refused answer is told: where it is (JSON pointer, RFC 6901) and one French sentence that says what to do."""

from dataclasses import dataclass

NBSP = "\u00a0"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault: `pointer` such as `/answers/montant`, `detail` for the person."""

    pointer: str
    detail: str


class BadValueError(ValueError):
    """A value its author must correct; `detail` is shown beside the field."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def quoted(text: str) -> str:
    """The text between French quotation marks."""
    return f"«{NBSP}{text}{NBSP}»"


def below(pointer: str, name: object) -> str:
    """The pointer of a member. A hostile name is shortened, and loses the surrogates that no answer could encode."""
    shown = name[:80].encode("utf-8", "replace").decode() if isinstance(name, str) else "?"
    return f"{pointer}/{shown.replace('~', '~0').replace('/', '~1')}"
