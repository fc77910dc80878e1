"""Cursors: what was given comes back, what was made up is refused before it reaches a database."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from kernel.errors import Refused
from kernel.http.paging import Paging, page_of


def test_a_page_goes_on_after_its_last_row() -> None:
    rows = [{"at": f"2026-11-2{n}", "n": n} for n in range(3)]
    shown, cursor = page_of(rows, Paging(None, 2), ("at", "n"))
    assert shown == rows[:2]
    assert Paging(cursor, 2).after == ["2026-11-21", 1]
    assert page_of(rows[2:], Paging(cursor, 2), ("at", "n")) == (rows[2:], None)


@pytest.mark.parametrize("keys", [[], {}, None, "x", 1, [None], [1.5], [["a"]], [2**63], [-(10**40), "a"]])
def test_a_cursor_nobody_gave_is_refused(keys: Any) -> None:
    with pytest.raises(Refused) as caught:
        Paging(base64.urlsafe_b64encode(json.dumps(keys).encode()).decode(), 20)
    assert [fault.pointer for fault in caught.value.errors] == ["/cursor"]


@pytest.mark.parametrize("cursor", ["", "x", "é", "====", "a" * 400])
def test_what_is_no_base64_is_refused(cursor: str) -> None:
    with pytest.raises(Refused):
        Paging(cursor, 20)
