"""A full decode of one PNG or JPEG. Runs in the limited child only."""

from __future__ import annotations

import io
import struct
import warnings
from typing import Literal

from PIL import Image, PngImagePlugin

from services.files.vetting.refusals import Reason, Unfit

MAX_PIXELS = 40_000_000


def inspect_image(data: bytes, kind: Literal["PNG", "JPEG"]) -> int:
    """The number of pixels, all of them decoded; raises `Unfit`, or whatever Pillow raises on a broken file."""
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            frames = image.n_frames if isinstance(image, PngImagePlugin.PngImageFile) else 1
            if image.width * image.height * frames > MAX_PIXELS:
                raise Unfit(Reason.TOO_MANY_PIXELS)
            for frame in range(frames):
                image.seek(frame)
                image.load()
            pixels = image.width * image.height
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as bomb:
        raise Unfit(Reason.TOO_MANY_PIXELS) from bomb
    # A JPEG may end with what phones append (previews, depth, motion); nothing honest follows a PNG.
    if kind == "PNG" and data[_png_end(data) :].strip(b"\0 \r\n"):
        raise Unfit(Reason.TWO_KINDS)
    return pixels


def _png_end(data: bytes) -> int:
    """Where the last chunk (IEND) ends; decoders do not miss it when it is cut off."""
    at, name = 8, b""
    while name != b"IEND":
        if at + 12 > len(data):
            raise Unfit(Reason.DAMAGED)
        length, name = struct.unpack_from(">I4s", data, at)
        at += 12 + length
    if at > len(data):
        raise Unfit(Reason.DAMAGED)
    return at
