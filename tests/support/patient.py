"""Clients that behave when something breaks: they try again, a command under the same Idempotency-Key."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import httpx

from console.demo.narration import Narrator
from console.demo.portal import Answer, Mail, Mailbox, Portal
from tests.support.stack import Stack

PATIENCE = 60.0
LONGEST_ANSWER = 15.0
PAUSE, LONGEST_PAUSE = 0.1, 1.0
TRY_AGAIN = (429, 502, 503, 504)


class PatientPortal(Portal):
    """What the contract expects of a client: a 503, a 429 or a broken connection is tried again, ever more slowly.

    An answer that takes longer than `LONGEST_ANSWER` is a fault of its own.
    """

    tries = 0

    def signed_in(self, token: str) -> PatientPortal:
        return PatientPortal(self.url, token, self.client)

    def call(self, method: str, path: str, *, expect: int | tuple[int, ...] = 200, **arguments: Any) -> Answer:
        wanted = expect if isinstance(expect, tuple) else (expect,)
        headers = {"Idempotency-Key": uuid.uuid4().hex} | dict(arguments.pop("headers", {}))
        deadline, pause = time.monotonic() + PATIENCE, PAUSE
        while True:
            began = time.monotonic()
            try:
                answer = super().call(method, path, expect=(*wanted, *TRY_AGAIN), headers=headers, **arguments)
            except httpx.TransportError:
                answer = None
            took = time.monotonic() - began
            assert took < LONGEST_ANSWER, f"{method} {path} took {took:.1f} s"
            if answer is not None and (answer.status in wanted or time.monotonic() > deadline):
                return answer
            assert time.monotonic() < deadline, f"{method} {path} never came through"
            PatientPortal.tries += 1
            time.sleep(pause)
            pause = min(1.3 * pause, LONGEST_PAUSE)


class PatientMailbox(Mailbox):
    """A mailbox that may be away."""

    def wait(self, to: str, matching: Callable[[Mail], bool]) -> Mail:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return super().wait(to, matching)
            except (httpx.TransportError, KeyError):
                assert time.monotonic() < deadline, f"no mail for {to}"
                time.sleep(PAUSE)


class Saboteur(Narrator):
    """Does a `deed` in the middle of the first step whose text begins so, for each of `moments`, that long after.

    The deed is told the moment; the seconds count from the step's beginning.
    """

    def __init__(self, moments: dict[str, float], deed: Callable[[str], None]) -> None:
        super().__init__(StringIO())
        self._moments, self._deed = dict(moments), deed
        self._threads: list[threading.Thread] = []
        self.failures: list[BaseException] = []

    @contextmanager
    def step(self, text: str) -> Iterator[list[str]]:
        moment = next((moment for moment in self._moments if text.startswith(moment)), None)
        if moment is not None:
            thread = threading.Thread(target=self._strike, args=(moment, self._moments.pop(moment)))
            self._threads.append(thread)
            thread.start()
        with super().step(text) as details:
            yield details

    def done(self) -> None:
        """Wait for the last deed; AssertionError when one of them was not done."""
        for thread in self._threads:
            thread.join()
        assert self.failures == []
        assert self._moments == {}, "the journey has no such step"

    def _strike(self, moment: str, delay: float) -> None:
        try:
            time.sleep(delay)
            self._deed(moment)
        except BaseException as failure:
            self.failures.append(failure)


def patient(stack: Stack) -> PatientPortal:
    """The public API for somebody without a session."""
    return PatientPortal(stack.urls["gateway"], None, stack.client())


def patient_mailbox(stack: Stack) -> PatientMailbox:
    """Where its mails arrive."""
    return stack.keep(PatientMailbox(stack.urls["mailbox"]))
