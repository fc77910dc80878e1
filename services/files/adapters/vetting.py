"""`Vetting` by a limited child process a file."""

from __future__ import annotations

import asyncio

from services.files.ports import Verdict
from services.files.vetting import child
from services.files.vetting.kinds import identify
from services.files.vetting.refusals import Unfit

CHILDREN = 2


class ChildVetting:
    """Size, kind, name and type here; everything that parses in a child, at most `children` of them at once."""

    def __init__(self, children: int = CHILDREN, *, program: str = child.PROGRAM) -> None:
        self._places = asyncio.Semaphore(children)
        self._program = program

    async def vet(self, data: bytes, declared_type: str, name: str) -> Verdict:
        try:
            kind = identify(data, declared_type, name)
        except Unfit as unfit:
            return unfit.rejection
        async with self._places:
            return await child.inspect(data, kind.media_type, program=self._program)
