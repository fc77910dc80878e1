"""The « liste des notifications de Discussion »: what an applicant has still to read."""

from __future__ import annotations

from tests.support.discussion import DEMANDE, Talk, submitted, tell


async def test_an_applicant_sees_what_he_has_still_to_read(talk: Talk) -> None:
    assert await talk.notified(talk.applicant) == []
    opened = (await talk.opens()).json()
    last = (await talk.says(talk.agent)).json()
    assert await talk.notified(talk.applicant) == [
        {
            "demande": {
                "id": DEMANDE,
                "reference": "2026-0001",
                "demarche": {"slug": "amelioration-habitat", "title": "Améliorer son logement"},
            },
            "discussion": {"id": opened["id"], "subject": "Pièces à compléter"},
            "unread": 2,
            "at": last["at"],
        }
    ]
    answer = (await talk.says(talk.applicant)).json()
    await talk.has_read(talk.agent, answer["id"])
    assert [item["unread"] for item in await talk.notified(talk.applicant)] == [2]
    await talk.has_read(talk.applicant, opened["messages"][0]["id"])
    assert [item["unread"] for item in await talk.notified(talk.applicant)] == [1]
    await talk.has_read(talk.applicant, last["id"])
    assert await talk.notified(talk.applicant) == []


async def test_what_the_applicant_says_does_not_notify_him_nor_the_agent(talk: Talk) -> None:
    opened = (await talk.opens()).json()
    await talk.has_read(talk.applicant, opened["messages"][0]["id"])
    await talk.says(talk.applicant)
    assert await talk.notified(talk.applicant) == []
    assert await talk.notified(talk.agent) == []


async def test_a_closed_discussion_with_an_unread_message_still_shows(talk: Talk) -> None:
    await talk.opens()
    await talk.closes()
    assert [item["unread"] for item in await talk.notified(talk.applicant)] == [1]
    second = (await talk.opens(subject="Encore")).json()
    (item,) = await talk.notified(talk.applicant)
    assert (item["discussion"], item["unread"]) == ({"id": second["id"], "subject": "Encore"}, 2)


async def test_notifications_come_newest_first_page_by_page(talk: Talk) -> None:
    demandes = [f"dem000000000001{n}" for n in range(5)]
    await tell(talk.desk, *(submitted(id) for id in demandes), submitted("dem0000000000020", owner="b2"))
    for id in ["dem0000000000020", *demandes]:
        await Talk(talk.desk, id).opens()
    shown: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await talk.desk.client.get("/api/notifications", params={"limit": 2, **cursor}, headers=talk.applicant)
        page = answer.json()
        shown += [item["demande"]["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert shown == demandes[::-1]


async def test_a_tracking_session_is_notified_of_its_demande_alone(talk: Talk) -> None:
    await tell(talk.desk, submitted("dem0000000000002", owner=""))
    await Talk(talk.desk, "dem0000000000002").opens()
    await talk.opens()
    items = await talk.notified(talk.desk.as_tracking("dem0000000000002"))
    assert [item["demande"]["id"] for item in items] == ["dem0000000000002"]
