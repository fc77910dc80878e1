"""One Guichet with a life in it for all tests of pages, and one browser for each module of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import launched, refused
from tests.support.browser_visits import Visitor
from tests.support.browser_world import World, comes_to_life
from tests.support.stack import Stack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Every real process."""
    if refused():
        pytest.skip("GUICHET_BROWSER=none")
    with running_stack(tmp_path_factory.mktemp("guichet")) as running:
        yield running


@pytest.fixture(scope="session")
def world(stack: Stack) -> World:
    """People and demandes that tests look at, and do not change."""
    return comes_to_life(stack)


# For a module and no longer: Playwright's loop would be in the way of the asynchronous tests that follow.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if refused():
        pytest.skip("GUICHET_BROWSER=none")
    with launched() as running:
        yield running


@pytest.fixture(scope="module")
def visitor(browser: Browser, world: World) -> Visitor:
    """Everybody who looks at pages."""
    return Visitor(browser, world)


@pytest.fixture(params=[True, False], ids=["with-script", "without-script"])
def page(request: pytest.FixtureRequest, visitor: Visitor) -> Iterator[Page]:
    """A browser that nobody has used yet, at the home page."""
    context = visitor.context(scripted=request.param)
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


@pytest.fixture(scope="session")
def gallery() -> dict[str, str]:
    """The HTML of the pages that were loaded, by name."""
    return {}
