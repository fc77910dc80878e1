"""Somebody who comes by FranceConnect to the whole of Guichet, every process real."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from console import ports
from tests.oidc_provider.process import OidcProvider
from tests.support.federation import Browser, client_of
from tests.support.residents import GRANT
from tests.support.stack import Stack

pytestmark = pytest.mark.journey
EMAIL = "angela.dubois@example.org"


@pytest.fixture(scope="module")
def whole(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, OidcProvider]]:
    port = ports.fixed("GUICHET_PORT", 0, {})
    with OidcProvider(installed, "franceconnect", f"http://127.0.0.1:{port}") as provider:
        told = {f"GUICHET_{name.upper()}": value for name, value in client_of("franceconnect", provider.issuer).items()}
        stack = Stack(tmp_path_factory.mktemp("whole") / "data", "--demo", **told)
        stack._gateway = port
        try:
            yield stack.start(), provider
        finally:
            stack.close()


async def test_from_the_button_to_a_demande_and_away(whole: tuple[Stack, OidcProvider]) -> None:
    stack, provider = whole
    provider.next("angela", given_name="Angela", family_name="DUBOIS", birthdate="1962-08-24", email=EMAIL)
    browser = Browser(stack.urls["gateway"])
    page = await browser.get("/connexion?next=/parametres")
    assert "S'identifier avec" in page.text
    assert 'href="/api/franceconnect/login?next=/parametres"' in page.text
    assert "Qu'est-ce que FranceConnect" in page.text
    terms = await browser.follow("/api/franceconnect/login?next=/parametres")
    assert "J'accepte ces conditions" in terms.text
    me = await browser.me() or {}
    assert (await browser.call("POST", "/api/me/terms", {"version": me["terms_to_accept"]})).status_code == 204
    (mail,) = await asyncio.to_thread(stack.mails, EMAIL, 1)
    assert "/adresse/" in mail["text"], "one mail: the address proves itself, and nobody is warned of it"
    settings = await browser.get("/parametres")
    assert "Gérer FranceConnect" in settings.text
    form = (await browser.call("GET", f"/api/demarches/{GRANT}")).json()
    filed = await browser.call("POST", "/api/demandes", demande(form))
    assert filed.status_code == 201, filed.text
    shown = (await browser.call("GET", f"/api/demandes/{filed.json()['id']}")).json()
    assert shown["contact"]["email"] == EMAIL
    assert (shown["contact"]["first_name"], shown["contact"]["last_name"]) == ("Angela", "DUBOIS")
    away = await browser.submit(await browser.get("/deconnexion"), "/deconnexion")
    assert away.headers["location"].startswith(f"{provider.issuer}/session/end?")
    assert await browser.me() is None


async def test_a_provider_that_is_away_leaves_the_password_way_open(whole: tuple[Stack, OidcProvider]) -> None:
    stack, provider = whole
    provider.close()
    browser = Browser(stack.urls["gateway"])
    answer = await browser.get("/api/franceconnect/login")
    assert answer.status_code in (302, 503), "its metadata may still be known"
    agent = await browser.signs_in("instructeur@demo.example.org", "guichet-demo-2026!")
    assert "instructeur" in agent["roles"]
    restarted = stack.pid("identity")
    stack.kill("identity")
    stack.back("identity", restarted)
    refused = await Browser(stack.urls["gateway"]).get("/api/franceconnect/login")
    assert refused.status_code == 503
    assert "FranceConnect ne répond pas" in refused.text
    assert refused.headers["retry-after"] == "60"


def demande(form: dict[str, Any]) -> dict[str, Any]:
    """A demande filled in with the examples of its form."""
    answers = {field["name"]: field["example"] for field in form["fields"] if field.get("example") is not None}
    return {"demarche": form["slug"], "on_behalf_of": {"kind": "self"}, "answers": answers, "submit": True}
