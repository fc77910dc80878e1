"""Everything identity holds about somebody, for himself and nobody else."""

from __future__ import annotations

from tests.support.people import PASSWORD, People


async def test_the_owner_gets_his_account_its_sessions_links_and_history(people: People) -> None:
    id = await people.joins()
    token = (await people.sign_in()).json()["token"]
    headers = await people.holding(token)
    await people.desk.client.patch("/api/me", json={"phone": "02 38 25 45 45"}, headers=headers)
    await people.post("/api/password-resets", {"email": "ada@example.org"})
    await people.sign_up("ada@example.org")
    secret, codes = await people.enrols(headers)
    answer = await people.get("/api/me/export", headers)
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"account", "sessions", "links", "history"}
    assert (body["account"]["id"], body["account"]["phone"]) == (id, "02 38 25 45 45")
    assert [set(session) for session in body["sessions"]] == [{"created_at", "last_seen_at", "expires_at"}]
    assert [link["purpose"] for link in body["links"]] == ["password-reset"]
    assert [entry["type"] for entry in body["history"]] == [
        "AccountCreated",
        "PasswordChanged",
        "ActivationRequested",
        "AccountActivated",
        "ProfileChanged",
        "PasswordResetRequested",
        "SignUpAttempted",
        "SecondFactorEnabled",
    ]
    reset = (await people.links("PasswordResetRequested"))[0]
    for credential in (PASSWORD, token, secret, reset, *codes, "argon2"):
        assert credential not in answer.text


async def test_nobody_gets_anybody_elses(people: People) -> None:
    await people.joins("ada@example.org")
    await people.joins("bob@example.org")
    bob = (await people.get("/api/me/export", await people.enters("bob@example.org"))).text
    assert "ada@example.org" not in bob
    for headers in (people.desk.as_anonymous(), people.desk.as_tracking("0" * 16), people.desk.as_account("0" * 16)):
        assert (await people.get("/api/me/export", headers)).status_code == 401


async def test_who_else_acted_on_the_account_is_not_told(people: People) -> None:
    await people.joins()
    admin = people.desk.as_account("admin0000000000x", "administrateur")
    body = {"email": "ada@example.org", "first_name": "Ada", "last_name": "Martin", "role": "auditeur"}
    assert (await people.post("/api/backoffice/agents", body, admin)).status_code == 200
    exported = await people.get("/api/me/export", await people.enters())
    assert "RoleGranted" in exported.text
    assert "admin0000000000x" not in exported.text
