"""A message claims its files; what is abandoned goes; what waited for the antivirus is looked at again."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from kernel.clock import rfc3339
from kernel.envelope import Recorded
from kernel.errors import Refused
from kernel.reactor import Reactor
from kernel.runtime.runtime import Runtime
from services.discussion.events import MessagePosted
from services.files.aggregate import claim, expire, stored_file
from services.files.api.intake import judge, release
from services.files.commands import ClaimFile, ExpireFile, ReceiveFile
from services.files.ports import BlobStore, BlobUnavailable, VettingUnavailable
from services.files.projections import file_card

ROUND = 300.0
ABANDONED = timedelta(hours=24)
SETTLED = timedelta(minutes=5)
log = logging.getLogger(__name__)

claims: Reactor[Runtime] = Reactor("claims")


@claims.on(MessagePosted)
async def _posted(run: Runtime, fact: MessagePosted, recorded: Recorded) -> None:
    for file in fact.attachments:
        ctx = run.reaction(recorded, "claims").step(file)
        await run.handle(stored_file, file, claim, ClaimFile(message=fact.message), ctx)


async def upkeep(run: Runtime) -> None:
    """Every five minutes, for ever: expire, scan again, empty the quarantine of what has its verdict."""
    while True:
        await expire_abandoned(run)
        await scan_again(run)
        await empty_quarantine(run)
        await asyncio.sleep(ROUND)


async def expire_abandoned(run: Runtime) -> None:
    """Give up files that no message carries after a day. The fact comes first: deleting can be repeated."""
    db = await run.view(file_card.projection)
    for card in await file_card.abandoned(db, rfc3339(run.clock() - ABANDONED)):
        file = card["id"]
        ctx = run.own_initiative("expire", key=file)
        commit = await run.handle(stored_file, file, expire, ExpireFile(), ctx)
        if commit.events:
            await _forget_bytes(run, file)


async def scan_again(run: Runtime) -> None:
    """Ask for the antivirus verdict that could not be had before."""
    db = await run.view(file_card.projection)
    for card in await file_card.pending(db):
        state, _ = await run.load(stored_file, card["id"])
        try:
            data = await run.port(BlobStore).get("quarantine", state.id, state.sha256)
            if data is None:
                continue
            command = ReceiveFile(
                file=state.id,
                demande=state.demande,
                sender=state.sender,
                name=card["name"],
                declared_type=card["media_type"],
                size=state.size,
                sha256=state.sha256,
                requested_document=state.requested_document,
            )
            await judge(run, state, command, data, run.own_initiative("scan"))
        except Refused as refusal:
            log.info("file %s: %s", state.id, refusal.slug)
        except (BlobUnavailable, VettingUnavailable):
            return


async def empty_quarantine(run: Runtime) -> None:
    """Delete the quarantined bytes of files that have their verdict, after a crash or an outage kept them."""
    before = (run.clock() - SETTLED).isoformat()
    for row in await run.state.read("SELECT file FROM quarantined WHERE since<:before LIMIT 500", before=before):
        state, _ = await run.load(stored_file, row["file"])
        if state.status in ("clean", "rejected", "expired"):
            await release(run, row["file"])
        if state.status == "expired":
            await _forget_bytes(run, row["file"])


async def _forget_bytes(run: Runtime, file: str) -> None:
    try:
        await run.port(BlobStore).delete("clean", file)
    except BlobUnavailable:
        log.warning("the bytes of %s stay until the store is back", file)
    await release(run, file)
