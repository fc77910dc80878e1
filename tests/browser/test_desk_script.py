"""What the desk's script adds: keys that can be listed and switched off, ticks that are counted, news that are said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser_visits import Visitor
from tests.support.browser_world import World
from tests.support.residents import files

pytestmark = pytest.mark.journey


@pytest.fixture
def page(visitor: Visitor) -> Iterator[Page]:
    """The instructor's list, all demandes."""
    context = visitor.context("instructeur")
    page = context.new_page()
    page.goto("/instruction?onglet=toutes")
    yield page
    context.close()


def test_the_list_is_worked_through_with_keys(page: Page) -> None:
    rows = page.locator(".inbox tbody tr")
    for key in "jjxjxk":
        page.keyboard.press(key)
    expect(page.locator("#lot-compte")).to_have_text("2 demandes cochées.")
    expect(rows.nth(1).get_by_role("checkbox")).to_be_checked()
    expect(rows.nth(1).locator("a.open")).to_be_focused()
    wanted = rows.nth(1).locator("a.open").get_attribute("href")
    page.keyboard.press("/")
    expect(page.get_by_label("Rechercher", exact=True)).to_be_focused()
    page.keyboard.press("j")  # a letter of a word to look for, not a command
    expect(page.get_by_label("Rechercher", exact=True)).to_have_value("j")
    page.get_by_label("Rechercher", exact=True).blur()
    page.keyboard.press("o")
    page.wait_for_url(f"**{wanted}")


def test_keys_are_listed_and_stay_off_once_switched_off(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_text("Demande suivante")).to_be_visible()
    page.get_by_label("Utiliser ces raccourcis").uncheck()
    page.reload()
    page.keyboard.press("j")
    expect(page.locator("tr.current")).to_have_count(0)


def test_the_chosen_action_shows_what_it_needs(page: Page) -> None:
    lot = page.locator("#lot")
    expect(lot.get_by_label("Nouvel état")).to_be_hidden()
    lot.get_by_label("Changer leur état").check()
    expect(lot.get_by_label("Nouvel état")).to_be_visible()
    expect(lot.get_by_label("À qui les confier")).to_be_hidden()


def test_a_change_by_a_colleague_is_said_and_moves_nothing_that_is_typed(page: Page, world: World) -> None:
    id = files(world.people["association"].portal)["id"]
    page.goto(f"/instruction/demandes/{id}")
    page.get_by_label("Nouvelle note").fill("Une note en cours")
    with page.context.expect_page() as opened:
        page.evaluate("open(location.href)")
    colleague = opened.value
    colleague.get_by_role("button", name="Prendre", exact=True).click()
    expect(colleague.get_by_text("La demande vous est confiée.")).to_be_visible()
    expect(page.locator(".changed")).to_contain_text("La demande vient de changer.")
    expect(page.get_by_label("Nouvelle note")).to_have_value("Une note en cours")
