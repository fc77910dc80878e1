"""How tests are shared among workers (`make test`): what starts a whole Guichet for its folder stays together."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TOGETHER = ("journeys", "browser")
"""Folders whose session has one Guichet: it would be started once for each worker. Everything else goes by file."""


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the group of each test; without workers that means nothing."""
    for item in items:
        path = item.path.relative_to(TESTS)
        group = path.parts[0] if path.parts[0] in TOGETHER else path.as_posix()
        item.add_marker(pytest.mark.xdist_group(group))
