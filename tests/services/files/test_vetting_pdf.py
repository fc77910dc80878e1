"""A PDF may be read, not run: every way in for a program is refused, and nothing that merely looks like one."""

from __future__ import annotations

import pytest
from pikepdf import Array, Dictionary, Encryption, Name, ObjectStreamMode, Pdf, Permissions

from services.files.adapters.vetting import ChildVetting
from services.files.ports import Accepted, Rejection, Verdict
from tests.support import hostile
from tests.support.hostile import CATALOG, PAGE, PAGES, Change, action, annotation, pdf, raw_pdf, stream


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS="app.alert(1)")


async def vet(data: bytes) -> Verdict:
    return await ChildVetting().vet(data, "application/pdf", "a.pdf")


async def refused(data: bytes) -> tuple[str, str]:
    verdict = await vet(data)
    assert isinstance(verdict, Rejection), verdict
    return verdict.slug, verdict.reason


def xfa(document: Pdf) -> None:
    document.Root.AcroForm = Dictionary(Fields=Array(), XFA=Array(["template", "x"]))


def script_in_a_stream(document: Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=document.make_stream(b"app.alert(1)"))


def named_script(document: Pdf) -> None:
    document.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array(["a", document.make_indirect(script())])))


def chained_script(document: Pdf) -> None:
    document.Root.OpenAction = Dictionary(S=Name.URI, URI="https://example.org", Next=Array([Array([script()])]))


def page_script(document: Pdf) -> None:
    document.pages[0].obj.AA = Dictionary(O=script())


def page_goto(document: Pdf) -> None:
    document.pages[0].obj.AA = Dictionary(O=Dictionary(S=Name.Named, N=Name.NextPage))


def outline_script(document: Pdf) -> None:
    with document.open_outline() as outline:
        outline.root.append(hostile.outline_item("Ouvrir", script()))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (action(S=Name.JavaScript, JS="app.alert(1)"), "script"),
        (script_in_a_stream, "script"),
        (named_script, "script"),
        (chained_script, "script"),
        (outline_script, "script"),
        (page_script, "automatic-action"),
        (annotation(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=" JavaScript:alert(1)")), "script"),
        (annotation(Subtype=Name.Screen, A=Dictionary(S=Name.Rendition, JS="x")), "multimedia"),
        (action(S=Name.Launch, F="cmd.exe"), "launch"),
        (annotation(Subtype=Name.Link, A=Dictionary(S=Name.Launch, Win=Dictionary(F="cmd.exe"))), "launch"),
        (page_goto, "automatic-action"),
        (hostile.embedded, "attachment"),
        (annotation(Subtype=Name.FileAttachment, FS=Dictionary(Type=Name.Filespec, F="a.exe")), "attachment"),
        (action(S=Name.GoToE, T=Dictionary(R=Name.C)), "attachment"),
        (annotation(Subtype=Name.RichMedia, RichMediaContent=Dictionary()), "multimedia"),
        (annotation(Subtype=Name("/3D")), "multimedia"),
        (xfa, "xfa-form"),
    ],
)
@pytest.mark.parametrize("objects", [ObjectStreamMode.disable, ObjectStreamMode.generate], ids=["clear", "packed"])
async def test_a_document_that_acts_is_refused(change: Change, reason: str, objects: ObjectStreamMode) -> None:
    assert await refused(pdf(change, object_stream_mode=objects)) == ("active-content", reason)


@pytest.mark.parametrize(
    "catalog",
    [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/J#61v#61Script/J#53(app.alert\\(1\\))>>>>",
        b"<</Type/Catalog/Pages 2 0 R/#4fpenAction 4 0 R>>",
        b"<</Type/Catalog/Pages 2 0 R/Nobody[[[[<</A[4 0 R]>>]]]]>>",
        b"<</Type/Catalog/Pages 2 0 R>>",
    ],
    ids=["escaped", "reference", "nested", "unreferenced"],
)
async def test_no_spelling_hides_a_script(catalog: bytes) -> None:
    data = raw_pdf(catalog, PAGES, PAGE, b"<</S/Java#53cript/JS 5 0 R>>", stream(b"app.alert(1)"))
    assert await refused(data) == ("active-content", "script")


async def test_a_script_named_by_reference_is_seen() -> None:
    data = raw_pdf(b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S 4 0 R/F(cmd)>>>>", PAGES, PAGE, b"/Launch")
    assert await refused(data) == ("active-content", "launch")


def opens_at_a_page(document: Pdf) -> None:
    document.Root.OpenAction = Array([document.pages[0].obj, Name.Fit])


def form(document: Pdf) -> None:
    field = document.make_indirect(
        Dictionary(Type=Name.Annot, Subtype=Name.Widget, FT=Name.Tx, T="nom", V="Dupré", Rect=Array([0, 0, 9, 9]))
    )
    document.pages[0].obj.Annots = Array([field])
    document.pages[0].obj.AA = Dictionary()
    document.Root.AcroForm = Dictionary(Fields=Array([field]))


def keys_as_names(document: Pdf) -> None:
    font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    fonts = Dictionary({f"/{name}": document.make_indirect(font) for name in ("JS", "AA", "XFA", "EF", "URI", "S")})
    document.pages[0].obj.Resources = Dictionary(Font=document.make_indirect(fonts))


@pytest.mark.parametrize(
    "change",
    [
        opens_at_a_page,
        action(S=Name.GoTo, D="page1"),
        annotation(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI="https://www.service-public.fr/")),
        annotation(Subtype=Name.Text, Contents="/JavaScript /Launch /EmbeddedFile"),
        form,
        keys_as_names,
    ],
)
async def test_a_document_that_only_shows_and_links_is_accepted(change: Change) -> None:
    assert await vet(pdf(change)) == Accepted("application/pdf", pages=1)


@pytest.mark.parametrize(
    "lock",
    [Encryption(user="secret", owner="secret"), Encryption(owner="chef", allow=Permissions(extract=False))],
    ids=["password", "restrictions"],
)
async def test_a_locked_document_is_unreadable(lock: Encryption) -> None:
    assert await refused(pdf(encryption=lock)) == ("unreadable-file", "encrypted")


async def test_500_pages_are_accepted() -> None:
    assert await vet(pdf(pages=500)) == Accepted("application/pdf", pages=500)


async def test_a_linearised_document_is_accepted_and_its_first_half_is_not() -> None:
    data = pdf(pages=9, linearize=True)
    assert isinstance(await vet(data), Accepted)
    assert await refused(data[: len(data) // 2]) == ("unreadable-file", "damaged")


async def test_a_cross_reference_table_that_is_a_little_wrong_is_forgiven() -> None:
    whole = raw_pdf(CATALOG, PAGES, PAGE)
    assert isinstance(await vet(whole.replace(b"startxref\n", b"startxref\n1")), Accepted)
