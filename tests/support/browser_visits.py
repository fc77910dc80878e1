"""Opening pages as somebody, and keeping what the browser noticed while it loaded them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from gateway.cookies import SESSION
from tests.support.browser import french
from tests.support.browser_world import NOBODY, World
from tests.support.npm import AXE, installed
from tests.support.stack import elsewhere

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "RGAAv4", "best-practice"]
_AUDIT = """tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']}).then(found =>
  found.violations.map(rule => rule.id + ' (' + rule.help + '): ' + rule.nodes.slice(0, 4).map(
    node => node.target.join(' ') + ' — ' + (node.any[0] || node.all[0] || node.none[0] || {}).message).join(' | ')))"""
_TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const wide = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > room + 0.5);
  return ['the page is ' + document.documentElement.scrollWidth + ' px wide in ' + room].concat(
    wide.slice(-6).map(e => e.tagName.toLowerCase() + '.' + e.className + ' ' + e.textContent.trim().slice(0, 40)));
}"""


@dataclass(frozen=True)
class Shown:
    """A page in a state: its route in the table, who looks, what stands for {…}, what is done once it is there.

    `status` is what it answers; `wrong` that a form was sent with mistakes.
    """

    name: str
    route: str
    who: str = NOBODY
    wild: dict[str, str] = field(default_factory=dict)
    query: str = ""
    status: int = 200
    acts: Callable[[Page], None] | None = None
    wrong: bool = False

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


@dataclass
class Visit:
    """A page that was loaded, and what came with it."""

    page: Page
    html: str = ""
    status: int = 0
    console: list[str] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    scripts: int = 0

    @property
    def weight(self) -> int:
        """Bytes transferred for the first load."""
        return sum(self.weights.values())


class Visitor:
    """Everybody who looks at pages, in one browser: a context each."""

    def __init__(self, browser: Browser, world: World) -> None:
        self.world = world
        self._browser = browser
        self._contexts: dict[tuple[str, bool], BrowserContext] = {}
        self._axe = ""

    def context(self, who: str = NOBODY, *, scripted: bool = True, **more: Any) -> BrowserContext:
        """A new context, signed in as somebody, with an address of its own."""
        headers = elsewhere()
        made = self._browser.new_context(
            base_url=self.world.url, extra_http_headers=headers, java_script_enabled=scripted, **french(**more)
        )
        made.set_default_timeout(10_000)
        if who != NOBODY:
            made.add_cookies([{"name": SESSION, "value": self.world.sessions[who], "url": self.world.url}])
        return made

    def _of(self, who: str, scripted: bool) -> BrowserContext:
        if (who, scripted) not in self._contexts:
            self._contexts[who, scripted] = self.context(who, scripted=scripted)
        return self._contexts[who, scripted]

    def visits(self, shown: Shown) -> Visit:
        """The page, loaded anew; the caller closes it."""
        return self._load(shown, self._of(shown.who, True))

    def without_script(self, shown: Shown) -> Visit:
        """The same for a browser that runs no script; the caller closes the page."""
        return self._load(shown, self._of(shown.who, False))

    def _load(self, shown: Shown, context: BrowserContext) -> Visit:
        page = context.new_page()
        visit = Visit(page)
        documents: list[Response] = []
        kinds: dict[str, tuple[str, str]] = {}

        def answered(response: Response) -> None:
            if response.request.is_navigation_request() and response.status not in (302, 303):
                documents.append(response)

        def begun(event: dict[str, Any]) -> None:
            kinds[event["requestId"]] = (event["response"]["url"], event["type"])
            if event["type"] == "Document":
                visit.weights.clear()
                visit.scripts = 0

        def finished(event: dict[str, Any]) -> None:
            url, kind = kinds.get(event["requestId"], ("", ""))
            size = int(event["encodedDataLength"])
            if url.startswith("http"):
                visit.weights[url] = size
                visit.scripts += size if kind == "Script" else 0

        page.on("console", lambda message: _note(message, visit, shown))
        page.on("pageerror", lambda error: visit.console.append(str(error)))
        page.on("response", answered)
        session = context.new_cdp_session(page)
        session.on("Network.responseReceived", begun)
        session.on("Network.loadingFinished", finished)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        page.goto(self.world.address(shown.route, **shown.wild) + shown.query, wait_until="load")
        if shown.acts is not None:
            shown.acts(page)
            page.wait_for_load_state("load")
        session.detach()
        visit.status = documents[-1].status
        visit.html = documents[-1].text()
        return visit

    def axe(self, page: Page) -> list[str]:
        """What axe-core finds wrong; its script comes by the debugger's way, so the page keeps its own policy."""
        self._axe = self._axe or installed(AXE).read_text()
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(self._axe + ";undefined")
        found: list[str] = page.evaluate(_AUDIT, TAGS)
        return found


def too_wide(page: Page) -> list[str]:
    """What sticks out to the right when the page must be scrolled sideways."""
    found: list[str] = page.evaluate(_TOO_WIDE)
    return found


def send_wrong(button: str = "", **fields: str) -> Callable[[Page], None]:
    """Fill in these fields by name, and press a button (else the last one of their form) though the browser objects."""

    def act(page: Page) -> None:
        form = page.locator("main form[method=post]")
        if button:
            form = form.filter(has=page.get_by_role("button", name=button))
        for name in fields:
            form = form.filter(has=page.locator(f"[name={json.dumps(name)}]"))
        form = form.first
        form.evaluate("form => { form.noValidate = true }")
        for name, value in fields.items():
            form.locator(f"[name={json.dumps(name)}]").fill(value)
        buttons = form.get_by_role("button", name=button) if button else form.locator("button:not([type=button])")
        with page.expect_navigation():
            buttons.last.click()

    return act


def press(name: str) -> Callable[[Page], None]:
    """Press a button."""

    def act(page: Page) -> None:
        page.locator("main").get_by_role("button", name=name).click()

    return act


def _note(message: ConsoleMessage, visit: Visit, shown: Shown) -> None:
    # A refusal's own status is announced there too.
    expected = shown.status >= 400 and "the server responded with a status of" in message.text
    if message.type in ("error", "warning") and not expected:
        visit.console.append(message.text)
