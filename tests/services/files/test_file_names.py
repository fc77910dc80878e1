"""A name chosen by a stranger, as others will see it and save it."""

from __future__ import annotations

import unicodedata

import pytest

from services.files.ports import MediaType
from services.files.vetting.names import MAX_NAME, content_disposition, extension_of, safe_name


@pytest.mark.parametrize(
    ("name", "media_type", "safe"),
    [
        ("attestation.pdf", "application/pdf", "attestation.pdf"),
        ("Pièce d'identité (recto).JPG", "image/jpeg", "Pièce d'identité (recto).JPG"),
        ("../../etc/passwd.pdf", "application/pdf", "passwd.pdf"),
        ("C:\\fakepath\\photo.jpeg", "image/jpeg", "photo.jpeg"),
        ("a/b/", "image/png", "document.png"),
        ("", "application/pdf", "document.pdf"),
        ("...", "application/pdf", "document.pdf"),
        (".pdf", "application/pdf", "pdf.pdf"),
        ("scan", "application/pdf", "scan.pdf"),
        ("Lot n.12", "image/png", "Lot n.12.png"),
        ("photo.png", "image/jpeg", "photo.png.jpg"),
        ("nul\0byte\r\n.pdf", "application/pdf", "nulbyte.pdf"),
        ("facture\u202efdp.exe.pdf", "application/pdf", "facturefdp.exe.pdf"),
        ("zero\u200bwidth\u00ad.pdf", "application/pdf", "zerowidth.pdf"),
        ("deux\u00a0  espaces.pdf", "application/pdf", "deux espaces.pdf"),
        ("e\u0301te\u0301.pdf", "application/pdf", "\u00e9t\u00e9.pdf"),
        ('a"b<c>d:e|f?g*h.pdf', "application/pdf", "a_b_c_d_e_f_g_h.pdf"),
        ("NUL.pdf", "application/pdf", "_NUL.pdf"),
        ("con", "image/png", "_con.png"),
        ("moitie\ud800.pdf", "application/pdf", "moitie.pdf"),
        ("relevé . .pdf", "application/pdf", "relevé.pdf"),
    ],
)
def test_a_name_is_made_safe_and_stays_recognisable(name: str, media_type: MediaType, safe: str) -> None:
    assert safe_name(name, media_type) == safe


@pytest.mark.parametrize("name", ["é" * 500 + ".pdf", "a" * 119 + ".PDF", "x" * 300, "e\u0301" * 119 + ".pdf"])
def test_a_long_name_is_cut_and_keeps_its_extension(name: str) -> None:
    safe = safe_name(name, "application/pdf")
    assert len(safe) <= MAX_NAME
    assert extension_of(safe) == ".pdf"
    assert unicodedata.is_normalized("NFC", safe)


def test_a_safe_name_stays_as_it_is() -> None:
    for name in ("NUL.pdf", "../x\0.pdf", "y" * 300, "Lot n.12"):
        once = safe_name(name, "application/pdf")
        assert safe_name(once, "application/pdf") == once


def test_the_header_carries_the_name_for_old_and_new_programs() -> None:
    assert content_disposition("Pièce d'identité 100 %.pdf") == (
        'attachment; filename="Piece d_identite 100 _.pdf"; '
        "filename*=UTF-8''Pi%C3%A8ce%20d%27identit%C3%A9%20100%20%25.pdf"
    )


@pytest.mark.parametrize(
    "name", ['a"; filename="b.exe', "a\r\nSet-Cookie: x=1", "a\0b", "文書.pdf", "\ud800", "", "; x"]
)
def test_no_name_can_break_the_header(name: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2
    assert header.count(";") == 2
