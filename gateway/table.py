"""The public table: the API and the pages. The authorisation matrix is read from it."""

from __future__ import annotations

from typing import Final

from gateway.pages.rooms import ROOMS
from gateway.routes import API, Route

ROUTES: Final[tuple[Route, ...]] = (*API, *(route for room in ROOMS for route in room.routes))
