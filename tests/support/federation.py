"""The real gateway before the real identity, in one process, and a browser that goes from one site to another."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import SecretStr

from gateway.main import Gateway
from gateway.protocol import BoundedProtocol
from gateway.routes import SERVICES
from gateway.settings import GatewaySettings
from kernel.clock import Clock, system_clock
from kernel.runtime.app import application
from services.identity.main import SERVICE
from tests.oidc_provider.process import CLIENT_ID, CLIENT_SECRET
from tests.support.people import CHEAP, PASSWORD, People
from tests.support.service import Desk, serving
from tests.support.stack import elsewhere
from tests.support.town import free_socket, listening

SIRET = "22450001800013"
HTML = {"Accept": "text/html,application/xhtml+xml"}
HOPS = 20
_TOKEN = re.compile(r'name="jeton" value="([0-9a-f]+)"')


def client_of(name: str, issuer: str) -> dict[str, Any]:
    """The settings of identity for one provider."""
    return {f"{name}_issuer": issuer, f"{name}_client_id": CLIENT_ID, f"{name}_client_secret": CLIENT_SECRET}


@dataclass
class Browser:
    """One browser, at an address of its own: its cookies by site, and no redirect followed unless told."""

    home: str
    elsewhere: Mapping[str, str] = field(default_factory=elsewhere)
    jars: dict[str, httpx.Cookies] = field(default_factory=dict)

    @property
    def token(self) -> str:
        """The session it holds here."""
        return str(self.jars[urlsplit(self.home).netloc]["guichet"])

    async def get(self, url: str, **headers: str) -> httpx.Response:
        """One request, one answer."""
        return await self._send("GET", url, headers)

    async def post(self, url: str, form: Mapping[str, str], **headers: str) -> httpx.Response:
        """A form is posted."""
        return await self._send("POST", url, {"Sec-Fetch-Site": "same-origin"} | headers, form)

    async def follow(self, url: str, *, until: str = "") -> httpx.Response:
        """GET and follow, as browsers do, until an answer is no redirect, or its address begins with `until`."""
        answer = await self.get(url)
        for _ in range(HOPS):
            target = urljoin(str(answer.request.url), answer.headers.get("location", ""))
            if answer.status_code not in (302, 303) or (until and target.startswith(until)):
                return answer
            answer = await self.get(target)
        raise AssertionError("it never ends")

    def forgets(self, origin: str) -> None:
        """Its cookies of one site are gone, and the session they held there."""
        self.jars.pop(urlsplit(origin).netloc, None)

    async def submit(self, page: httpx.Response, to: str, /, **fields: str) -> httpx.Response:
        """Fill in a form of one of our pages."""
        token = _TOKEN.search(page.text)
        assert token is not None, page.text
        return await self.post(to, {"jeton": token[1]} | fields)

    async def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """The API, as a script of our own pages would call it."""
        headers = {"Accept": "application/json", "Sec-Fetch-Site": "same-origin"} | dict(self.elsewhere)
        jar = self.jars.setdefault(urlsplit(self.home).netloc, httpx.Cookies())
        async with httpx.AsyncClient(cookies=jar, verify=False, timeout=20) as client:
            answer = await client.request(method, urljoin(self.home, path), headers=headers, json=body)
            self.jars[urlsplit(self.home).netloc] = client.cookies
        return answer

    async def signs_in(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        """With an address and a password; the account."""
        answer = await self.call("POST", "/api/sessions", {"email": email, "password": password})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()["account"]
        return found

    async def me(self) -> dict[str, Any] | None:
        """`GET /api/me`, or None without a session."""
        answer = await self._send("GET", "/api/me", {"Accept": "application/json"})
        if answer.status_code == 401:
            return None
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def _send(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> httpx.Response:
        whole = urljoin(self.home, url)
        jar = self.jars.setdefault(urlsplit(whole).netloc, httpx.Cookies())
        async with httpx.AsyncClient(cookies=jar, verify=False, timeout=20) as client:
            answer = await client.request(method, whole, headers=HTML | dict(self.elsewhere) | dict(headers), data=form)
            self.jars[urlsplit(whole).netloc] = client.cookies
        return answer


@dataclass
class Office:
    """Both processes. `people` calls identity past the gateway."""

    url: str
    desk: Desk

    @property
    def people(self) -> People:
        """Who signs up and in by password."""
        return People(self.desk)

    async def joins(self, email: str, first_name: str = "Ada", last_name: str = "Martin") -> str:
        """Somebody has an account with a password; its id."""
        people = self.people
        assert (await people.sign_up(email, first_name=first_name, last_name=last_name)).status_code == 202
        answer = await people.activate((await people.mailed())[-1])
        assert answer.status_code == 200, answer.text
        return str(answer.json()["account_id"])

    async def hires(self, email: str, role: str = "instructeur") -> str:
        """An agent is invited, or a role given; his id."""
        body = {"email": email, "first_name": "Claire", "last_name": "Moreau", "role": role}
        services = ["education"] if role == "instructeur" else []
        headers = self.desk.as_service("console", "operate")
        answer = await self.people.post("/internal/agents", body | {"services": services}, headers)
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["id"])

    def browser(self) -> Browser:
        """Somebody's browser, its cookies empty."""
        return Browser(self.url)

    async def facts(self, account: str) -> list[str]:
        """What was recorded of an account, by name."""
        history = await self.desk.run.store.read(f"identity.account-{account}")
        return [fact.type for fact in history]


@asynccontextmanager
async def office(
    directory: Path, url: str, own: Any, *, clock: Clock = system_clock, **settings: Any
) -> AsyncIterator[Office]:
    """Identity and the gateway, which listens on the socket `own` at `url`."""
    sockets = {name: free_socket() for name in SERVICES}
    addresses = {f"{name}_url": "http://{}:{}".format(*each.getsockname()) for name, each in sockets.items()}
    async with AsyncExitStack() as stack:
        for each in (*sockets.values(), own):
            stack.callback(each.close)
        desk = await stack.enter_async_context(
            serving(SERVICE, directory, clock=clock, public_url=url, **(CHEAP | settings))
        )
        chosen: dict[str, Any] = {
            "public_url": url,
            "signing_key": SecretStr(desk.keys["gateway"]),
            "trust": directory / "trust",
            "trusted_proxies": "127.0.0.1",
            "secret": SecretStr("5a" * 32),
            **addresses,
            **{name: value for name, value in settings.items() if name.endswith(("_issuer", "_sirets"))},
        }
        gateway = Gateway(GatewaySettings(**chosen))
        await stack.enter_async_context(listening(application(SERVICE, desk.run), sockets["identity"]))
        await stack.enter_async_context(listening(gateway, own, lifespan="on", http=BoundedProtocol))
        yield Office(url, desk)


def address_of(own: Any) -> str:
    """Where a socket of `free_socket` will answer."""
    return "http://{}:{}".format(*own.getsockname())
