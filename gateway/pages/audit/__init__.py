"""History as an auditor reads and verifies it."""

from gateway.pages.house import Pages

ROOM: tuple[Pages, ...] = ()
