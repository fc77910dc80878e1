"""The workload every contestant runs: a demande is opened and moved nine times, six fields an event, fsync each."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

NAMESPACE = uuid5(NAMESPACE_URL, "urn:guichet:bench")
COMMANDS_PER_AGGREGATE = 10


@dataclass(frozen=True)
class Sample:
    """One run: commands a second, and every wait in seconds, sorted."""

    rate: float
    waits: list[float]

    def percentile(self, share: float) -> float:
        """A wait in milliseconds."""
        return self.waits[min(len(self.waits) - 1, int(len(self.waits) * share))] * 1000


def demande_ids(clients: int, aggregates: int) -> list[list[str]]:
    """Each client's share of the ids, the same in every run."""
    ids = [uuid5(NAMESPACE, str(number)).hex for number in range(aggregates)]
    return [ids[client::clients] for client in range(clients)]
