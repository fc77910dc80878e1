"""The working desk of those who instruct demandes."""

from gateway.pages.house import Pages

ROOM: tuple[Pages, ...] = ()
