"""Filing a demande, step by step."""

from gateway.pages.house import Pages

ROOM: tuple[Pages, ...] = ()
