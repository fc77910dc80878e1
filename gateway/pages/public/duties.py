"""What the law has a public site say: who answers for it, for personal data, for accessibility."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from gateway.pages.house import House, Page, Pages
from gateway.visits import Visit

pages = Pages()

TEXTS: Final = {
    "/contact": "public/contact.html",
    "/confidentialite": "public/privacy.html",
    "/accessibilite": "public/accessibility.html",
    "/mentions-legales": "public/legal_notice.html",
    "/plan-du-site": "public/site_map.html",
}


def _text(template: str) -> Page:
    async def show(house: House, visit: Visit) -> Response:
        return house.site.page(visit, template)

    return show


for path, template in TEXTS.items():
    pages.get(path)(_text(template))
