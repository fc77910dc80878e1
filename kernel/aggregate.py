"""Aggregates: a value, folded from facts by a pure function. Deciding is a pure function per command."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from kernel.envelope import Recorded
from kernel.errors import UnknownFact
from kernel.events import Event


class State(BaseModel):
    """What decisions need to know, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Command(BaseModel):
    """An intention. Times and ids arrive inside it: deciding reads no clock."""

    model_config = ConfigDict(frozen=True, extra="forbid")


S = TypeVar("S", bound=State)
C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)

Decide = Callable[[S, C], Iterable[Event]]


@dataclass(frozen=True)
class Aggregate(Generic[S, E]):
    """`category` names its streams `<service>.<category>-<id>`; `facts` is the root class of its service's facts."""

    service: str
    category: str
    initial: S
    evolve: Callable[[S, E], S]

    def stream(self, id: str) -> str:
        """The stream of one instance."""
        return f"{self.service}.{self.category}-{id}"

    def fold(self, facts: Iterable[Event]) -> S:
        """The state after `facts`."""
        state = self.initial
        for fact in facts:
            state = self.evolve(state, fact)  # type: ignore[arg-type]
        return state

    def fold_recorded(self, history: Iterable[Recorded]) -> S:
        """The state after a stored history. Raises UnknownFact on a fact this code does not know."""
        state = self.initial
        for recorded in history:
            if recorded.event is None:
                raise UnknownFact(f"unknown fact {recorded.type} v{recorded.schema} in {recorded.stream}")
            state = self.evolve(state, recorded.event)  # type: ignore[arg-type]
        return state
