"""Every page in every state: as phones, desktops, lovers of the dark and readers of large letters show it; by
keyboard; without script; and what the browser noticed while it loaded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.support.browser_pages import AGENTS, PAGES
from tests.support.browser_visits import Shown, Visit, Visitor, too_wide

pytestmark = pytest.mark.journey
WEIGHT, SCRIPT = 150_000, 20_000  # bytes on the wire for a first load
STOPS = 60

# What has the focus: where it is, whether it can be seen, and whether its focus shows.
FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  return {
    what: one.tagName.toLowerCase() + ' ' + (one.id || one.name || one.textContent.trim().slice(0, 40)),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0
      && box.top < innerHeight && box.left < innerWidth && style.visibility === 'visible',
    shows: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none',
    place: [...document.querySelectorAll('*')].indexOf(one),
  };
}"""
# Forms that nobody could send without script: no address, or no button.
UNSENDABLE = """() => [...document.querySelectorAll('main form')].filter(
  form => !form.hasAttribute('action') || ![...form.elements].some(one => one.type === 'submit')
).map(form => form.outerHTML.slice(0, 200))"""


@dataclass(frozen=True)
class Look:
    """A window and a person's preferences. `letters` is the size of text, when it is not the usual one."""

    name: str
    width: int
    scheme: Literal["light", "dark"] = "light"
    motion: Literal["reduce", "no-preference"] = "no-preference"
    letters: str = ""

    def __str__(self) -> str:
        return self.name


# 200 % in a window of 1,280 px leaves 640 px; larger letters alone are another setting of browsers.
LOOKS = (
    Look("320px", 320),
    Look("768px", 768),
    Look("1280px", 1280),
    Look("dark-320px", 320, "dark"),
    Look("dark-1280px", 1280, "dark"),
    Look("zoom-200%", 640, motion="reduce"),
    Look("letters-200%", 1280, letters="200%"),
)


# Of the module, so that pytest does everything about a page before the next: each is loaded once.
@pytest.fixture(scope="module", params=PAGES, ids=str)
def shown(request: pytest.FixtureRequest) -> Shown:
    """A page in a state."""
    found: Shown = request.param
    return found


@pytest.fixture(scope="module")
def visit(shown: Shown, visitor: Visitor, gallery: dict[str, str]) -> Iterator[Visit]:
    """The page, loaded."""
    made = visitor.visits(shown)
    gallery[str(shown)] = made.html
    yield made
    made.page.close()


def test_it_answers_as_it_should_and_the_browser_has_nothing_to_say(shown: Shown, visit: Visit) -> None:
    assert visit.status == shown.status
    assert visit.console == []  # a breach of the content security policy would be told there


def test_it_is_light(shown: Shown, visit: Visit) -> None:
    assert 0 < visit.weight <= WEIGHT, visit.weights
    if shown not in AGENTS:
        assert visit.scripts <= SCRIPT, visit.weights


def test_it_has_a_title_one_heading_and_the_landmarks(shown: Shown, visit: Visit) -> None:
    page = visit.page
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator("h1")).to_have_count(1)
    expect(page.get_by_role("banner")).to_have_count(1)
    expect(page.get_by_role("main")).to_have_count(1)
    expect(page.get_by_role("contentinfo")).to_have_count(1)
    menus = page.get_by_role("navigation").all()
    names = [menu.get_attribute("aria-label") or menu.get_attribute("aria-labelledby") for menu in menus]
    assert names
    assert None not in names
    assert len(set(names)) == len(names)
    title = page.title()
    assert title.startswith("Erreur : ") == shown.wrong
    assert " – " in title, "the title says the page, then the site"


def test_mistakes_are_told_where_they_are_and_at_the_top(shown: Shown, visit: Visit) -> None:
    page = visit.page
    if not shown.wrong:
        expect(page.locator("[aria-invalid=true]")).to_have_count(0)
        return
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    told = [item.inner_text() for item in summary.get_by_role("listitem").all()]
    assert told
    links = summary.get_by_role("link").all()
    wrong = page.locator("main [aria-invalid=true]")
    # A refusal that must not say which field is wrong has no link, and marks none.
    assert bool(links) == bool(wrong.count())
    for link in links:
        target = page.locator(f"[id='{(link.get_attribute('href') or '').removeprefix('#')}']")
        expect(target).to_have_attribute("aria-invalid", "true")
        ids = (
            target.get_attribute("aria-describedby")
            or target.locator("xpath=ancestor::fieldset[1]").get_attribute("aria-describedby")
            or ""
        ).split()
        described = [page.locator(f"[id='{id}']").inner_text() for id in ids]
        assert any(link.inner_text() in text for text in described)
        link.click()
        expect(target).to_be_focused()


def test_fields_about_a_person_say_so_to_the_browser(visit: Visit) -> None:
    silent = visit.page.locator(
        "main input:is([type=email], [type=tel], [type=password]):is(:not([autocomplete]), [autocomplete=''])"
    )
    assert [field.get_attribute("name") for field in silent.all()] == []
    secret = visit.page.locator("main input[type=password][autocomplete=off]")
    assert [field.get_attribute("name") for field in secret.all()] == []


def test_the_keyboard_goes_everywhere_in_order_and_is_seen(shown: Shown, visit: Visit) -> None:
    page = visit.page
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count() == 0
    places: list[int] = []
    faults = []
    for _ in range(STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or stop["place"] in places:
            break
        places.append(stop["place"])
        if not (stop["seen"] and stop["shows"]):
            faults.append(stop)
    assert faults == []
    assert len(places) >= 3
    assert places == sorted(places), "the order of the keyboard is the order of the page"


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_axe_finds_nothing_and_nothing_sticks_out(look: Look, visit: Visit, visitor: Visitor) -> None:
    page = visit.page
    page.set_viewport_size({"width": look.width, "height": 800})
    page.emulate_media(color_scheme=look.scheme, reduced_motion=look.motion)
    page.evaluate("size => { document.documentElement.style.fontSize = size }", look.letters)
    assert too_wide(page) == []
    if look.motion == "reduce":
        assert page.evaluate("document.getAnimations().length") == 0
    assert visitor.axe(page) == []


def test_it_says_the_same_without_script(shown: Shown, visit: Visit, visitor: Visitor) -> None:
    if shown.acts is not None:
        return  # what is done there is done without script in the journeys
    plain = visitor.without_script(shown)
    try:
        expect(plain.page.locator("h1")).to_have_text(visit.page.locator("h1").inner_text())
        assert plain.console == []
        assert plain.page.evaluate(UNSENDABLE) == []
    finally:
        plain.page.close()
