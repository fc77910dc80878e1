"""A provider that lies, one lie a test: refused in plain French, never a 500, and nobody is let in."""

from __future__ import annotations

import gzip
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from tests.support import hostile_provider as hostile
from tests.support.federation import Browser, Office, address_of, client_of, office
from tests.support.hostile_provider import Answer, Lie, Provider
from tests.support.town import free_socket, listening

pytestmark = pytest.mark.asyncio(loop_scope="module")
LOGIN = "/api/franceconnect/login"


@dataclass
class Trap:
    """The office, and the only provider it has a contract with."""

    office: Office
    provider: Provider


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trap]:
    own, theirs = free_socket(), free_socket()
    provider = Provider(address_of(theirs))
    settings = client_of("franceconnect", provider.issuer)
    try:
        async with (
            listening(provider, theirs),
            office(tmp_path_factory.mktemp("office"), address_of(own), own, **settings) as found,
        ):
            yield Trap(found, provider)
    finally:
        theirs.close()


@pytest.fixture
def trap(shared: Trap) -> Trap:
    """Honest again; what was published is read anew, and how often it was asked for is forgotten."""
    shared.provider.lie = Lie()
    shared.provider.asked.clear()
    federation: Any = shared.office.desk.run.port(_federation())
    federation._published = {name: type(each)(shared.provider.issuer) for name, each in federation._published.items()}
    return shared


def _federation() -> Any:
    from services.identity.ports import Federation

    return Federation


async def refused(trap: Trap, *statuses: int) -> str:
    """Whoever comes is told so on a page, has no session, and no account was made; the page."""
    facts = trap.office.desk.run.store.head
    browser = trap.office.browser()
    answer = await browser.follow(LOGIN)
    assert answer.status_code in (statuses or (403, 422)), answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>" in answer.text
    assert "Traceback" not in answer.text
    assert await browser.me() is None
    assert not any(cookie.name == "guichet" for jar in browser.jars.values() for cookie in jar.jar)
    assert trap.office.desk.run.store.head == facts
    return answer.text


async def let_in(trap: Trap) -> Browser:
    """Whoever comes is let in."""
    browser = trap.office.browser()
    await browser.follow(LOGIN)
    assert await browser.me() is not None
    return browser


async def test_an_honest_one_lets_people_in(trap: Trap) -> None:
    await let_in(trap)
    trap.provider.lie = Lie(sign=hostile.by_rsa, sign_userinfo=hostile.by_rsa)
    await let_in(trap)


