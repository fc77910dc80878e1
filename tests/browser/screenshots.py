"""The portal in pictures: writes `docs/pages`, by `make screenshots`.

Each page as a phone and a desktop show it, a few of them in the dark; and the README that shows them.
"""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Page

from tests.support.browser import launched
from tests.support.browser_pages import PAGES
from tests.support.browser_visits import Visitor
from tests.support.browser_world import comes_to_life
from tests.support.stack import Stack

PLACE: Final = Path(__file__).parents[2] / "docs" / "pages"
COLOURS: Final = (128, 64, 32, 16)
LARGEST: Final = 60_000  # bytes
DESKTOP: Final = (1280, 860)
PHONE: Final = (390, 844)


@dataclass(frozen=True)
class Picture:
    """A page of the registry under a name of its own, told in French and in English."""

    file: str
    shown: str
    french: str
    english: str
    dark: bool = False


PICTURES: Final = (
    Picture("accueil", "accueil", "L'accueil du portail.", "The home page.", dark=True),
    Picture("catalogue", "catalogue", "Le catalogue des démarches.", "The catalogue of démarches."),
    Picture("demarche", "démarche", "Une démarche : à qui elle s'adresse, ce qu'il faut préparer.", "One démarche."),
    Picture(
        "depot", "déposer sans compte, coordonnées", "Une étape du dépôt.", "One step of filing a demande.", dark=True
    ),
    Picture(
        "relecture", "brouillon, relecture", "Tout est relu avant le dépôt.", "Everything is read again before filing."
    ),
    Picture(
        "depose",
        "demande déposée sans compte",
        "La demande est déposée : son numéro de suivi.",
        "Filed, with its tracking number.",
    ),
    Picture("tableau-de-bord", "tableau de bord", "Le tableau de bord d'un demandeur.", "An applicant's dashboard."),
    Picture("demandes", "mes demandes", "Mes démarches, et la loupe en bout de ligne.", "The list of demandes."),
    Picture("demande", "demande discutee", "Le suivi d'une demande.", "How far a demande has got."),
    Picture(
        "discussion", "discussion ouverte", "La discussion, où l'on joint ses pièces.", "The discussion.", dark=True
    ),
    Picture("instruction", "instruction, toutes", "Les demandes d'un service.", "A service's inbox."),
    Picture(
        "bureau", "instruction, demande discutee", "Une demande sur le bureau.", "A demande on the desk.", dark=True
    ),
    Picture("administration", "administration, démarche", "Une démarche s'écrit en ligne.", "A démarche, edited."),
    Picture("audit", "audit, histoire d'une demande", "L'histoire d'une demande.", "The story of a demande."),
    Picture("voyage", "audit, flux", "Le voyage dans le temps d'un auditeur.", "An auditor's time travel."),
)


def main() -> None:
    """Take every picture again."""
    PLACE.mkdir(parents=True, exist_ok=True)
    for old in PLACE.glob("*.png"):
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="guichet-pages-") as place:
        stack = Stack(Path(place) / "var").start()
        try:
            world = comes_to_life(stack)
            stack.settled()
            with launched() as browser:
                visitor = Visitor(browser, world)
                for picture in PICTURES:
                    take(visitor, picture)
        finally:
            stack.close()
    (PLACE / "README.md").write_text(readme())


def take(visitor: Visitor, picture: Picture) -> None:
    """The pictures of one page."""
    page = visitor.visits(next(shown for shown in PAGES if shown.name == picture.shown)).page
    page.evaluate("() => document.activeElement.blur()")
    for look, (width, height) in (("bureau", DESKTOP), ("telephone", PHONE)):
        page.set_viewport_size({"width": width, "height": height})
        schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark") if picture.dark else ("light",)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.evaluate("() => scrollTo(0, 0)")
            dark = "-sombre" if scheme == "dark" else ""
            name = f"{picture.file}-{look}{dark}.png"
            (PLACE / name).write_bytes(small(shot(page)))
            print(f"{name}: {(PLACE / name).stat().st_size // 1000} ko")
    page.close()


def shot(page: Page) -> Image.Image:
    """The window as it is."""
    return Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide"))).convert("RGB")


def small(image: Image.Image) -> bytes:
    """PNG with as many colours as LARGEST allows."""
    content = b""
    for colours in COLOURS:
        kept = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
        content = kept.getvalue()
        if len(content) <= LARGEST:
            break
    return content


def readme() -> str:
    """The pictures on one page."""
    lines = [
        "# Le portail en images",
        "",
        "The portal in pictures, in the light and in the dark, on a desktop and on a phone. `make screenshots` writes",
        "this page from a running Guichet with people and demandes that do not exist.",
    ]
    for picture in PICTURES:
        lines += ["", f"## {picture.french.rstrip('.')}", "", picture.english, ""]
        for dark in ("", "-sombre") if picture.dark else ("",):
            lines.append(
                f"![Sur un ordinateur]({picture.file}-bureau{dark}.png)"
                f" ![Sur un téléphone]({picture.file}-telephone{dark}.png)"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
