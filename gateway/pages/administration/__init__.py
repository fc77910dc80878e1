"""Agents, services and démarches, for those who administer the portal."""

from gateway.pages.administration import agents, demarches, editor, home

ROOM = (home.pages, agents.pages, demarches.pages, editor.pages)
