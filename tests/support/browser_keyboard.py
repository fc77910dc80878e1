"""A person who has no pointing device: Tab, arrows, Space, Enter and letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page, expect

from tests.support.browser_people import typed

FAR = 120  # presses of Tab before one gives up
# The control that has the focus: what it is, what it holds, how it is called, and the question it belongs to.
_FOCUSED = """() => {
  const one = document.activeElement;
  return {
    tag: one.tagName.toLowerCase(), type: one.type || '', value: one.value || '', checked: !!one.checked,
    name: (one.labels && one.labels[0] || one).textContent.trim(),
    question: (one.closest('[data-nom]') || {dataset: {}}).dataset.nom || '',
    id: one.id,
  };
}"""


@dataclass(frozen=True)
class Focused:
    """What has the focus."""

    tag: str
    type: str
    value: str
    checked: bool
    name: str
    question: str
    id: str


class Keyboard:
    """Somebody at a page with nothing but keys."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def here(self) -> Focused:
        """What has the focus now."""
        return Focused(**self.page.evaluate(_FOCUSED))

    def press(self, key: str) -> None:
        """One key."""
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Letters."""
        self.page.keyboard.type(text)

    def goes_to(self, what: str, wanted: Callable[[Focused], bool]) -> Focused:
        """Tab until something wanted has the focus."""
        seen = []
        for _ in range(FAR):
            self.press("Tab")
            here = self.here
            if wanted(here):
                return here
            seen.append(here.name[:30])
        raise AssertionError(f"Tab never came to {what}: {seen}")

    def opens(self, name: str, tag: str = "a") -> None:
        """Go to a link or a button by its name, and press Enter; the next page is there."""
        self.goes_to(name, lambda here: here.tag == tag and here.name == name)
        with self.page.expect_navigation():
            self.press("Enter")

    def fills_in(self, examples: Mapping[str, Any], contact: Mapping[str, str]) -> None:
        """From the first step of a filing to its review."""
        heading = self.page.get_by_role("heading", level=1)
        for _ in range(12):
            before = heading.inner_text()
            if "Vérifiez" in before:
                return
            self._step(examples, contact)
            expect(heading).not_to_have_text(before)
        raise AssertionError("never came to the review")

    def _step(self, examples: Mapping[str, Any], contact: Mapping[str, str]) -> None:
        for _ in range(FAR):
            self.press("Tab")
            here = self.here
            if here.tag == "button" and here.name == "Continuer":
                with self.page.expect_navigation():
                    self.press("Enter")
                return
            if here.name in contact and not here.question:
                self.type(contact[here.name])
            elif here.question in examples:
                self._answers(here, examples[here.question])
        raise AssertionError("Tab never came to « Continuer »")

    def _answers(self, here: Focused, example: Any) -> None:
        values = [typed(one) for one in (example if isinstance(example, list) else [example])]
        match here.type:
            case "radio":
                for _ in range(30):
                    if self.here.value in values:
                        break
                    self.press("ArrowDown")
                self.press("Space")
            case "checkbox":
                if here.value in values and not here.checked:
                    self.press("Space")
            case "select-one":
                for _ in range(60):
                    if self.here.value in values:
                        break
                    self.press("ArrowDown")
            case _:
                part = {"Jour": 2, "Mois": 1, "Année": 0}.get(here.name)
                self.type(values[0] if part is None else values[0].split("-")[part])
