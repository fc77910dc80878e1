"""From bytes to a verdict: quarantine, inspection, antivirus, clean bucket. Every step can be taken again.

A repetition of the same command goes on where the first attempt stopped, and answers the same once it has a verdict.
"""

from __future__ import annotations

from kernel.db import Tx
from kernel.envelope import Commit, Context, Recorded
from kernel.errors import Kind, Refused, unavailable
from kernel.runtime.runtime import Runtime
from services.files.aggregate import StoredFile, accept, receive, reject, stored_file
from services.files.commands import AcceptFile, ReceiveFile, RejectFile
from services.files.ports import (
    Antivirus,
    BlobConflict,
    BlobStore,
    BlobUnavailable,
    Infected,
    Rejection,
    Unavailable,
    Vetting,
    VettingUnavailable,
)
from services.files.vetting.names import safe_name
from services.files.vetting.refusals import Reason, Unfit

KINDS = {"unsupported-type": Kind.UNSUPPORTED, "too-large": Kind.TOO_LARGE}
STATE_DDL = "CREATE TABLE IF NOT EXISTS quarantined(file TEXT PRIMARY KEY, since TEXT NOT NULL);"


async def take_in(run: Runtime, command: ReceiveFile, data: bytes, ctx: Context) -> Commit:
    """Receive a file and give a verdict: the commit that carries it.

    Raises Refused: the refusal of vetting, or `unavailable` when the store or the inspection cannot be had.
    """
    first = await run.handle(stored_file, command.file, receive, command, ctx)
    state, history = await run.load(stored_file, command.file)
    if state.status != "received":
        return _again(first, state, history[-1])
    verdict = ctx.step("verdict")
    try:
        await quarantine(run, state, data)
        return await judge(run, state, command, data, verdict)
    except (BlobUnavailable, VettingUnavailable):
        raise unavailable() from None
    except BlobConflict:
        # The key derives from the command, whose fingerprint covers the bytes: only a damaged store comes here.
        raise unavailable() from None


async def quarantine(run: Runtime, state: StoredFile, data: bytes) -> None:
    """Put the bytes where nobody reads them, and remember that they are there."""

    def remember(tx: Tx) -> None:
        tx.run(
            "INSERT INTO quarantined VALUES(:file, :since) ON CONFLICT DO NOTHING",
            file=state.id,
            since=run.clock().isoformat(),
        )

    await run.state.write(remember)
    await run.port(BlobStore).put("quarantine", state.id, data, "application/octet-stream", state.sha256)


async def judge(run: Runtime, state: StoredFile, command: ReceiveFile, data: bytes, ctx: Context) -> Commit:
    """Inspect, scan, promote or refuse. Raises Refused for a file that is refused."""
    verdict = await run.port(Vetting).vet(data, command.declared_type, command.name)
    if isinstance(verdict, Rejection):
        await refuse(run, state, verdict, ctx)
    assert not isinstance(verdict, Rejection)
    scan = await run.port(Antivirus).scan(data)
    if isinstance(scan, Infected):
        await refuse(run, state, Unfit(Reason.INFECTED).rejection, ctx)
    pending = isinstance(scan, Unavailable)
    if not pending:
        await run.port(BlobStore).promote(state.id, verdict.media_type, state.sha256)
    name = safe_name(command.name, verdict.media_type)
    accepted = AcceptFile(media_type=verdict.media_type, name=name, pending=pending)
    commit = await run.handle(stored_file, state.id, accept, accepted, ctx)
    if not pending:
        await release(run, state.id)
    return commit


async def refuse(run: Runtime, state: StoredFile, rejection: Rejection, ctx: Context) -> None:
    """Record a refusal, leave nothing behind, and raise it."""
    command = RejectFile(slug=rejection.slug, reason=rejection.reason, hint=rejection.hint)
    await run.handle(stored_file, state.id, reject, command, ctx)
    await release(run, state.id)
    raise _refused(rejection.slug, rejection.hint)


async def release(run: Runtime, file: str) -> None:
    """Empty the quarantine of a file. When the store is away now, upkeep does it later."""
    try:
        await run.port(BlobStore).delete("quarantine", file)
    except BlobUnavailable:
        return
    await run.state.write(lambda tx: tx.run("DELETE FROM quarantined WHERE file=:file", file=file))


def _refused(slug: str, hint: str) -> Refused:
    return Refused(KINDS.get(slug, Kind.INVALID), slug, hint)


def _again(first: Commit, state: StoredFile, last: Recorded) -> Commit:
    if state.status == "rejected":
        raise _refused(state.refused_as, state.hint)
    # The verdict is part of what the command did: readers wait for it, not only for the reception.
    public = last.position if last.public else last.previous
    return Commit(first.stream, last.version, last.position, public, True, first.events)
