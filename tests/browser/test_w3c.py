"""The W3C's checker has no error to tell of any page, in any state, nor of the style sheets and the logo."""

from __future__ import annotations

import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Error

from tests.support.browser_pages import PAGES
from tests.support.browser_visits import Shown, Visitor
from tests.support.browser_world import World
from tests.support.debian import program
from tests.support.npm import VNU, installed

pytestmark = pytest.mark.journey
ASSET = re.compile(r'"(/static/[\w.-]+\.(?:css|svg))(?:\?[^"]*)?"')
Verdicts = dict[str, list[str]]


@pytest.fixture(scope="module")
def verdicts(
    visitor: Visitor, world: World, gallery: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Verdicts:
    """The errors by file, all files in one run of Java."""
    place = tmp_path_factory.mktemp("w3c")
    found: defaultdict[str, list[str]] = defaultdict(list)
    for number, shown in enumerate(PAGES):
        if str(shown) not in gallery:
            try:
                visit = visitor.visits(shown)
            except Error as failure:
                found[f"{number}.html"] = [f"it could not be opened: {failure.message}"]
                continue
            gallery[str(shown)] = visit.html
            visit.page.close()
        (place / f"{number}.html").write_text(gallery[str(shown)])
    for asset in sorted({found for html in gallery.values() for found in ASSET.findall(html)}):
        (place / Path(asset).name).write_bytes(httpx.get(world.url + asset).raise_for_status().content)
    java = program(["java"], "default-jre-headless")
    command = [java, "-jar", str(installed(VNU)), "--format", "json", "--exit-zero-always", "--also-check-css"]
    done = subprocess.run(
        [*command, "--also-check-svg", str(place)], capture_output=True, text=True, timeout=300, check=True
    )
    for path in place.iterdir():
        found[path.name] = []
    for message in json.loads(done.stderr)["messages"]:
        if message["type"] in ("error", "non-document-error"):
            where = f"line {message.get('lastLine')}: {message['message']} — {message.get('extract', '').strip()}"
            found[Path(message.get("url", "?")).name].append(where)
    return dict(found)


@pytest.mark.parametrize("shown", PAGES, ids=str)
def test_the_html_has_no_error(shown: Shown, verdicts: Verdicts) -> None:
    assert verdicts[f"{PAGES.index(shown)}.html"] == []


def test_the_style_sheets_and_the_pictures_have_no_error(verdicts: Verdicts) -> None:
    assets = {name: errors for name, errors in verdicts.items() if not name.endswith(".html")}
    assert any(name.endswith(".css") for name in assets)
    assert {name: errors for name, errors in assets.items() if errors} == {}
