"""The département's own look: its name, its logo, its colours, how to reach it. One TOML file says it all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

TEXT: Final = 4.5  # WCAG 2.2, 1.4.3: contrast of text
CONTROL: Final = 3.0  # WCAG 2.2, 1.4.11: contrast of what shows a control

Colour = Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]
# (in front, behind, the least contrast)
_PAIRS: Final = (
    *((text, ground, TEXT) for text in ("ink", "faint", "brand", "wrong", "right") for ground in ("paper", "tint")),
    ("on_brand", "brand", TEXT),
    ("on_brand", "brand_deep", TEXT),
    ("line", "paper", CONTROL),
    ("line", "tint", CONTROL),
)


class Unfit(ValueError):
    """The settings of a look that some people could not read, or that are not complete."""


class Palette(BaseModel):
    """Colours for one ground, `#rrggbb`. `brand` colours titles, links and buttons, `accent` only adorns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ink: Colour
    faint: Colour
    paper: Colour
    tint: Colour
    field: Colour
    line: Colour
    brand: Colour
    brand_deep: Colour
    on_brand: Colour
    accent: Colour
    wrong: Colour
    right: Colour

    @model_validator(mode="after")
    def _legible(self) -> Palette:
        for front, back, least in _PAIRS:
            got = contrast(getattr(self, front), getattr(self, back))
            if got < least:
                raise Unfit(f"{front} on {back} has a contrast of {got:.1f}, WCAG 2.2 AA asks for {least}")
        return self


class Contact(BaseModel):
    """How people reach the département, and those who answer for their data and for accessibility."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str
    phone: str
    hours: str
    email: str
    data_protection: str
    accessibility: str
    publisher: str
    host: str


class Look(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=60)
    council: str = Field(max_length=80)
    portal: str = Field(max_length=40)
    logo: str = ""
    contact: Contact
    light: Palette
    dark: Palette


@dataclass(frozen=True, slots=True)
class Theme:
    """A look that was checked, and the bytes of its logo (SVG)."""

    look: Look
    logo: bytes

    def css(self) -> str:
        """The colours as custom properties, for light and dark grounds."""
        light, dark = _properties(self.look.light), _properties(self.look.dark)
        return (
            f":root{{color-scheme:light dark;{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
            f"@media print{{:root{{color-scheme:light;{light}}}}}\n"
        )


def load(path: Path | None = None) -> Theme:
    """The theme of the settings file at `path`, or the one that comes with Guichet. Raises Unfit, OSError."""
    packaged = files("gateway.pages")
    text = packaged.joinpath("theme.toml").read_text("utf-8") if path is None else path.read_text("utf-8")
    look = Look.model_validate(tomllib.loads(text))
    if path is None or not look.logo:
        return Theme(look, packaged.joinpath("logo.svg").read_bytes())
    logo = (path.parent / look.logo).read_bytes()
    if b"<svg" not in logo or re.search(rb"<script|\son\w+\s*=|javascript:", logo, re.IGNORECASE):
        raise Unfit("the logo is no plain SVG")
    return Theme(look, logo)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two `#rrggbb` colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _properties(palette: Palette) -> str:
    colours: Mapping[str, str] = palette.model_dump()
    return "".join(f"--{name.replace('_', '-')}:{colour};" for name, colour in colours.items())
