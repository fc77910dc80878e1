"""The same journey with every service on the EventStoreDB adapter, over the protocol double."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.demo.command import PIECES, play
from tests.support.stack import SERVICES, Stack, quiet

pytestmark = pytest.mark.journey


def test_the_demonstration_passes_on_the_eventstoredb_adapter(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "var", "--demo", "--store", "esdb").start()
    try:
        play(stack.portal(), stack.mailbox(), quiet(), PIECES)
    finally:
        stack.close()
    assert not [name for name in SERVICES if (tmp_path / "var" / name / "log.db").exists()]
