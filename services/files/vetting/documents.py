"""Every object of one PDF is looked at (ISO 32000-2). Runs in the limited child only.

Objects are walked after qpdf has parsed them, so neither compression nor `#xx` escapes hide a name. This refuses
what is known to act; it does not promise that a viewer has no bug.
"""

from __future__ import annotations

import io

from pikepdf import Array, Dictionary, Name, Object, PasswordError, Pdf, Stream, String

from services.files.vetting.refusals import Reason, Unfit

MAX_PAGES = 500
MAX_OBJECTS = 200_000
MAX_CONTENT = 256 * 1024 * 1024
"""Page descriptions once decompressed, in bytes: an agent's viewer has to draw them."""

# Readers look for the end of a PDF in its last kilobyte; some scanners pad a little more.
_TAIL = 4096

_ACTIONS = {
    "/JavaScript": Reason.SCRIPT,
    "/Launch": Reason.LAUNCH,
    "/ImportData": Reason.LAUNCH,
    "/GoToE": Reason.ATTACHMENT,
    "/Rendition": Reason.MULTIMEDIA,
    "/RichMediaExecute": Reason.MULTIMEDIA,
}
_SUBTYPES = {
    "/FileAttachment": Reason.ATTACHMENT,
    "/RichMedia": Reason.MULTIMEDIA,
    "/Screen": Reason.MULTIMEDIA,
    "/Movie": Reason.MULTIMEDIA,
    "/Sound": Reason.MULTIMEDIA,
    "/3D": Reason.MULTIMEDIA,
}


def inspect_pdf(data: bytes) -> int:
    """The number of pages; raises `Unfit`, or whatever pikepdf raises on a broken file."""
    if b"%%EOF" not in data[-_TAIL:]:
        raise Unfit(Reason.DAMAGED)
    try:
        pdf = Pdf.open(io.BytesIO(data))
    except PasswordError as protected:
        raise Unfit(Reason.ENCRYPTED) from protected
    with pdf:
        if pdf.is_encrypted:
            raise Unfit(Reason.ENCRYPTED)
        if len(pdf.objects) > MAX_OBJECTS:
            raise Unfit(Reason.TOO_COMPLEX)
        for whole in (pdf.trailer, *pdf.objects):
            _walk(whole)
        return _count_pages(pdf)


def _count_pages(pdf: Pdf) -> int:
    pages = len(pdf.pages)
    if pages == 0:
        raise Unfit(Reason.NO_PAGE)
    if pages > MAX_PAGES:
        raise Unfit(Reason.TOO_MANY_PAGES)
    content = 0
    for page in pdf.pages:
        drawn = page.obj.get("/Contents")
        for part in drawn if isinstance(drawn, Array) else (drawn,):
            content += len(part.read_bytes()) if isinstance(part, Stream) else 0
            if content > MAX_CONTENT:
                raise Unfit(Reason.TOO_COMPLEX)
    return pages


def _walk(whole: Object) -> None:
    """Judge every dictionary written inside one indirect object; references lead to objects walked on their own."""
    waiting = [whole]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (Dictionary, Stream)):
            _judge(node)
            parts = [value for _, value in node.items()]
        elif isinstance(node, Array):
            parts = list(node)
        else:
            continue
        waiting += [part for part in parts if isinstance(part, (Dictionary, Array)) and not part.is_indirect]


def _judge(node: Object) -> None:
    reason = _named(node, "/S", _ACTIONS) or _named(node, "/Subtype", _SUBTYPES) or _by_key(node)
    if reason is not None:
        raise Unfit(reason)


def _named(node: Object, key: str, reasons: dict[str, Reason]) -> Reason | None:
    value = node.get(key)
    return reasons.get(str(value)) if isinstance(value, Name) else None


def _by_key(node: Object) -> Reason | None:
    """The value's type counts: a font or an image may bear any of these keys as its name."""
    if isinstance(node.get("/JS"), (String, Stream)):
        return Reason.SCRIPT
    link = node.get("/URI")
    if isinstance(link, String) and str(link).lstrip().lower().startswith("javascript:"):
        return Reason.SCRIPT
    if isinstance(node.get("/XFA"), (Array, Stream)):
        return Reason.XFA_FORM
    if node.get("/Type") == Name.EmbeddedFile or any(isinstance(file, Stream) for file in _values(node.get("/EF"))):
        return Reason.ATTACHMENT
    if any(isinstance(action, Dictionary) and "/S" in action for action in _values(node.get("/AA"))):
        return Reason.AUTOMATIC_ACTION
    return None


def _values(node: object) -> list[Object]:
    return [value for _, value in node.items()] if isinstance(node, Dictionary) else []
