"""One whole Guichet for all the journeys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.demo.portal import Portal
from tests.support.residents import Resident, moves_in
from tests.support.scene import Scene, set_up
from tests.support.stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running Guichet; several tests use it, each with people and demandes of its own."""
    with running_stack(tmp_path_factory.mktemp("guichet")) as running:
        yield running


@pytest.fixture(scope="session")
def camille(stack: Stack) -> Resident:
    """Somebody with an account."""
    return moves_in(stack)


@pytest.fixture(scope="session")
def scene(stack: Stack) -> Scene:
    """One demande with everything about it, and everybody who may or may not see it."""
    return set_up(stack)


@pytest.fixture
def agent(stack: Stack) -> Portal:
    """The instructeur of education and vie associative."""
    return stack.agent("instructeur")
