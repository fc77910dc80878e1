"""Serving the contract: `/api/openapi.json`, `/api/asyncapi.json`, `/api/docs`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from pydantic_core import from_json
from starlette.responses import Response

from gateway.contract.reading import sections
from gateway.pages.site import Site, query
from gateway.visits import Visit

NAMES: Final[Mapping[str, str]] = {
    "identity": "comptes et sessions",
    "dossiers": "démarches et demandes",
    "discussion": "discussions",
    "files": "documents",
    "back-office": "instruction et administration",
    "audit": "audit",
    "gateway": "contrats",
}


class Publication:
    """The documents as they were generated; read once, when the gateway is built."""

    def __init__(self, site: Site) -> None:
        folder = files("gateway.contract")
        self._openapi = folder.joinpath("openapi.json").read_bytes()
        self._asyncapi = folder.joinpath("asyncapi.json").read_bytes()
        self._site = site
        document = from_json(self._openapi)
        self._info, self._sections = document["info"], sections(document)

    async def openapi(self, visit: Visit) -> Response:
        """OpenAPI 3.1."""
        return Response(self._openapi, media_type="application/json")

    async def asyncapi(self, visit: Visit) -> Response:
        """AsyncAPI 3: what other systems can listen to."""
        return Response(self._asyncapi, media_type="application/json")

    async def documentation(self, visit: Visit) -> Response:
        """The same, for people: what there is, or one theme whole (`?theme=`)."""
        topic = query(visit).get("theme", "")
        return self._site.page(
            visit,
            "docs.html",
            info=self._info,
            names=NAMES,
            sections=self._sections,
            topic=topic,
            calls=self._sections.get(topic),
        )
