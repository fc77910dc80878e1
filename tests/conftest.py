"""How tests are shared among workers (`make test`): a file to each, and one worker for what starts a whole Guichet."""

from __future__ import annotations

from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = ("tests/journeys/", "tests/browser/")
"""Folders whose session has one Guichet: it would be started once for each worker."""


class ByStack(LoadScopeScheduling):
    """What stands on the same running Guichet stays in one worker."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((one for one in TOGETHER if nodeid.startswith(one)), None)
        return folder or nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByStack:
    """Marks of groups do not survive in the names of tests, so the scheduler goes by where a test is."""
    return ByStack(config, log)
