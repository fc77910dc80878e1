"""The adapters of `kernel.db`: SQLite beside the process, PostgreSQL when several processes share the work."""

from __future__ import annotations

from pathlib import Path

from kernel.db import Databases

POSTGRES = ("postgresql://", "postgres://")


def open_databases(service: str, url: str, directory: Path) -> Databases:
    """The databases of a service: in `directory` for `sqlite:`, or where a `postgresql://` URL says."""
    if url.startswith(POSTGRES):
        from kernel.databases.postgres import PostgresDatabases

        return PostgresDatabases(service, url, directory)
    from kernel.databases.sqlite import SqliteDatabases

    return SqliteDatabases(directory)
