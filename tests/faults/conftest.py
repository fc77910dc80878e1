"""Guichets to break: each module has its own, since none is as it was afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.stack import Stack, running_stack


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running Guichet for the tests of one module."""
    with running_stack(tmp_path_factory.mktemp("guichet")) as running:
        yield running
