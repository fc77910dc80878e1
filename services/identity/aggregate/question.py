"""The security question: a sum that a person reads and a form-filling robot does not expect.

It is a question in words, not an image: a screen reader says it as it stands (RGAA 1.4 does not arise).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.identity.aggregate.numbers import in_words, read_number

LARGEST = 20
Operation = Literal["plus", "moins", "fois"]
OPERATIONS: tuple[Operation, ...] = ("plus", "moins", "fois")


@dataclass(frozen=True, slots=True)
class Number:
    """A number from 0 to 20, and whether it is written in words."""

    value: int
    spelt: bool

    def __str__(self) -> str:
        return in_words(self.value) if self.spelt else str(self.value)


@dataclass(frozen=True, slots=True)
class Question:
    """« Combien font A plus B ? » The larger number comes first in a subtraction."""

    first: Number
    operation: Operation
    second: Number

    def __post_init__(self) -> None:
        if not all(0 <= number.value <= LARGEST for number in (self.first, self.second)) or self.answer < 0:
            raise ValueError("numbers from 0 to 20, and no answer below 0")

    @property
    def text(self) -> str:
        """The sentence to show."""
        return f"Combien font {self.first} {self.operation} {self.second} ?"

    @property
    def answer(self) -> int:
        """What it comes to, from 0 to 400."""
        match self.operation:
            case "plus":
                return self.first.value + self.second.value
            case "moins":
                return self.first.value - self.second.value
            case "fois":
                return self.first.value * self.second.value


def read_answer(given: object) -> int | None:
    """The number somebody answered, as a JSON number, in digits or in French words; None for anything else."""
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    return read_number(given) if isinstance(given, str) else None
