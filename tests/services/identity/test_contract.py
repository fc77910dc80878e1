"""What the contract says an answer looks like is what it looks like."""

from __future__ import annotations

import httpx

from kernel.http.contract import Shown
from kernel.runtime.app import application
from services.identity.api import shapes
from services.identity.main import SERVICE
from tests.support.people import PASSWORD, People


def is_a(shape: type[Shown], answer: httpx.Response) -> None:
    assert answer.status_code < 300, answer.text
    shape.model_validate_json(answer.content, strict=True)


async def test_answers_have_the_shapes_of_the_contract(people: People) -> None:
    is_a(shapes.AskedQuestion, await people.get("/api/security-question"))
    is_a(shapes.TermsInForce, await people.get("/api/terms"))
    is_a(shapes.ActivationSent, await people.sign_up())
    is_a(shapes.ActivationSent, await people.post("/api/accounts/activation/resend", {"email": "ada@example.org"}))
    is_a(shapes.ActivatedAccount, await people.activate((await people.mailed())[-1]))
    is_a(shapes.SignedIn, await people.sign_in())
    is_a(shapes.ResetSent, await people.post("/api/password-resets", {"email": "ada@example.org"}))
    headers = await people.enters()
    is_a(shapes.OpenSessions, await people.get("/api/sessions", headers))
    is_a(shapes.ChangedAccount, await people.get("/api/me", headers))
    is_a(shapes.ChangedAccount, await people.desk.client.patch("/api/me", json={"phone": "3939 5"}, headers=headers))
    body = {"email": "new@example.org", "password": PASSWORD}
    is_a(shapes.ConfirmationSent, await people.post("/api/me/email", body, headers))
    prepared = await people.post("/api/me/second-factor", None, headers)
    is_a(shapes.PreparedSecondFactor, prepared)
    is_a(shapes.RecoveryCodes, await people.confirms(headers, people.code(prepared.json()["secret"])))
    admin = people.desk.as_account("0" * 16, "administrateur")
    agent = {"email": "j@example.org", "first_name": "Jeanne", "last_name": "Roy", "role": "auditeur"}
    invited = await people.post("/api/backoffice/agents", agent, admin)
    is_a(shapes.Agent, invited)
    is_a(shapes.Agents, await people.get("/api/backoffice/agents", admin))


def test_every_call_of_the_contract_that_answers_something_says_what() -> None:
    document = application(SERVICE).openapi()
    silent = [
        f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if not {"204"} & operation["responses"].keys()
        and not any(
            "$ref" in str(answer.get("content")) for code, answer in operation["responses"].items() if code < "3"
        )
    ]
    # Composed by the gateway, which describes them; the audit doors are the kernel's.
    assert [call for call in silent if "/audit" not in call] == ["GET /api/me", "GET /api/me/export"]