LIES: dict[str, Lie] = {
    "another nonce": Lie(id_token={"nonce": "x" * 43}),
    "no nonce": Lie(id_token={"nonce": None}),
    "a nonce that is no text": Lie(id_token={"nonce": 7}),
    "a nonce that is not ASCII": Lie(id_token={"nonce": "é" * 43}),
    "alg none": Lie(sign=hostile.unsigned),
    "HS256 with the public key": Lie(sign=hostile.by_the_public_key),
    "another key": Lie(sign=hostile.by_another_key),
    "a key in the header": Lie(sign=hostile.by_a_key_in_the_header),
    "a key that is not published": Lie(sign=hostile.of_unknown_kid),
    "no signature": Lie(sign=hostile.cut_off),
    "no token": Lie(sign=lambda provider, claims: "x"),
    "five parts": Lie(sign=lambda provider, claims: "a.b.c.d.e"),
    "an endless token": Lie(sign=lambda provider, claims: provider.signed(claims | {"more": "x" * 20_000})),
    "expired": Lie(id_token={"exp": lambda exp: exp - 120}),
    "no expiry": Lie(id_token={"exp": None}),
    "expiry that is no time": Lie(id_token={"exp": "demain"}),
    "issued an hour ago": Lie(id_token={"iat": lambda iat: iat - 3600}),
    "issued tomorrow": Lie(id_token={"iat": lambda iat: iat + 86_400, "exp": lambda exp: exp + 86_400}),
    "another audience": Lie(id_token={"aud": "somebody-else"}),
    "two audiences": Lie(id_token={"aud": ["guichet", "somebody-else"]}),
    "another authorized party": Lie(id_token={"azp": "somebody-else"}),
    "another issuer": Lie(id_token={"iss": "https://evil.example"}),
    "no issuer": Lie(id_token={"iss": None}),
    "no subject": Lie(id_token={"sub": None}),
    "an empty subject": Lie(id_token={"sub": ""}),
    "an endless subject": Lie(id_token={"sub": "x" * 256}, userinfo={"sub": "x" * 256}),
    "no level": Lie(id_token={"acr": None}),
    "too low a level": Lie(id_token={"acr": "eidas0"}),
    "a level that is a list": Lie(id_token={"acr": ["eidas1"]}),
    "the hash of another access token": Lie(id_token={"at_hash": "x" * 22}),
    "userinfo of somebody else": Lie(userinfo={"sub": "somebody-else"}),
    "a swapped subject": Lie(id_token={"sub": "somebody-else"}),
    "userinfo for somebody else": Lie(userinfo={"aud": "somebody-else"}),
    "userinfo of another issuer": Lie(userinfo={"iss": "https://evil.example"}),
    "userinfo without a subject": Lie(userinfo={"sub": None}),
    "userinfo that expired": Lie(userinfo={"iat": time.time() - 600, "exp": time.time() - 300}),
    "unsigned userinfo": Lie(sign_userinfo=hostile.unsigned),
    "userinfo of another key": Lie(sign_userinfo=hostile.by_another_key),
    "userinfo by the public key": Lie(sign_userinfo=hostile.by_the_public_key),
    "userinfo as JSON": Lie(answers={"/userinfo": Answer(body=b'{"sub": "hostile", "given_name": "Eve"}')}),
    "userinfo that is not ASCII": Lie(answers={"/userinfo": Answer(body="é".encode(), media_type="application/jwt")}),
    "userinfo refused": Lie(answers={"/userinfo": Answer(401, b"{}")}),
    "names that are no names": Lie(
        id_token={"sub": "new"}, userinfo={"sub": "new", "given_name": "<script>alert(1)</script>"}
    ),
    "no names": Lie(id_token={"sub": "new"}, userinfo={"sub": "new", "given_name": None, "family_name": 7}),
    "no id token": Lie(answers={"/token": Answer(body=b'{"access_token": "a", "token_type": "Bearer"}')}),
    "an id token that is a number": Lie(
        answers={"/token": Answer(body=b'{"access_token": "a", "token_type": "Bearer", "id_token": 7}')}
    ),
    "a code that was used": Lie(back={"code": "code-used"}),
    "no code": Lie(back={"code": None}),
    "an error nobody knows": Lie(back={"code": None, "error": "because"}),
    "another state": Lie(back={"state": "x" * 43}),
    "no state": Lie(back={"state": None}),
    "an answer of another issuer": Lie(back={"iss": "https://evil.example"}),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
async def test_a_lie_is_refused(trap: Trap, lie: Lie) -> None:
    trap.provider.lie = lie
    await refused(trap)


BREAKDOWNS: dict[str, Lie] = {
    "the token endpoint fails": Lie(answers={"/token": Answer(500)}),
    "the token endpoint leads elsewhere": Lie(
        answers={"/token": Answer(307, headers={"location": "http://127.0.0.1:1/"})}
    ),
    "the token endpoint speaks no JSON": Lie(answers={"/token": Answer(body=b"<html>")}),
    "the token endpoint answers a list": Lie(answers={"/token": Answer(body=b"[]")}),
    "the token endpoint answers NaN": Lie(answers={"/token": Answer(body=b'{"expires_in": NaN}')}),
    "another type of token": Lie(
        answers={"/token": Answer(body=b'{"access_token": "a", "token_type": "mac", "id_token": "x"}')}
    ),
    "an endless answer": Lie(answers={"/token": Answer(body=b" " * 1_000_000)}),
    "a compressed bomb": Lie(
        answers={"/token": Answer(body=gzip.compress(b" " * 50_000_000), headers={"content-encoding": "gzip"})}
    ),
    "userinfo fails": Lie(answers={"/userinfo": Answer(503)}),
    "userinfo leads elsewhere": Lie(answers={"/userinfo": Answer(302, headers={"location": "http://127.0.0.1:1/"})}),
    "no keys": Lie(answers={"/jwks": Answer(404)}),
    "keys that are none": Lie(answers={"/jwks": Answer(body=b'{"keys": "none"}')}),
}


@pytest.mark.parametrize("lie", BREAKDOWNS.values(), ids=BREAKDOWNS.keys())
async def test_a_provider_that_breaks_down_is_said_to(trap: Trap, lie: Lie) -> None:
    trap.provider.lie = lie
    if "userinfo leads elsewhere" in BREAKDOWNS and lie is BREAKDOWNS["userinfo leads elsewhere"]:
        await refused(trap)
        return
    page = await refused(trap, 503)
    assert "FranceConnect ne répond pas" in page


METADATA: dict[str, Lie] = {
    "fails": Lie(answers={"/.well-known/openid-configuration": Answer(500)}),
    "is no JSON": Lie(answers={"/.well-known/openid-configuration": Answer(body=b"<html>")}),
    "is that of another issuer": Lie(metadata={"issuer": "https://evil.example"}),
    "sends our secret elsewhere": Lie(metadata={"token_endpoint": "http://127.0.0.1:1/token"}),
    "has keys elsewhere": Lie(metadata={"jwks_uri": "https://evil.example/jwks"}),
    "sends people elsewhere": Lie(metadata={"authorization_endpoint": "https://evil.example/authorize"}),
    "has a file for an endpoint": Lie(metadata={"userinfo_endpoint": "file:///etc/passwd"}),
    "has no endpoint": Lie(metadata={"token_endpoint": None}),
    "has an address that is none": Lie(metadata={"end_session_endpoint": "http://[x"}),
}


@pytest.mark.parametrize("lie", METADATA.values(), ids=METADATA.keys())
async def test_nobody_leaves_when_what_is_published(trap: Trap, lie: Lie) -> None:
    trap.provider.lie = lie
    await refused(trap, 503)
    assert "/authorize" not in trap.provider.asked


async def test_a_slow_provider_is_not_waited_for(trap: Trap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.identity.adapters.federation.line.PATIENCE", 1.0)
    trap.provider.lie = Lie(answers={"/token": Answer(pause=30.0)})
    started = time.monotonic()
    await refused(trap, 503)
    assert time.monotonic() - started < 20


async def test_other_keys_are_read_once_they_are_met(trap: Trap) -> None:
    await let_in(trap)
    assert trap.provider.asked["/jwks"] == 1
    trap.provider.rotate()
    await let_in(trap)
    assert trap.provider.asked["/jwks"] == 2
    await let_in(trap)
    assert trap.provider.asked["/jwks"] == 2


async def test_unknown_keys_do_not_make_us_ask_for_ever(trap: Trap) -> None:
    trap.provider.lie = Lie(sign=hostile.of_unknown_kid)
    for _ in range(8):
        await refused(trap)
    assert trap.provider.asked["/jwks"] <= 3


async def test_what_is_published_is_read_once_and_serves_on(trap: Trap) -> None:
    for _ in range(3):
        await let_in(trap)
    assert trap.provider.asked["/.well-known/openid-configuration"] == 1


async def test_a_state_serves_once(trap: Trap) -> None:
    browser = trap.office.browser()
    back = await browser.follow(LOGIN, until=f"{browser.home}/api/franceconnect/callback")
    address = back.headers["location"]
    assert (await browser.get(address)).status_code == 303
    again = await browser.get(address)
    assert again.status_code == 422
    assert "a déjà servi" in again.text


async def test_a_state_is_of_no_use_in_another_browser(trap: Trap) -> None:
    attacker, victim = trap.office.browser(), trap.office.browser()
    back = await attacker.follow(LOGIN, until=f"{attacker.home}/api/franceconnect/callback")
    await victim.get(LOGIN)  # with a sign-in of its own under way
    for browser in (victim, trap.office.browser()):
        answer = await browser.get(back.headers["location"])
        assert answer.status_code == 422
        assert await browser.me() is None


async def test_a_forged_cookie_is_no_browser(trap: Trap) -> None:
    for forged in ("x", "x" * 43 + "=", "../" * 20, "%C3%A9"):
        answer = await trap.office.browser().get(
            "/api/franceconnect/callback?state=x&code=y", Cookie=f"guichet-federation={forged}"
        )
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=",
        "state=a&state=b",
        "code=x&code=y&state=z",
        "state=%ff",
        "state=%00",
        "a=b&" * 60,
        f"state={'x' * 9000}",
    ],
)
async def test_a_callback_that_was_made_up_is_refused(trap: Trap, query: str) -> None:
    browser = trap.office.browser()
    await browser.get(LOGIN)
    answer = await browser.get(f"/api/franceconnect/callback?{query}")
    assert 400 <= answer.status_code < 500
    assert await browser.me() is None


async def test_a_program_gets_problems(trap: Trap) -> None:
    for path in ("/api/franceconnect/callback?state=x&code=y", "/api/proconnect/login", "/api/proconnect/callback"):
        answer = await trap.office.browser().get(path, Accept="application/json")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.status_code in (404, 422)


async def test_without_a_contract_there_is_no_button_and_no_way(trap: Trap) -> None:
    browser = trap.office.browser()
    answer = await browser.get("/api/proconnect/login")
    assert answer.status_code == 404
    assert "ne propose pas ProConnect" in answer.text
