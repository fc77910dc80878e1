"""What people send every day passes, what would harm its reader does not, and each refusal says what to do."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from services.files.adapters.vetting import ChildVetting
from services.files.ports import MAX_BYTES, Accepted, Rejection, Verdict
from services.files.vetting.refusals import Reason, Unfit
from tests.support import hostile
from tests.support.hostile import CATALOG, PAGE, PAGES

Build = Callable[[], bytes]

SAMPLES = Path(__file__).parents[2] / "data"
TYPES = {".pdf": "application/pdf", ".jpg": "image/jpeg", ".png": "image/png"}


async def vet(data: bytes, name: str, declared: str | None = None) -> Verdict:
    return await ChildVetting().vet(data, TYPES[Path(name).suffix] if declared is None else declared, name)


async def refused(data: bytes, name: str, declared: str | None = None) -> tuple[str, str]:
    verdict = await vet(data, name, declared)
    assert isinstance(verdict, Rejection), verdict
    return verdict.slug, verdict.reason


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("attestation.pdf", Accepted("application/pdf", pages=2)),
        ("photo.jpg", Accepted("image/jpeg", pixels=640 * 480)),
        ("plan.png", Accepted("image/png", pixels=720 * 480)),
    ],
)
async def test_an_honest_file_is_accepted(name: str, verdict: Accepted) -> None:
    data = (SAMPLES / name).read_bytes()
    assert await vet(data, name) == verdict
    assert await vet(data, name, "application/octet-stream") == verdict
    assert await vet(data, name, "") == verdict
    assert await vet(data, name.upper(), f"{TYPES[Path(name).suffix]}; charset=binary") == verdict


@pytest.mark.parametrize("name", ["scan.jfif", "IMG_0001.JPEG", "scan", "Pièce n.12"])
async def test_the_names_that_phones_and_browsers_give_are_accepted(name: str) -> None:
    assert isinstance(await vet((SAMPLES / "photo.jpg").read_bytes(), name, "image/jpeg"), Accepted)


@pytest.mark.parametrize("size", [MAX_BYTES, MAX_BYTES + 1])
@pytest.mark.parametrize(
    ("build", "name"),
    [(hostile.pdf_of_size, "a.pdf"), (hostile.png_of_size, "a.png"), (hostile.jpeg_of_size, "a.jpg")],
)
async def test_the_size_limit_is_5_242_880_bytes_to_the_byte(
    build: Callable[[int], bytes], name: str, size: int
) -> None:
    data = build(size)
    assert len(data) == size
    if size <= MAX_BYTES:
        assert isinstance(await vet(data, name), Accepted)
    else:
        assert await refused(data, name) == ("too-large", "too-large")


@pytest.mark.parametrize(
    ("data", "name", "declared", "reason"),
    [
        (b"Bonjour", "lettre.txt", "text/plain", "unknown-kind"),
        (b"<html><script>alert(1)</script>", "photo.png", "image/png", "unknown-kind"),
        (b"MZ" + b"\0" * 200, "facture.pdf", "application/pdf", "unknown-kind"),
        (b"\0" + hostile.pdf(), "decale.pdf", "application/pdf", "unknown-kind"),
        (hostile.image("GIF", mode="L"), "photo.gif", "image/gif", "other-photo"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 64, "IMG_0001.HEIC", "image/heic", "other-photo"),
        (hostile.archive(), "lettre.docx", "application/octet-stream", "other-document"),
    ],
)
async def test_another_format_is_an_unsupported_type(data: bytes, name: str, declared: str, reason: str) -> None:
    assert await refused(data, name, declared) == ("unsupported-type", reason)


@pytest.mark.parametrize(
    ("sample", "name", "declared"),
    [
        ("plan.png", "plan.pdf", "application/pdf"),
        ("plan.png", "plan.png", "image/jpeg"),
        ("plan.png", "plan.jpg", "image/png"),
        ("plan.png", "plan.jpg", "application/octet-stream"),
        ("plan.png", "plan", "application/octet-stream"),
        ("plan.png", "plan.png", "text/html"),
        ("attestation.pdf", "attestation.pdf.exe", "application/pdf"),
        ("attestation.pdf", "attestation.pdf\0.png", "application/pdf"),
        ("attestation.pdf", "attestation\u202egnp.jpg", "application/pdf"),
        ("photo.jpg", "photo.png", "image/png"),
    ],
)
async def test_a_name_or_a_type_that_says_otherwise_is_a_mismatch(sample: str, name: str, declared: str) -> None:
    data = (SAMPLES / sample).read_bytes()
    assert await refused(data, name, declared) == ("content-mismatch", "wrong-name-or-type")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (hostile.image("PNG") + hostile.archive(), "a.png"),
        (hostile.image("PNG") + b"<script>alert(1)</script>", "a.png"),
        (hostile.image("JPEG") + hostile.archive(), "a.jpg"),
        (hostile.image("JPEG", comment=hostile.pdf()), "a.jpg"),
        (hostile.pdf() + hostile.archive(), "a.pdf"),
    ],
    ids=["png+zip", "png+html", "jpeg+zip", "jpeg+pdf", "pdf+zip"],
)
async def test_a_file_that_is_two_things_at_once_is_a_mismatch(data: bytes, name: str) -> None:
    assert await refused(data, name) == ("content-mismatch", "two-kinds")


async def test_what_phones_append_to_a_photo_is_no_reason_to_refuse_it() -> None:
    photo = (SAMPLES / "photo.jpg").read_bytes()
    for tail in (b"\0" * 512, photo, b"SEFT" + b"\x01" * 40):
        assert isinstance(await vet(photo + tail, "photo.jpg"), Accepted)


async def test_an_animated_png_is_an_image_like_another() -> None:
    assert await vet(hostile.animated_png(), "a.png") == Accepted("image/png", pixels=1600)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
async def test_grey_and_print_colours_are_accepted(mode: str) -> None:
    assert isinstance(await vet(hostile.image("JPEG", mode=mode, progressive=True), "a.jpg"), Accepted)


@pytest.mark.parametrize(
    ("build", "name", "reason"),
    [
        (lambda: b"", "vide.pdf", "empty"),
        (lambda: hostile.blank_png(30_000, 30_000), "bombe.png", "too-many-pixels"),
        (lambda: hostile.blank_png(6_400, 6_400), "grande.png", "too-many-pixels"),
        (lambda: hostile.animated_png(frames=12, side=2_000), "animee.png", "too-many-pixels"),
        (lambda: hostile.lying_png(5_000, 5_000), "promesse.png", "damaged"),
        (lambda: hostile.text_bomb_png(), "commentaire.png", "damaged"),
        (lambda: b"\x89PNG\r\n\x1a\n", "entete.png", "damaged"),
        (lambda: b"\xff\xd8\xff", "entete.jpg", "damaged"),
        (lambda: b"%PDF-1.7\n%%EOF", "entete.pdf", "damaged"),
        (lambda: b"%PDF-1.7\n" + random.Random(1).randbytes(50_000) + b"%%EOF", "bruit.pdf", "damaged"),
        (lambda: hostile.pdf(pages=0), "sans-page.pdf", "no-page"),
        (lambda: hostile.pdf(pages=501), "long.pdf", "too-many-pages"),
        (lambda: hostile.flate_bomb(300), "bombe.pdf", "too-complex"),
        (lambda: hostile.flate_bomb(1_100), "grosse-bombe.pdf", "damaged"),
        (lambda: hostile.crowded_pdf(200_001), "foule.pdf", "too-complex"),
        (lambda: hostile.raw_pdf(CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"), "boucle.pdf", "damaged"),
        (lambda: hostile.raw_pdf(CATALOG[:-2] + b"/Nest" + b"[" * 100_000, PAGES, PAGE), "nid.pdf", "damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_read_safely_is_unreadable(build: Build, name: str, reason: str) -> None:
    assert await refused(build(), name) == ("unreadable-file", reason)


@pytest.mark.parametrize("name", ["attestation.pdf", "photo.jpg", "plan.png"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99])
async def test_a_truncated_file_is_unreadable(name: str, kept: float) -> None:
    data = (SAMPLES / name).read_bytes()
    slug, _ = await refused(data[: int(len(data) * kept)], name)
    assert slug == "unreadable-file"


@pytest.mark.parametrize("name", ["attestation.pdf", "photo.jpg", "plan.png"])
async def test_spoilt_bytes_always_end_in_a_verdict(name: str) -> None:
    data, chance = (SAMPLES / name).read_bytes(), random.Random(name)
    for _ in range(12):
        spoilt = bytearray(data)
        for _ in range(chance.randint(1, 40)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        assert isinstance(await vet(bytes(spoilt), name), Accepted | Rejection)


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_tells_people_what_to_do(reason: Reason) -> None:
    rejection = Unfit(reason, "une image PNG", ".png").rejection
    assert rejection.hint.count(". ") + rejection.hint.count(" : ") + rejection.hint.count(" ; ") >= 1
    assert rejection.hint.endswith(".")
    assert "{" not in rejection.hint
    assert rejection.reason == reason.value
