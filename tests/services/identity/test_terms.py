"""The conditions générales d'utilisation: a version is accepted at sign-up, another one when it comes."""

from __future__ import annotations

from pathlib import Path

from tests.support.people import PASSWORD, People, people_at


async def accept(people: People, headers: dict[str, str], version: str) -> tuple[int, str]:
    answer = await people.post("/api/me/terms", {"version": version}, headers)
    return answer.status_code, "" if answer.status_code == 204 else str(answer.json()["slug"])


async def test_a_new_version_is_to_be_accepted_once(tmp_path: Path) -> None:
    async with people_at(tmp_path) as people:
        await people.joins()
        signed = (await people.sign_in()).json()
        assert signed["terms_to_accept"] is None
        headers = await people.holding(signed["token"])
        assert (await people.get("/api/me", headers)).json()["terms_to_accept"] is None
        assert await accept(people, headers, "2027-01") == (422, "terms-not-accepted")
    async with people_at(tmp_path, terms_version="2027-01") as people:
        signed = (await people.sign_in()).json()
        assert signed["terms_to_accept"] == "2027-01"
        headers = await people.holding(signed["token"])
        assert (await people.get("/api/me", headers)).json()["terms_to_accept"] == "2027-01"
        assert await accept(people, headers, "2026-11") == (422, "terms-not-accepted")
        assert await accept(people, headers, "2027-01") == (204, "")
        version = (await people.get("/api/me", headers)).headers["etag"]
        assert await accept(people, headers, "2027-01") == (204, "")
        seen = await people.get("/api/me", headers)
        assert (seen.json()["terms_to_accept"], seen.headers["etag"]) == (None, version)
        history = (await people.get("/api/me/export", headers)).json()["history"]
        versions = [entry["data"].get("terms_version") or entry["data"].get("version") for entry in history]
        assert [version for version in versions if version] == ["2026-11", "2027-01"]


async def test_nobody_without_an_account_accepts_anything(people: People) -> None:
    assert await accept(people, people.desk.as_anonymous(), "2026-11") == (401, "unauthenticated")
    assert await accept(people, people.desk.as_account("0" * 16), "2026-11") == (404, "not-found")


async def test_an_invited_agent_accepts_them_when_he_comes(people: People) -> None:
    agent = {"email": "jeanne@cd.example.org", "first_name": "Jeanne", "last_name": "Roy", "role": "auditeur"}
    await people.post("/internal/agents", agent, people.desk.as_service("console", "operate"))
    await people.activate((await people.mailed())[-1], PASSWORD)
    assert (await people.sign_in("jeanne@cd.example.org")).json()["terms_to_accept"] == "2026-11"
