"""Guichet with a real FranceConnect and a real ProConnect, both on loopback, shared by the tests of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.oidc_provider.process import MISSING, OidcProvider, install
from tests.support.federation import SIRET, Office, address_of, client_of, office
from tests.support.town import free_socket


@dataclass
class Abroad:
    """The office and the two providers it has a contract with."""

    office: Office
    franceconnect: OidcProvider
    proconnect: OidcProvider


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if MISSING:
        pytest.skip(f"{' and '.join(MISSING)} cannot be found on this machine")
    return install(tmp_path_factory.mktemp("oidc"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def abroad(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Abroad]:
    own = free_socket()
    url = address_of(own)
    with OidcProvider(installed, "franceconnect", url) as fc, OidcProvider(installed, "proconnect", url) as pc:
        settings = client_of("franceconnect", fc.issuer) | client_of("proconnect", pc.issuer)
        async with office(
            tmp_path_factory.mktemp("office"), url, own, proconnect_sirets=f"1, {SIRET}", **settings
        ) as found:
            yield Abroad(found, fc, pc)
