"""A département's own look: what some people could not read is refused, what it says is on every page."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.theme import Look, Unfit, contrast, load
from tests.gateway.test_pages import visit
from tests.support.town import portal

TEXT = files("gateway.pages").joinpath("theme.toml").read_text("utf-8")
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>'


def look(**changes: str) -> dict[str, Any]:
    """The packaged settings, with « section.name » replaced."""
    found = tomllib.loads(TEXT)
    for name, value in changes.items():
        section, _, key = name.partition("__")
        found[section][key] = value
    return found


def write(directory: Path, text: str = TEXT, logo: str | None = None) -> Path:
    if logo is not None:
        text = text.replace('logo = ""', 'logo = "nous.svg"')
        (directory / "nous.svg").write_text(logo)
    path = directory / "theme.toml"
    path.write_text(text)
    return path


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


def test_the_look_that_comes_with_guichet_is_legible() -> None:
    theme = load()
    assert theme.look.portal == "Guichet"
    assert theme.logo.startswith(b"<svg")


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("light__ink", "#8a9a96"),
        ("light__faint", "#a9b5b2"),
        ("light__brand", "#4fbfa8"),
        ("light__on_brand", "#14524a"),
        ("light__line", "#d9e2df"),
        ("light__wrong", "#ff8c8c"),
        ("dark__ink", "#3a4a46"),
        ("dark__right", "#14522a"),
        ("dark__paper", "#e9efec"),
        ("dark__brand_deep", "#12403a"),
    ],
)
def test_a_colour_that_some_could_not_read_is_refused_with_its_contrast(change: str, value: str) -> None:
    with pytest.raises(ValidationError, match=r"has a contrast of \d+\.\d, WCAG 2.2 AA asks for (4\.5|3\.0)"):
        Look.model_validate(look(**{change: value}))


@pytest.mark.parametrize("value", ["green", "#FFF", "#12345", "url(x)", "#000000;}"])
def test_a_colour_is_six_hexadecimal_digits(value: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        Look.model_validate(look(light__accent=value))


def test_a_look_is_whole_and_says_nothing_unknown() -> None:
    with pytest.raises(ValidationError, match="missing"):
        Look.model_validate({key: value for key, value in look().items() if key != "contact"})
    with pytest.raises(ValidationError, match="extra"):
        Look.model_validate(look() | {"police": "Marianne"})


@pytest.mark.parametrize(
    "logo",
    [
        "\x89PNG\r\n",
        LOGO.replace("<path", "<script>alert(1)</script><path"),
        LOGO.replace("<path", '<path onclick="alert(1)"'),
        LOGO.replace("<path", '<a href="javascript:alert(1)"/><path'),
    ],
)
def test_a_logo_is_a_plain_svg(tmp_path: Path, logo: str) -> None:
    with pytest.raises(Unfit, match="plain SVG"):
        load(write(tmp_path, logo=logo))


def test_files_that_are_not_there_are_told_at_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "theme.toml")
    path = write(tmp_path, logo=LOGO)
    (tmp_path / "nous.svg").unlink()
    with pytest.raises(FileNotFoundError):
        load(path)


def test_the_style_sheet_has_both_grounds_and_prints_on_the_light_one() -> None:
    theme = load()
    light, dark = theme.look.light, theme.look.dark
    css = theme.css()
    first, _, rest = css.partition("@media (prefers-color-scheme:dark)")
    assert "color-scheme:light dark" in first
    assert f"--paper:{light.paper};" in first
    assert f"--on-brand:{light.on_brand};" in first
    before_print, _, printed = rest.partition("@media print")
    assert f"--paper:{dark.paper};" in before_print
    assert f"--paper:{light.paper};" in printed


def test_styles_take_every_colour_from_the_theme() -> None:
    known = {f"--{name.replace('_', '-')}" for name in load().look.light.model_dump()}
    for file in files("gateway.pages").joinpath("static").iterdir():
        if file.name.endswith(".css") and file.name != "federation.css":  # FranceConnect's colours are its own
            css = file.read_text("utf-8")
            assert not re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", css), file.name
            assert set(re.findall(r"var\((--[\w-]+)\)", css)) <= known | set(re.findall(r"(--[\w-]+):", css))


@pytest.mark.asyncio
async def test_another_departement_has_its_name_colours_logo_and_contact_on_its_pages(tmp_path: Path) -> None:
    text = TEXT.replace("Département de la Vive", "Département du Lys").replace("09 99 99 00 00", "08 88 88 00 00")
    (tmp_path / "look").mkdir()
    path = write(tmp_path / "look", text.replace('brand = "#14524a"', 'brand = "#5b2a86"'), LOGO)
    async with portal(tmp_path, theme=path) as door:
        page = await visit(door, "/contact")
        assert "Département du Lys" in page.text
        assert "08 88 88 00 00" in page.text
        addresses = {str(each["href"]).partition("?")[0]: str(each["href"]) for each in page.all("link")}
        css = await door.client.get(addresses["/static/theme.css"])
        assert "--brand:#5b2a86;" in css.text
        logo = await door.client.get(addresses["/static/logo.svg"])
        assert (logo.text, logo.headers["content-type"]) == (LOGO, "image/svg+xml")
