"""History as an auditor reads it: search, the story of a demande, time travel, verification, replay."""

from gateway.pages.audit import demande, events, replays, search, stream, verification

ROOM = (search.pages, events.pages, demande.pages, stream.pages, verification.pages, replays.pages)
