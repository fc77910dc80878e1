"""Given facts, when an intention, then facts or a refusal: the language of the aggregate tests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import pytest

from kernel.aggregate import Aggregate, State
from kernel.errors import Refused
from kernel.events import Event

S = TypeVar("S", bound=State)
E = TypeVar("E", bound=Event)


class Story(Generic[S, E]):
    """A history of one aggregate, and what is asked of it."""

    def __init__(self, aggregate: Aggregate[S, E], facts: Iterable[Event]) -> None:
        self._aggregate, self._facts = aggregate, tuple(facts)
        self._ask: Callable[[], list[Event]] = list

    def when(self, decide: Callable[[S, Any], Iterable[Event]], command: Any) -> Story[S, E]:
        """Ask for a decision."""
        state = self._aggregate.fold(self._facts)
        self._ask = lambda: list(decide(state, command))
        return self

    def then(self, *facts: Event) -> Story[S, E]:
        """Exactly these facts, and they fold."""
        decided = self._ask()
        assert decided == list(facts)
        self._aggregate.fold((*self._facts, *decided))
        return self

    def nothing(self) -> None:
        """No fact: what was asked for is already so."""
        assert self._ask() == []

    def refused(self, slug: str) -> Refused:
        """A refusal, with a French sentence."""
        with pytest.raises(Refused) as caught:
            self._ask()
        assert caught.value.slug == slug
        assert caught.value.detail
        return caught.value


def given(aggregate: Aggregate[S, E], *facts: Event) -> Story[S, E]:
    """Start from these facts."""
    return Story(aggregate, facts)
