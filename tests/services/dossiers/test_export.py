"""The list as a file: what is in it, that nothing in it is computed, that taking it leaves a trace."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from services.dossiers.adapters.sheets import harmless
from services.dossiers.main import SERVICE
from services.dossiers.projections import dashboard
from tests.support.service import Desk, serving

EXPORT = "/api/backoffice/demandes/export"
FORMULA = '=SOMME(A1;"x")'


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with serving(SERVICE, tmp_path) as running:
        yield running


async def filed(desk: Desk, name: str) -> Any:
    slug = "subvention-association"
    shown = (await desk.client.get(f"/api/demarches/{slug}", headers=desk.as_anonymous())).json()
    body = {
        "demarche": slug,
        "on_behalf_of": {"kind": "association", "name": name, "identifier": "73282932000074"},
        "answers": {field["name"]: field["example"] for field in shown["fields"] if field["example"] is not None},
    }
    answer = await desk.client.post("/api/demandes", json=body, headers=desk.as_account("a1"))
    assert answer.status_code == 201, answer.text
    return answer.json()


def agent(desk: Desk) -> dict[str, str]:
    return desk.as_account("i1", "instructeur", services=("vie-associative",))


def read_csv(content: bytes) -> list[list[str]]:
    assert content.startswith("\ufeff".encode())
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def read_xlsx(content: bytes) -> list[list[str]]:
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ElementTree.fromstring(archive.read(name))
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert not list(sheet.iter(f"{space}f")), "a cell is computed"
    return [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{space}row")]


async def test_csv_and_xlsx_hold_the_filtered_list_and_nothing_computed(desk: Desk) -> None:
    first, second = await filed(desk, FORMULA), await filed(desk, "Chœur d'Élise & <Zoé>")
    answer = await desk.client.get(EXPORT, headers=agent(desk))
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].endswith('.csv"')
    head, *rows = read_csv(answer.content)
    assert head[0] == "Référence"
    assert [row[0] for row in rows] == [second["reference"], first["reference"]]
    assert [row[5] for row in rows] == ["Chœur d'Élise & <Zoé>", f"'{FORMULA}"]
    answer = await desk.client.get(EXPORT, params={"format": "xlsx", "sort": "oldest"}, headers=agent(desk))
    sheet = read_xlsx(answer.content)
    assert sheet[0] == head
    assert [row[5] for row in sheet[1:]] == [FORMULA, "Chœur d'Élise & <Zoé>"]
    answer = await desk.client.get(EXPORT, params={"q": "choeur"}, headers=agent(desk))
    assert len(read_csv(answer.content)) == 2


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\n-1", "＝1"])
def test_what_looks_like_a_formula_is_a_text(text: str) -> None:
    assert harmless(text).startswith("'")


def test_other_texts_stay_as_they_are() -> None:
    assert harmless("Fanfare - 2026 = bien") == "Fanfare - 2026 = bien"
    assert harmless("a\x00b") == "a\ufffdb"


async def test_a_long_list_is_whole(desk: Desk) -> None:
    await filed(desk, "Fanfare")
    db = await desk.run.view(dashboard.projection)
    columns = (await db.read("SELECT * FROM line"))[0].keys()
    copied = ", ".join("'copy-' || n.value" if name == "id" else name for name in columns)
    numbers = "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 1200)"
    await db.write(
        lambda tx: tx.run(f"INSERT INTO line {numbers} SELECT {copied} FROM line, n WHERE id NOT LIKE 'copy-%'")
    )
    answer = await desk.client.get(EXPORT, headers=agent(desk))
    assert len(read_csv(answer.content)) == 1202


async def test_taking_the_list_away_leaves_a_trace_and_is_for_agents(desk: Desk) -> None:
    await desk.client.get(EXPORT, params={"format": "xlsx", "q": "fanfare"}, headers=agent(desk))
    traces = await desk.run.state.read("SELECT * FROM consultation")
    assert [trace["actor"] for trace in traces] == ["account:i1"]
    assert traces[0]["what"] == f"GET {EXPORT}?format=xlsx&q=fanfare"
    assert (await desk.client.get(EXPORT, headers=desk.as_account("a1"))).status_code == 404
    assert (await desk.client.get(EXPORT, headers=desk.as_anonymous())).status_code == 401
    assert (await desk.client.get(EXPORT, params={"format": "pdf"}, headers=agent(desk))).status_code == 422
    assert len(await desk.run.state.read("SELECT * FROM consultation")) == 1
