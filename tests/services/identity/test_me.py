"""My account: read and changed by its owner alone."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.people import People


async def signed_in(people: People, email: str = "ada@example.org") -> dict[str, str]:
    await people.joins(email)
    return await people.holding((await people.sign_in(email)).json()["token"])


async def change(people: People, headers: dict[str, str], **fields: Any) -> httpx.Response:
    return await people.desk.client.patch("/api/me", json=fields, headers=headers)


async def test_the_owner_sees_what_is_known_of_him(people: People) -> None:
    headers = await signed_in(people)
    answer = await people.get("/api/me", headers)
    assert answer.headers["etag"] == '"4"'
    assert answer.json() | {"id": ""} == {
        "id": "",
        "email": "ada@example.org",
        "first_name": "Ada",
        "last_name": "Martin",
        "phone": None,
        "postal_address": None,
        "roles": ["demandeur"],
        "services": [],
        "franceconnect": False,
        "civil_identity": None,
        "email_proven": True,
        "has_password": True,
        "second_factor": {"enabled": False, "required": False},
        "terms_to_accept": None,
    }


async def test_he_changes_it_and_sees_the_change_at_once(people: People) -> None:
    headers = await signed_in(people)
    answer = await change(people, headers, first_name=" Zoé ", phone="02 38 25 45 45", postal_address="1 rue\nOrléans")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"5"')
    assert answer.json()["first_name"] == "Zoé"
    seen = await people.get("/api/me", headers)
    assert seen.json() == answer.json()
    cleared = await change(people, headers, phone=None)
    assert (cleared.json()["phone"], cleared.json()["postal_address"]) == (None, "1 rue\nOrléans")
    signed = await people.sign_in()
    assert signed.json()["account"]["first_name"] == "Zoé"


async def test_a_change_that_changes_nothing_leaves_the_version(people: People) -> None:
    headers = await signed_in(people)
    answer = await change(people, headers, first_name="Ada")
    assert (answer.status_code, answer.headers["etag"]) == (200, '"4"')
    assert (await change(people, headers)).status_code == 200


async def test_a_stale_change_is_refused(people: People) -> None:
    headers = await signed_in(people)
    assert (await change(people, headers | {"If-Match": '"4"'}, last_name="Roy")).status_code == 200
    late = await change(people, headers | {"If-Match": '"4"'}, last_name="Lenoir")
    assert (late.status_code, late.json()["slug"]) == (412, "stale-version")


async def test_a_repeated_change_answers_as_it_did(people: People) -> None:
    headers = await signed_in(people)
    first = await change(people, headers | {"Idempotency-Key": "k"}, last_name="Roy")
    await change(people, headers, last_name="Lenoir")
    again = await change(people, headers | {"Idempotency-Key": "k"}, last_name="Roy")
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    assert (await people.get("/api/me", headers)).json()["last_name"] == "Lenoir"


@pytest.mark.parametrize(
    "fields",
    [
        {"first_name": ""},
        {"first_name": None},
        {"last_name": "www.example.org"},
        {"last_name": "a" * 101},
        {"phone": "appelez-moi"},
        {"postal_address": "\x00"},
        {"email": "b@example.org"},
        {"roles": ["administrateur"]},
    ],
)
async def test_what_cannot_be_kept_is_refused(people: People, fields: dict[str, Any]) -> None:
    headers = await signed_in(people)
    answer = await change(people, headers, **fields)
    assert (answer.status_code, answer.json()["slug"]) == (422, "invalid-request")
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(fields))}"


async def test_nobody_without_an_account_has_one(people: People) -> None:
    for headers in (people.desk.as_anonymous(), people.desk.as_tracking("0" * 16), people.desk.as_account("0" * 16)):
        assert (await people.get("/api/me", headers)).status_code == 401
    assert (await change(people, people.desk.as_anonymous(), phone="")).status_code == 401
    assert (await people.desk.client.get("/api/me")).status_code == 401
