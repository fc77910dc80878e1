"""Agents and démarches, for those who administer the portal."""

from gateway.pages.house import Pages

ROOM: tuple[Pages, ...] = ()
