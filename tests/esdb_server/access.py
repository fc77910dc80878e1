"""Who may do what, where users are configured: everybody known reads, some write, nobody anonymous does anything."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from tests.esdb_server.errors import AccessDenied, NotAuthenticated
from tests.esdb_server.wire import Call


class User(NamedTuple):
    """Somebody with a password."""

    name: str
    password: str
    writes: bool = True

    @classmethod
    def parse(cls, text: str) -> User:
        """From `name:password`."""
        name, _, password = text.partition(":")
        return cls(name, password)


class Access:
    """Basic authentication. Without users, as in the real server's insecure mode, everybody may do everything."""

    def __init__(self, users: list[User]) -> None:
        self._users = {user.name: user for user in users}

    def check(self, call: Call, *, writes: bool = False) -> None:
        """Raises AccessDenied, NotAuthenticated."""
        if not self._users:
            return
        sent = header(call, "authorization")
        if not sent:
            raise AccessDenied
        try:
            name, _, password = base64.b64decode(sent.removeprefix("Basic ")).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name, password = "", ""
        user = self._users.get(name)
        if user is None or user.password != password:
            raise NotAuthenticated("Unauthorized")
        if writes and not user.writes:
            raise AccessDenied


def header(call: Call, name: str) -> str:
    """What the client sent under a name; empty when it sent nothing."""
    for key, value in call.invocation_metadata() or ():
        if key == name:
            return value if isinstance(value, str) else value.decode(errors="replace")
    return ""
