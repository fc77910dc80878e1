"""What people do on the pages, as tests click and type it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Locator, Page, expect

from console.plan import DEMO_PASSWORD

CONTINUE = re.compile("^(Enregistrer et continuer|Continuer)$")


def signs_in(page: Page, email: str, password: str = DEMO_PASSWORD) -> None:
    """By « SE CONNECTER » at the top of whatever page this is."""
    page.get_by_role("banner").get_by_role("link", name="SE CONNECTER").click()
    fills_in_and_signs_in(page, email, password)


def fills_in_and_signs_in(page: Page, email: str, password: str = DEMO_PASSWORD) -> None:
    """On the page that asks for it."""
    main = page.get_by_role("main")
    main.get_by_label("Adresse électronique").fill(email)
    main.get_by_label("Mot de passe", exact=True).fill(password)
    main.get_by_role("button", name="SE CONNECTER").click()
    expect(page.get_by_role("banner").locator(".person summary")).to_be_visible()


def goes_on(page: Page) -> str:
    """To the next step; its heading, once it is another one."""
    heading = page.get_by_role("heading", level=1)
    before = heading.inner_text()
    with page.expect_navigation():  # the whole step: its questions are counted next, without waiting
        page.get_by_role("main").get_by_role("button", name=CONTINUE).click()
    expect(heading).not_to_have_text(before)
    return heading.inner_text()


def fills_in(page: Page, examples: Mapping[str, Any], contact: Mapping[str, str]) -> None:
    """From the first step of a filing to its review."""
    for _ in range(12):
        heading = page.get_by_role("heading", level=1).inner_text()
        if "Vérifiez" in heading:
            return
        if "Vos coordonnées" in heading:
            for label, value in contact.items():
                page.get_by_role("main").get_by_label(label, exact=True).fill(value)
        answers_questions(page, examples)
        goes_on(page)
    raise AssertionError(f"never came to the review: {page.url}")


def path_of(page: Page) -> str:
    """The path of where the browser is."""
    return re.sub(r"^https?://[^/]+|[?#].*$", "", page.url)


def answers_questions(page: Page, examples: Mapping[str, Any]) -> int:
    """Answer the questions of this step that are shown, with the examples of the form; how many there were."""
    count = 0
    for question in page.locator("main [data-nom]").all():
        example = examples.get(question.get_attribute("data-nom") or "")
        if example is not None and question.is_visible():
            _answer(question, question.get_attribute("data-type") or "", example)
            count += 1
    return count


def _answer(question: Locator, kind: str, example: Any) -> None:
    values = [typed(one) for one in (example if isinstance(example, list) else [example])]
    first = question.locator("input:not([type=hidden]), select, textarea").first
    match first.evaluate("one => one.type"):
        case "radio" | "checkbox":
            for value in values:
                question.locator(f"[value='{value}']").check()
        case "select-one":
            first.select_option(values[0])
        case _ if kind == "date":
            year, month, day = values[0].split("-")
            for label, part in (("Jour", day), ("Mois", month), ("Année", year)):
                question.get_by_label(label).fill(part)
        case _:
            first.fill(values[0])


def typed(example: Any) -> str:
    """An example as a form says it."""
    return ("oui" if example else "non") if isinstance(example, bool) else str(example)
