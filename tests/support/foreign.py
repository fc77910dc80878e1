"""Facts of another service, handed to a read model as its feed would."""

from __future__ import annotations

from itertools import count
from uuid import uuid4

from kernel.clock import system_clock
from kernel.envelope import Context, Recorded
from kernel.events import Event
from kernel.feed import FeedPage
from kernel.runtime.runtime import Runtime

_positions = count(1)


def recorded(fact: Event, ctx: Context | None = None) -> Recorded:
    """A fact as a follower receives it, at the next position."""
    position = next(_positions)
    who = ctx or Context("account:somebody", uuid4(), "f", "correlation")
    return Recorded(
        source=fact.origin,
        position=position,
        stream=f"{fact.origin}.any-{fact.routed_to}",
        version=position,
        id=uuid4(),
        type=fact.wire_name,
        schema=fact.wire_version,
        at=system_clock(),
        meta=who.meta(),
        event=fact,
        route=fact.routed_to,
        public=True,
        previous=position - 1,
    )


async def tell(run: Runtime, projection: str, *facts: Event) -> None:
    """Have a read model fold facts of another service."""
    for fact in facts:
        received = recorded(fact)
        model = run.projectors[projection].live
        await model.apply(received.source, FeedPage([received], received.position, "epoch"))
