"""People at the doors of identity: they read the question, receive their mail (as notifier would) and sign in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from kernel.clock import Clock, system_clock
from kernel.http.tokens import Signer
from services.identity.aggregate.numbers import read_number
from services.identity.main import SERVICE
from tests.support.codes import code_of, secret_of
from tests.support.service import Desk, serving

CHEAP: dict[str, Any] = {"argon2_memory_kib": 8, "argon2_time": 1, "quiet_answer_seconds": 0.0}
PASSWORD = "quatre chevaux mangent du trèfle"
OPERATIONS = {"plus": int.__add__, "moins": int.__sub__, "fois": int.__mul__}


@dataclass
class People:
    """A running identity, and what people do with it."""

    desk: Desk

    async def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """A read."""
        return await self.desk.client.get(path, headers=headers or self.desk.as_anonymous())

    async def post(self, path: str, body: Any, headers: dict[str, str] | None = None) -> httpx.Response:
        """A write, by nobody in particular unless told otherwise."""
        return await self.desk.client.post(path, json=body, headers=headers or self.desk.as_anonymous())

    def from_ip(self, ip: str) -> dict[str, str]:
        """Headers of somebody without a credential, who calls from this address."""
        return self.vouched({"sub": "anonymous:0", "kind": "anonymous", "ip": ip})

    def vouched(self, claims: dict[str, str]) -> dict[str, str]:
        """Headers of whoever the gateway says he is."""
        return {"Authorization": f"Bearer {Signer('gateway', self.desk.keys['gateway']).mint('identity', claims)}"}

    async def question(self) -> dict[str, str]:
        """A security question and its right answer, ready to be sent."""
        asked = (await self.get("/api/security-question")).json()
        return {"id": asked["id"], "answer": str(solve(asked["question"]))}

    async def form(self, email: str = "ada@example.org", **changes: Any) -> dict[str, Any]:
        """A sign-up form filled in well."""
        return {
            "email": email,
            "password": PASSWORD,
            "first_name": "Ada",
            "last_name": "Martin",
            "terms_version": (await self.get("/api/terms")).json()["version"],
            "security_question": await self.question(),
        } | changes

    async def sign_up(self, email: str = "ada@example.org", key: str = "", **changes: Any) -> httpx.Response:
        """Send the form."""
        headers = self.desk.as_anonymous() | ({"Idempotency-Key": key} if key else {})
        return await self.post("/api/accounts", await self.form(email, **changes), headers)

    async def feed(self) -> list[dict[str, Any]]:
        """The public facts, as notifier reads them."""
        answer = await self.desk.client.get("/feed", headers=self.desk.as_service("notifier", "feed"))
        facts: list[dict[str, Any]] = answer.json()
        return facts

    async def mailed(self) -> list[str]:
        """The activation tokens that were mailed, in order."""
        return [fact["data"]["token"] for fact in await self.feed() if ".ActivationRequested." in fact["type"]]

    async def links(self, fact: str) -> list[str]:
        """The tokens that were mailed by facts of one type, in order."""
        return [told["data"]["token"] for told in await self.feed() if f".{fact}." in told["type"]]

    async def activate(self, token: str, password: str = PASSWORD, key: str = "") -> httpx.Response:
        """Follow the link of the mail and type the password."""
        headers = self.desk.as_anonymous() | ({"Idempotency-Key": key} if key else {})
        return await self.post("/api/accounts/activation", {"token": token, "password": password}, headers)

    async def joins(self, email: str = "ada@example.org") -> str:
        """Sign up and activate; the account's id."""
        assert (await self.sign_up(email)).status_code == 202
        answer = await self.activate((await self.mailed())[-1])
        assert answer.status_code == 200, answer.text
        return str(answer.json()["account_id"])

    async def sign_in(
        self, email: str = "ada@example.org", password: str = PASSWORD, code: str | None = None
    ) -> httpx.Response:
        """Open a session."""
        body = {"email": email, "password": password} | ({} if code is None else {"code": code})
        return await self.post("/api/sessions", body)

    async def enters(self, email: str = "ada@example.org", password: str = PASSWORD) -> dict[str, str]:
        """Sign in; the headers of that session."""
        answer = await self.sign_in(email, password)
        assert answer.status_code == 201, answer.text
        return await self.holding(answer.json()["token"])

    async def enrols(self, headers: dict[str, str]) -> tuple[str, list[str]]:
        """Enrol a second factor; its secret and its recovery codes."""
        prepared = await self.post("/api/me/second-factor", None, headers)
        assert prepared.status_code == 200, prepared.text
        secret = secret_of(prepared.json()["otpauth_uri"])
        confirmed = await self.confirms(headers, self.code(secret))
        assert confirmed.status_code == 200, confirmed.text
        return secret, confirmed.json()["recovery_codes"]

    async def confirms(self, headers: dict[str, str], code: str) -> httpx.Response:
        """Prove that the application has the secret."""
        return await self.post("/api/me/second-factor/confirmation", {"code": code}, headers)

    def code(self, secret: str, *, steps: int = 0) -> str:
        """What the application shows at the present of identity's clock, or so many steps later."""
        return code_of(secret, self.desk.run.clock(), steps=steps)

    async def verified(self, token: str) -> dict[str, Any] | None:
        """What the gateway is told of a token."""
        gateway = self.desk.as_service("gateway", "read")
        answer = await self.post("/internal/sessions/verify", {"token": token}, gateway)
        assert answer.status_code in (200, 404), answer.text
        return answer.json() if answer.status_code == 200 else None

    async def holding(self, token: str) -> dict[str, str]:
        """The headers of whoever holds a session, as the gateway would vouch."""
        known = await self.verified(token)
        assert known is not None
        claims = {"email": known["email"], "sid": known["sid"]}
        if known["kind"] == "tracking":
            return self.desk.as_tracking(known["demande"], known["email"])
        return self.desk.as_account(known["account"], *known["roles"], services=tuple(known["services"]), **claims)


def solve(question: str) -> int:
    """The answer to a security question."""
    found = re.fullmatch(r"Combien font ([\w-]+) (plus|moins|fois) ([\w-]+) \?", question)
    assert found is not None, question
    first, second = read_number(found[1]), read_number(found[3])
    assert first is not None
    assert second is not None
    return OPERATIONS[found[2]](first, second)


@asynccontextmanager
async def people_at(directory: Path, *, clock: Clock = system_clock, **settings: Any) -> AsyncIterator[People]:
    """Identity on `directory`, its password hashes cheap."""
    async with serving(SERVICE, directory, clock=clock, **(CHEAP | settings)) as desk:
        yield People(desk)
