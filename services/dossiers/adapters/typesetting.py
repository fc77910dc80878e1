"""PDF by Typst: tagged for screen readers (PDF/UA-1), fit for archives (PDF/A-2a), the same bytes every time."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Final

import typst

from services.dossiers.ports import Paper

TEMPLATE: Final = Path(__file__).parent.parent / "templates" / "paper.typ"


class TypstPrinter:
    """`Printer` over Typst, with the fonts of its wheel: what the machine has installed changes nothing."""

    def __init__(self) -> None:
        self.generator = f"typst {version('typst')}"
        self._template = TEMPLATE.read_bytes()

    def print(self, paper: Paper) -> bytes:
        try:
            return self._compile(paper, ["a-2a", "ua-1"])
        except typst.TypstError:
            # A character no font of ours can draw: the paper shows a box for it and is tagged all the same.
            return self._compile(paper, [])

    def _compile(self, paper: Paper, standards: list[typst.PDFStandard]) -> bytes:
        return typst.compile(
            self._template,
            format="pdf",
            sys_inputs={"paper": paper.model_dump_json(exclude={"dated"})},
            timestamp=paper.dated.replace(microsecond=0),
            pdf_standards=standards,
            ignore_system_fonts=True,
        )
