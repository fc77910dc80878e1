"""No page escapes the tests: each GET page of the table of routes is looked at, or excused by name."""

from __future__ import annotations

from collections import Counter

from gateway.routes import HERE
from gateway.table import ROUTES
from tests.support.browser_pages import NOT_PAGES, PAGES


def pages() -> set[str]:
    """The addresses a browser is meant to open."""
    return {
        route.path
        for route in ROUTES
        if route.method == "GET" and route.service == HERE and route.note.startswith(("page", "HTML"))
    }


def test_every_page_of_the_table_is_looked_at() -> None:
    assert pages() - {shown.route for shown in PAGES} - set(NOT_PAGES) == set()


def test_nothing_is_looked_at_or_excused_that_is_no_page() -> None:
    assert ({shown.route for shown in PAGES} | set(NOT_PAGES)) - pages() == set()


def test_an_excused_page_is_not_looked_at_and_has_a_reason() -> None:
    assert not {shown.route for shown in PAGES} & set(NOT_PAGES)
    assert all(NOT_PAGES.values())


def test_every_state_has_a_name_of_its_own() -> None:
    assert [name for name, count in Counter(map(str, PAGES)).items() if count > 1] == []
