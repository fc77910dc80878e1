"""When silence becomes a decision: both algorithms of L114-5 CRPA, pure.

The time runs from day to day (L231-1, L231-4) and the decision exists once its last day is over. Pieces that are asked
for because the law demands them change it:

- acceptance: the whole time runs again from the day the last piece arrived, and does not run before;
- rejection: the time stands still while the applicant has to bring them, no longer than he is given, and goes on as
  soon as they are there. Where no day was set, nothing stands still.

Closing a discussion gives up what it still awaited: that day counts as the day the file became complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict

from services.dossiers.aggregate.calendar import months_after

Silence = Literal["acceptation", "rejet"]
Progress = Literal["running", "suspended", "waiting", "over"]
Alert = Literal["none", "soon", "urgent", "late"]
SOON, URGENT = 30, 7  # days


class Term(BaseModel):
    """What silence means, after how many months, since which day in Paris."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    silence: Silence
    months: int
    received_on: date


class Request(BaseModel):
    """Pieces one discussion asks for. `due` is None when no day was set, `complete_on` while something is missing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    discussion: str
    asked_on: date
    due: date | None
    missing: tuple[str, ...]
    complete_on: date | None = None

    @property
    def stands_still_until(self) -> date:
        """The day on which the time to reject goes on."""
        ends = [day for day in (self.due, self.complete_on) if day is not None]
        return self.asked_on if self.due is None else max(self.asked_on, min(ends))


def silence_date(term: Term, requests: Iterable[Request] = ()) -> date | None:
    """The day at whose end silence becomes a decision; None while the time does not run.

    What is asked for after that day comes too late to change it.
    """
    ordered = sorted(requests, key=lambda request: request.asked_on)
    return _acceptance(term, ordered) if term.silence == "acceptation" else _rejection(term, ordered)


def progress(term: Term, requests: Iterable[Request], today: date) -> Progress:
    """`waiting` for pieces, or `suspended` for the time they are given; `running` otherwise."""
    asked = list(requests)
    if silence_date(term, asked) is None:
        return "waiting"
    still = any(request.asked_on <= today < request.stands_still_until for request in asked)
    return "suspended" if term.silence == "rejet" and still else "running"


def alert(deadline: date | None, today: date) -> Alert:
    """How soon silence becomes a decision, for the service: a month, a week, already."""
    if deadline is None:
        return "none"
    left = (deadline - today).days
    if left < 0:
        return "late"
    return "urgent" if left <= URGENT else "soon" if left <= SOON else "none"


def _acceptance(term: Term, requests: Sequence[Request]) -> date | None:
    deadline = months_after(term.received_on, term.months)
    for request in requests:
        if request.asked_on > deadline:
            break
        if request.complete_on is None:
            return None
        deadline = max(deadline, months_after(request.complete_on, term.months))
    return deadline


def _rejection(term: Term, requests: Sequence[Request]) -> date:
    deadline = months_after(term.received_on, term.months)
    counted_until = date.min
    for request in requests:
        if request.asked_on > deadline:
            break
        # Two requests at once do not stop the time twice.
        start = max(request.asked_on, counted_until)
        end = request.stands_still_until
        if end > start:
            deadline += timedelta(days=(end - start).days)
            counted_until = end
    return deadline
