"""How near the deadlines of a list are, on the day it is read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from kernel.clock import FrozenClock
from services.dossiers.aggregate.silence import alert
from services.dossiers.projections.desk import bounds
from tests.services.dossiers.test_desk import DESK, act, agent, filed, listed
from tests.support.service import Desk


async def page(desk: Desk, **query: Any) -> Any:
    answer = await desk.client.get(DESK, params=query, headers=agent(desk))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_list_says_how_near_each_deadline_is_and_counts_those_that_are(desk: Desk, now: FrozenClock) -> None:
    ids = [await filed(desk, "Zoé Martin")]
    for days in (10, 10, 40):
        now.advance(days=days)
        ids.append(await filed(desk, "Zoé Martin"))
    await act(desk, ids[3], "status", status="sans_suite")
    # Filed on 24 November, 4 and 14 December: deadlines on 24 January, 4 and 14 February; now it is 23 January.
    seen = {item["id"]: (item["deadline"], item["alert"]) for item in (await page(desk))["items"]}
    assert seen == {
        ids[0]: ("2027-01-24", "urgent"),
        ids[1]: ("2027-02-04", "soon"),
        ids[2]: ("2027-02-14", "soon"),
        ids[3]: (None, "none"),
    }
    assert (await page(desk))["alerts"] == {"late": 0, "urgent": 1, "soon": 2}
    now.advance(days=14)
    assert (await page(desk))["alerts"] == {"late": 2, "urgent": 0, "soon": 1}
    assert await listed(desk, agent(desk), alert="late", sort="deadline") == [ids[0], ids[1]]
    assert await listed(desk, agent(desk), alert="soon") == [ids[2]]
    assert await listed(desk, agent(desk), alert="urgent") == []
    assert await listed(desk, agent(desk), alert="none") == [ids[3]]
    other = await desk.client.get(DESK, headers=agent(desk, "i2", "habitat"))
    assert other.json()["alerts"] == {"late": 0, "urgent": 0, "soon": 0}
    refused = await desk.client.get(DESK, params={"alert": "x"}, headers=agent(desk))
    assert refused.status_code == 422


def test_the_filter_draws_the_lines_where_the_list_does() -> None:
    today = date(2027, 1, 23)
    for days in range(-40, 60):
        deadline = today + timedelta(days=days)
        within = [level for level, (first, last) in bounds(today).items() if first <= deadline.isoformat() <= last]
        assert (within or ["none"]) == [alert(deadline, today)]
