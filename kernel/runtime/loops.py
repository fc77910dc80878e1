"""Loops that live as long as the process: what fails is logged and started again after a growing pause."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from kernel.db import Overtaken
from kernel.errors import Refused
from kernel.feed import EpochChanged

FIRST_PAUSE, LONGEST_PAUSE, LONG_LIFE = 0.5, 15.0, 60.0
log = logging.getLogger(__name__)


async def forever(name: str, run: Callable[..., Awaitable[None]], *arguments: object) -> None:
    """Run, and again when it fails, until it ends by itself."""
    pause = FIRST_PAUSE
    while True:
        started = asyncio.get_running_loop().time()
        try:
            await run(*arguments)
            return
        except EpochChanged as error:
            # Nothing more is folded until a rebuild, which this loop then goes on from.
            log.error("%s waits: %s", name, error)
        except Overtaken as error:
            log.info("%s looks again: %s", name, error)
            pause = FIRST_PAUSE / 2
        except Refused as refusal:
            log.warning("%s stops for a moment: %s", name, refusal.slug)
        except Exception:
            log.exception("%s failed", name)
        lived = asyncio.get_running_loop().time() - started
        pause = FIRST_PAUSE if lived > LONG_LIFE else min(pause * 2, LONGEST_PAUSE)
        await asyncio.sleep(pause)


def loop(name: str, run: Callable[..., Awaitable[None]], *arguments: object) -> asyncio.Task[None]:
    """A task that runs for ever."""
    return asyncio.create_task(forever(name, run, *arguments), name=name)
