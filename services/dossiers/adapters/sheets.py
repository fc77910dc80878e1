"""Tables for spreadsheets, written as they are read: CSV, and XLSX (ECMA-376) without a workbook in memory.

No cell is ever computed: in CSV what a spreadsheet would take for a formula is made a text (OWASP, CSV injection), in
XLSX every cell is an inline string.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import AsyncIterator, Iterable, Sequence
from xml.sax.saxutils import escape

Table = AsyncIterator[Sequence[Sequence[str]]]
"""Some rows at a time."""

BOM = "\ufeff"
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LONGEST_CELL = 32_767
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Demandes" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


async def as_csv(table: Table) -> AsyncIterator[bytes]:
    """UTF-8 with its mark and semicolons: what a French spreadsheet opens as it is."""
    yield BOM.encode()
    async for rows in table:
        page = io.StringIO()
        csv.writer(page, delimiter=";", quoting=csv.QUOTE_ALL).writerows(
            [harmless(cell) for cell in row] for row in rows
        )
        yield page.getvalue().encode()


async def as_xlsx(table: Table) -> AsyncIterator[bytes]:
    """A workbook of one sheet."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]
        for name, content in _PARTS.items():
            archive.writestr(name, _HEAD + content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            async for rows in table:
                sheet.write("".join(_row(row) for row in rows).encode())
                yield sink.taken()
            sheet.write(b"</sheetData></worksheet>")
    yield sink.taken()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    shown = _printable(text)
    return f"'{shown}" if _FORMULA.match(shown) else shown


def _row(cells: Iterable[str]) -> str:
    inline = "".join(f'<c t="inlineStr"><is><t xml:space="preserve">{_xml(cell)}</t></is></c>' for cell in cells)
    return f"<row>{inline}</row>"


def _xml(text: str) -> str:
    return escape(_printable(text)[:LONGEST_CELL])


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\ufffd", text)


class _Sink:
    """What the archive wrote since it was last taken."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        """And forget it."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
