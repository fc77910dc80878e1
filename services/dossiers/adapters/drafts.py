"""Drafts being typed: in `state`, sealed under the demande's key, gone when the draft is filed or discarded.

A draft has a version of its own, which counts the times it was saved.
"""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass

from pydantic_core import to_json

from kernel.clock import rfc3339
from kernel.db import Row, Tx
from kernel.envelope import Context
from kernel.errors import Kind, Refused, stale
from kernel.runtime.runtime import Runtime
from services.dossiers.aggregate.drafting import Content

STATE_DDL = """
CREATE TABLE IF NOT EXISTS draft(demande TEXT PRIMARY KEY, owner TEXT NOT NULL, demarche TEXT NOT NULL,
  reference TEXT NOT NULL, version INTEGER NOT NULL, updated_at TEXT NOT NULL, content TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS draft_by_age ON draft(updated_at);
CREATE INDEX IF NOT EXISTS draft_of ON draft(owner);
CREATE TABLE IF NOT EXISTS draft_save(command TEXT PRIMARY KEY, demande TEXT NOT NULL, fingerprint TEXT NOT NULL,
  version INTEGER NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS draft_save_of ON draft_save(demande);
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft as it was last saved. `updated_at` is RFC 3339."""

    demande: str
    owner: str
    demarche: str
    reference: str
    version: int
    updated_at: str
    content: Content


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save came to; `replayed` when this very command had saved before."""

    version: int
    at: str
    replayed: bool = False


async def find(run: Runtime, demande: str) -> Draft | None:
    """A draft, or None when there is none (any more)."""
    rows = await run.state.read("SELECT * FROM draft WHERE demande=:demande", demande=demande)
    return _opened(run, rows[0]) if rows else None


async def begin(run: Runtime, draft: Draft) -> None:
    """Keep a new draft; one that is there already is left alone. Its key is durable first."""
    sealed = await _sealed(run, draft.demande, draft.version, draft.content)

    def work(tx: Tx) -> None:
        tx.run(
            "INSERT INTO draft VALUES(:demande, :owner, :demarche, :reference, :version, :at, :content)"
            " ON CONFLICT(demande) DO NOTHING",
            demande=draft.demande,
            owner=draft.owner,
            demarche=draft.demarche,
            reference=draft.reference,
            version=draft.version,
            at=draft.updated_at,
            content=sealed,
        )

    await run.state.write(work)


async def save(run: Runtime, draft: Draft, content: Content, ctx: Context, *, remember: bool) -> Saved:
    """Replace the content. Raises Refused(stale-version) when somebody saved since `draft` was read.

    `remember`: the command carries a key, and may come again.
    """
    version, at = draft.version + 1, rfc3339(run.clock())
    sealed = await _sealed(run, draft.demande, version, content)

    def work(tx: Tx) -> Saved:
        changed = tx.run(
            "UPDATE draft SET version=:version, updated_at=:at, content=:content WHERE demande=:demande"
            " AND version=:before RETURNING version",
            version=version,
            at=at,
            content=sealed,
            demande=draft.demande,
            before=draft.version,
        )
        if not changed:
            raise stale("Ce brouillon vient d'être modifié ailleurs. Rechargez-le, puis recommencez.")
        if not remember:
            return Saved(version, at)
        tx.run(
            "INSERT INTO draft_save VALUES(:command, :demande, :fingerprint, :version, :at) ON CONFLICT DO NOTHING",
            command=str(ctx.command_id),
            demande=draft.demande,
            fingerprint=ctx.fingerprint,
            version=version,
            at=at,
        )
        return Saved(version, at)

    return await run.state.write(work)


async def saved_before(run: Runtime, ctx: Context) -> Saved | None:
    """What this very command saved. Raises Refused(idempotency-mismatch) when its key meant something else."""
    rows = await run.state.read("SELECT * FROM draft_save WHERE command=:command", command=str(ctx.command_id))
    if not rows:
        return None
    if rows[0]["fingerprint"] != ctx.fingerprint:
        detail = "Cette clé d'idempotence a déjà servi pour une autre demande. Utilisez une nouvelle clé."
        raise Refused(Kind.INVALID, "idempotency-mismatch", detail)
    return Saved(rows[0]["version"], rows[0]["at"], replayed=True)


async def remove(run: Runtime, demande: str) -> None:
    """Forget what was typed."""

    def work(tx: Tx) -> None:
        tx.run("DELETE FROM draft WHERE demande=:demande", demande=demande)
        tx.run("DELETE FROM draft_save WHERE demande=:demande", demande=demande)

    await run.state.write(work)


async def erase(run: Runtime, demande: str) -> None:
    """Forget a draft for ever, with the key it was sealed under."""
    await remove(run, demande)
    await asyncio.to_thread(run.codec.vault.destroy, f"demande:{demande}")


async def untouched_since(run: Runtime, at: str) -> list[str]:
    """The drafts nobody has changed since an instant."""
    rows = await run.state.read("SELECT demande FROM draft WHERE updated_at<:at ORDER BY updated_at LIMIT 500", at=at)
    return [str(row["demande"]) for row in rows]


async def last_changes(run: Runtime, owner: str) -> dict[str, str]:
    """When each draft of an account was last saved."""
    rows = await run.state.read("SELECT demande, updated_at FROM draft WHERE owner=:owner", owner=owner)
    return {row["demande"]: row["updated_at"] for row in rows}


async def _sealed(run: Runtime, demande: str, version: int, content: Content) -> str:
    vault = run.codec.vault
    token = vault.seal(f"demande:{demande}", to_json(content), _binding(demande, version))
    await asyncio.to_thread(vault.flush)
    return base64.b64encode(token).decode() if token is not None else ""


def _opened(run: Runtime, row: Row) -> Draft:
    content = Content()
    if row["content"]:
        token = base64.b64decode(row["content"])
        plain = run.codec.vault.open(f"demande:{row['demande']}", token, _binding(row["demande"], row["version"]))
        content = Content() if plain is None else Content.model_validate_json(plain)
    known = {name: row[name] for name in ("demande", "owner", "demarche", "reference", "version", "updated_at")}
    return Draft(**known, content=content)


def _binding(demande: str, version: int) -> bytes:
    # A ciphertext belongs to one draft and one version of it.
    return f"draft/{demande}/{version}".encode()
