"""Files as attackers and bad luck make them, built when the tests run: none of them lies in the repository."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

Change = Callable[[Pdf], None]


def pdf(change: Change | None = None, *, pages: int = 1, **save: Any) -> bytes:
    """A small PDF, after `change` had its way with it."""
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    if change is not None:
        change(document)
    out = io.BytesIO()
    document.save(out, **save)
    return out.getvalue()


def pdf_of_size(size: int) -> bytes:
    """A valid PDF of exactly `size` bytes."""
    padding = size
    while len(data := pdf(_padded(padding), compress_streams=False)) != size:
        padding -= len(data) - size
    return data


def _padded(size: int) -> Change:
    def change(document: Pdf) -> None:
        document.Root.Padding = document.make_stream(b"x" * size)

    return change


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF written by hand: object n is `objects[n - 1]`, object 1 is the catalogue."""
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def stream(data: bytes, dictionary: bytes = b"") -> bytes:
    """The body of a stream object."""
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (dictionary, len(data), data)


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<<>>>>"


def action(**keys: Any) -> Change:
    """Opens with this action."""

    def change(document: Pdf) -> None:
        document.Root.OpenAction = Dictionary(**keys)

    return change


def annotation(**keys: Any) -> Change:
    """One annotation on the first page."""

    def change(document: Pdf) -> None:
        whole = Dictionary(Type=Name.Annot, Rect=Array([0, 0, 9, 9]), **keys)
        document.pages[0].obj.Annots = Array([document.make_indirect(whole)])

    return change


def outline_item(title: str, does: Dictionary) -> pikepdf.OutlineItem:
    """A bookmark that does something when it is clicked."""
    return pikepdf.OutlineItem(title, action=does)


def embedded(document: Pdf) -> None:
    """An attachment, as any PDF editor adds one."""
    document.attachments["facture.exe"] = b"MZ" + b"\0" * 64


def crowded_pdf(count: int) -> bytes:
    """So many objects, packed in few bytes."""

    def change(document: Pdf) -> None:
        document.Root.Crowd = Array([document.make_indirect(Array()) for _ in range(count)])

    return pdf(change, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def flate_bomb(megabytes: int) -> bytes:
    """A page whose description grows a thousand times when it is drawn."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = struct.pack(">HH", megabytes * 1_000_000 % 65_521, 1)
    packed = b"\x78\x9c" + block * megabytes + b"\x03\x00" + checksum
    page = PAGE[:-2] + b"/Contents 4 0 R>>"
    return raw_pdf(CATALOG, PAGES, page, stream(packed, b"/Filter/FlateDecode"))


def image(kind: str, width: int = 64, height: int = 48, mode: str = "RGB", **save: Any) -> bytes:
    """Grain that no compression shrinks much."""
    grain = random.Random(width * height)
    raw = grain.randbytes(width * height * len(Image.new(mode, (1, 1)).getbands()))
    out = io.BytesIO()
    Image.frombytes(mode, (width, height), raw).save(out, kind, **save)
    return out.getvalue()


def png_of_size(size: int) -> bytes:
    """A valid PNG of exactly `size` bytes, the rest in a private chunk."""
    base = image("PNG")
    return base[:33] + chunk(b"prVt", b"x" * (size - len(base) - 12)) + base[33:]


def jpeg_of_size(size: int) -> bytes:
    """A valid JPEG of exactly `size` bytes, the rest in comments."""
    base = image("JPEG")
    missing, comments = size - len(base), b""
    while missing:
        length = missing if missing <= 65_000 else min(60_000, missing - 4)
        comments += b"\xff\xfe" + struct.pack(">H", length - 2) + b"x" * (length - 4)
        missing -= length
    return base[:2] + comments + base[2:]


def chunk(name: bytes, body: bytes) -> bytes:
    """One PNG chunk (PNG 3rd edition § 5.3)."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def blank_png(width: int, height: int) -> bytes:
    """One bit a pixel, all black: a small file for a huge image."""
    rows = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    packed = b"".join(rows.compress(row) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def lying_png(width: int, height: int) -> bytes:
    """The header promises more rows than the file holds."""
    honest = blank_png(64, 64)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return honest[:8] + chunk(b"IHDR", header) + honest[33:]


def text_bomb_png() -> bytes:
    """A compressed comment of 200 MB."""
    base = image("PNG")
    return base[:33] + chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 200_000_000, 9)) + base[33:]


def animated_png(frames: int = 3, side: int = 40) -> bytes:
    """An APNG of several frames."""
    first, *others = (Image.new("RGB", (side, side), (40 * n % 256, 90, 140)) for n in range(frames))
    out = io.BytesIO()
    first.save(out, "PNG", save_all=True, append_images=others, duration=100)
    return out.getvalue()


def archive() -> bytes:
    """A ZIP with a page in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("index.html", "<script>alert(1)</script>")
    return out.getvalue()
