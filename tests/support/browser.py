"""A real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.support.debian import program
from tests.support.npm import Missing

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# A browser for tests asks the network for nothing but the page; a root's Chromium has no sandbox to enter.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--lang=fr-FR"),
)
CHOSEN = "GUICHET_BROWSER"
NONE = "none"


def refused() -> bool:
    """Whoever runs the tests wants none with a browser."""
    return os.environ.get(CHOSEN) == NONE


def chromium() -> str:
    """Where it is: GUICHET_BROWSER, the usual names, else Debian's package. Raises Missing."""
    chosen = os.environ.get(CHOSEN, "")
    if chosen:
        if found := shutil.which(chosen):
            return found
        raise Missing(f"{CHOSEN} désigne {chosen}, qui n'est pas un programme.")
    try:
        return program(NAMES, "chromium")
    except Missing as failure:
        raise Missing(
            f"Les tests de pages demandent un navigateur : {failure} "
            f"Indiquez-le par {CHOSEN}, ou {CHOSEN}={NONE} pour vous passer de ces tests."
        ) from None


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser, closed at the end."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def french(**more: Any) -> dict[str, Any]:
    """What every context of the tests has: French, Paris, a desktop's window."""
    return {
        "locale": "fr-FR",
        "timezone_id": "Europe/Paris",
        "viewport": {"width": 1280, "height": 900},
        "service_workers": "block",
    } | more
