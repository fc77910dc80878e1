"""Makes the honest sample files beside it: `python tests/data/make.py`. The hostile ones are built by the tests."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pikepdf
from PIL import Image, ImageDraw, ImageFilter

HERE = Path(__file__).parent

PAGES = (
    (
        "Attestation de domicile",
        "Je soussignée Hélène Dupré, née le 3 août 1984 à Besançon,",
        "atteste héberger à mon domicile, 12 rue de l'Étoile,",
        "M. François Noël depuis le 1er février 2026.",
        "Cette attestation est établie pour servir et valoir ce que de droit.",
    ),
    (
        "Pièces jointes à l'attestation",
        "1. Copie recto verso de la carte nationale d'identité",
        "2. Facture d'électricité de moins de trois mois : 48,20 €",
        "Fait à Besançon, le 24 novembre 2026.",
    ),
)


def pdf(path: Path) -> None:
    """Two A4 pages of French text, with a link, an outline and a plain « open at page 1 »."""
    document = pikepdf.new()
    font = document.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.Type1,
            BaseFont=pikepdf.Name.Helvetica,
            Encoding=pikepdf.Name.WinAnsiEncoding,
        )
    )
    for title, *lines in PAGES:
        page = document.add_blank_page(page_size=(595, 842))
        page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
        page.obj.Contents = document.make_stream(_text(title, lines))
    first = document.pages[0].obj
    link = pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://www.service-public.fr/")
    first.Annots = pikepdf.Array(
        [
            document.make_indirect(
                pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[72, 60, 300, 80], A=link)
            )
        ]
    )
    document.Root.OpenAction = pikepdf.Array([first, pikepdf.Name.Fit])
    with document.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem("Attestation", 0))
        outline.root.append(pikepdf.OutlineItem("Pièces jointes", 1))
    document.save(path, deterministic_id=True)


def _text(title: str, lines: list[str]) -> bytes:
    """A page description (ISO 32000-2 § 9.4); Helvetica in WinAnsi has every French letter."""
    drawn = [b"BT /F1 18 Tf 72 760 Td (", _escaped(title), b") Tj /F1 12 Tf 0 -18 Td "]
    for line in lines:
        drawn += [b"0 -18 Td (", _escaped(line), b") Tj "]
    return b"".join([*drawn, b"ET"])


def _escaped(text: str) -> bytes:
    raw = text.encode("cp1252")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def photo(path: Path) -> None:
    """A landscape with grain, as a phone would send it: baseline JPEG, EXIF orientation and camera."""
    grain = random.Random(20261124)
    width, height = 640, 480
    image = Image.new("RGB", (width, height))
    for y in range(height):
        for x in range(width):
            hill = y > 300 + 40 * math.sin(x / 70) + 20 * math.sin(x / 23)
            base = (70, 120 - y // 8, 60) if hill else (120 + y // 6, 160 + y // 8, 235)
            image.putpixel((x, y), tuple(max(0, min(255, part + grain.randint(-14, 14))) for part in base))
    ImageDraw.Draw(image).ellipse((480, 60, 560, 140), fill=(255, 240, 180))
    exif = Image.Exif()
    exif[0x0112] = 1
    exif[0x0110] = "Appareil de démonstration"
    image.filter(ImageFilter.GaussianBlur(0.8)).save(path, "JPEG", quality=72, exif=exif, dpi=(72, 72))


def plan(path: Path) -> None:
    """A floor plan, as a screenshot: PNG in few colours."""
    image = Image.new("RGB", (720, 480), "white")
    draw = ImageDraw.Draw(image)
    for box, room in (
        ((40, 40, 340, 250), "Salon 21 m2"),
        ((340, 40, 680, 250), "Cuisine 17 m2"),
        ((40, 250, 250, 440), "Chambre 12 m2"),
        ((250, 250, 680, 440), "Atelier 26 m2"),
    ):
        draw.rectangle(box, outline=(30, 30, 60), width=4)
        draw.text((box[0] + 16, box[1] + 16), room, fill=(30, 30, 60))
    image.save(path, "PNG", optimize=True)


if __name__ == "__main__":
    pdf(HERE / "attestation.pdf")
    photo(HERE / "photo.jpg")
    plan(HERE / "plan.png")
