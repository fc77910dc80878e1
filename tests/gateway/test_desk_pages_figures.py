"""Opinions asked of an agent, and the figures of his services: drawings with the tables that say the same."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import pytest

from gateway.pages.desk.charts import months_chart, scale, shares
from tests.gateway.test_desk_pages import asked, links, said
from tests.gateway.test_pages import HTML, Page, accessible, visit
from tests.support.desk import ID, OPINION, PAGE, in_days, works
from tests.support.town import Portal, Town

pytestmark = pytest.mark.asyncio(loop_scope="module")
FIGURES, HERE = "/api/backoffice/statistics", "/instruction/statistiques"
MONTH = {"filed": 0, "ended": 0, "express": 0, "implicit": 0, "withdrawal": 0, "median_days": None}
STATISTICS: dict[str, Any] = {
    "filed": 1200,
    "pending": 700,
    "months": [MONTH | {"month": "2026-10", "filed": 1000}, MONTH | {"month": "2026-11", "filed": 200, "ended": 500}],
    "demarches": [
        {
            "demarche": {"slug": "subvention", "title": "Subvention <b>sport</b>"},
            "filed": 1200,
            "pending": 700,
            "delays": {"decided": 490, "median_days": 31, "p90_days": 58},
            "decisions": [],
            "waiting": {"number": 700, "median_days": 12, "p90_days": 40, "oldest_days": 61},
        }
    ],
    "delays": {"decided": 490, "median_days": 31, "p90_days": 58},
    "decisions": [
        {"status": "acceptee", "kind": "express", "number": 375},
        {"status": "refusee", "kind": "implicit", "number": 115},
        {"status": "retiree", "kind": "withdrawal", "number": 10},
    ],
    "waiting": {"number": 700, "median_days": 12, "p90_days": 40, "oldest_days": 61},
}
EMPTY: dict[str, Any] = STATISTICS | {"filed": 0, "pending": 0, "months": [], "demarches": [], "decisions": []}


def table(page: Page, title: str) -> str:
    """The text of the table with this caption."""
    for part in page.text.split("<table")[1:]:
        inside = part.partition("</table>")[0]
        if title in inside:
            return said_of(inside)
    raise AssertionError(title)


def said_of(html: str) -> str:
    page = Page.__new__(Page)
    page.text = html
    return said(page)


async def test_the_figures_are_drawn_and_said_in_tables(door: Portal, town: Town) -> None:
    works(door, town)
    town.says("dossiers", f"GET {FIGURES}", body=STATISTICS)
    page = await visit(door, HERE)
    accessible(page)
    drawn = [each for each in page.all("svg") if each.get("role") == "img"]
    assert drawn[0]["aria-labelledby"] == "graphe-titre"
    assert len([each for each in page.all("rect") if (each.get("class") or "").startswith("bar ")]) == 2 * 2 + 3
    assert "oct. 2026 1 000 0" in table(page, "Demandes par mois")
    assert "nov. 2026 200 500" in table(page, "Demandes par mois")
    endings = table(page, "Issues des demandes")
    assert "Acceptée 375 75 %" in endings
    assert "Refusée par le silence du service 115 23 %" in endings
    assert "Subvention <b>sport</b> 1 200 700 490 31 jours 58 jours 61 jours" in table(page, "Volumes et délais")
    assert "Délai médian 31 jours" in said(page)


async def test_a_period_and_a_demarche_are_in_the_address(door: Portal, town: Town) -> None:
    works(door, town)
    town.says("dossiers", f"GET {FIGURES}", body=STATISTICS)
    page = await visit(door, f"{HERE}?depuis=2026-01-01&jusqu-au=2026-12-31&demarche=subvention")
    queries = {heard.query for heard in asked(town, FIGURES)}
    wanted = {"since": ["2026-01-01"], "until": ["2026-12-31"], "demarche": ["subvention"]}
    assert [parse_qs(query) for query in queries if query] == [wanted]
    assert page.field("depuis")["value"] == "2026-01-01"
    assert f"{HERE}?depuis={in_days(-29)}&demarche=subvention" in links(page)


@pytest.mark.parametrize("period", ["depuis=hier", "depuis=2026-02-30", "depuis=2026-03-01&jusqu-au=2026-02-01"])
async def test_a_period_that_is_none_is_told(door: Portal, town: Town, period: str) -> None:
    works(door, town)
    town.says("dossiers", f"GET {FIGURES}", body=STATISTICS)
    answer = await door.client.get(f"{HERE}?{period}", headers=HTML)
    assert answer.status_code == 422
    page = Page(answer)
    accessible(page)
    assert page.title.startswith("Erreur : ")


async def test_a_period_without_demandes_says_so(door: Portal, town: Town) -> None:
    works(door, town)
    town.says("dossiers", f"GET {FIGURES}", body=EMPTY)
    page = await visit(door, HERE)
    accessible(page)
    assert "Aucune demande dans cette période" in said(page)
    assert page.all("table") == []


@pytest.mark.parametrize(
    ("most", "top"), [(0, 4), (1, 4), (4, 4), (5, 8), (11, 12), (12, 12), (13, 20), (999, 1200), (100_000, 120_000)]
)
async def test_a_scale_has_four_round_steps_and_holds_the_most(most: int, top: int) -> None:
    assert scale(most) == top
    assert top % 4 == 0


async def test_bars_stand_on_the_ground_in_their_month_and_only_so_many_fit() -> None:
    months = [
        MONTH | {"month": f"20{year}-{month:02}", "filed": month} for year in (24, 25, 26) for month in range(1, 13)
    ]
    chart = months_chart(months)
    assert len(chart.names) == 24
    assert (chart.names[0][1], chart.names[-1][1]) == ("janv. 2025", "déc. 2026")
    ground = {round(bar.y + bar.height, 6) for bar in chart.bars}
    assert ground == {230}
    assert max(bar.x + bar.width for bar in chart.bars) <= chart.width
    assert months_chart([]).bars == []


async def test_shares_of_nothing_are_none() -> None:
    assert shares([("a", 0)]) == [("a", 0, 0)]
    assert shares([("a", 1), ("b", 2)]) == [("a", 1, 33), ("b", 2, 67)]


async def test_opinions_that_are_awaited_lead_to_their_demande(door: Portal, town: Town) -> None:
    works(door, town)
    about = {"demande": {"id": ID, "reference": "2026-A", "demarche": {"slug": "s", "title": "Aide <i>x</i>"}}}
    mine = OPINION | about | {"service": {"slug": "sport", "label": "Sports"}, "due": in_days(-2)}
    given = mine | {"id": "o2", "status": "given", "verdict": "defavorable", "text": "Trop cher."}
    given |= {"ended_at": "2026-11-23T10:00:00Z"}
    town.says("dossiers", "GET /api/backoffice/opinions", body={"items": [mine, given], "next": "c&2"})
    page = await visit(door, "/instruction/avis")
    accessible(page)
    text = said(page)
    assert "En retard de 2 jours" in text
    assert "Avis défavorable , donné le 23 novembre 2026" in text
    assert {f"/instruction/demandes/{ID}#mon-avis", "/instruction/avis?suite=c%262"} <= links(page)
    town.says("dossiers", "GET /api/backoffice/opinions", body={"items": [], "next": None})
    assert "Aucun avis ne vous est demandé" in said(await visit(door, "/instruction/avis"))


async def test_an_expert_among_too_many_for_a_list_is_named_by_his_address(door: Portal, town: Town) -> None:
    works(door, town)
    page = await visit(door, PAGE)
    assert "expert" in {each["name"] for each in page.all("select")}
    town.says("dossiers", "GET /api/backoffice/colleagues", body={"items": [], "next": "c2"})
    page = await visit(door, PAGE)
    accessible(page)
    assert page.field("expert")["type"] == "email"
