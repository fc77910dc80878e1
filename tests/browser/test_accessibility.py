"""Every page as a phone, a tablet, a desktop, a lover of the dark and a reader of large letters show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pytest

from tests.support.browser_pages import PAGES
from tests.support.browser_visits import Shown, Visitor, too_wide

pytestmark = pytest.mark.journey


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


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("shown", PAGES, ids=str)
def test_axe_finds_nothing_and_nothing_sticks_out(shown: Shown, look: Look, visitor: Visitor) -> None:
    page = visitor.at(shown).page
    page.set_viewport_size({"width": look.width, "height": 800})
    page.emulate_media(color_scheme=look.scheme, reduced_motion=look.motion)
    page.evaluate("size => { document.documentElement.style.fontSize = size }", look.letters)
    assert too_wide(page) == []
    if look.motion == "reduce":
        assert page.evaluate("document.getAnimations().length") == 0
    assert visitor.axe(page) == []
