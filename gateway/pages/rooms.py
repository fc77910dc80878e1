"""The pages of the house, room by room."""

from __future__ import annotations

from typing import Final

from gateway.pages import account, administration, applicant, audit, desk, federation, filing, public
from gateway.pages.house import Pages

ROOMS: Final[tuple[Pages, ...]] = (
    *public.ROOM,
    *account.ROOM,
    *federation.ROOM,
    *filing.ROOM,
    *applicant.ROOM,
    *desk.ROOM,
    *administration.ROOM,
    *audit.ROOM,
)
