"""Commands a second through the EventStoreDB adapter, against the protocol double, next to the embedded store.

    python -m bench.esdb [--aggregates 100] [--rounds 3]

The double is no EventStoreDB: these figures say what the adapter costs, not what a cluster gives.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

import uvloop

from bench.es_ours import replay_rate, run_commands
from bench.es_workload import COMMANDS_PER_AGGREGATE, Sample
from bench.report import machine, publish, spread, table
from tests.esdb_server.process import EsdbServer

CLIENTS = (1, 16, 64)


def main() -> None:
    """Run the rounds, interleaved, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--aggregates", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    rates: dict[str, list[Sample]] = defaultdict(list)
    replays: dict[str, list[float]] = defaultdict(list)
    for number in range(chosen.rounds + 1):
        for clients in CLIENTS:
            for store in ("sqlite", "esdb"):
                sample, replay = _run(store, clients, chosen.aggregates)
                if number:
                    rates[f"{store}/{clients}"].append(sample)
                    replays[store].append(replay)
    publish("esdb", _report(rates, replays, chosen.rounds, chosen.aggregates))


def _run(store: str, clients: int, aggregates: int) -> tuple[Sample, float]:
    with tempfile.TemporaryDirectory(prefix="guichet-bench-") as name:
        directory = Path(name)
        if store == "sqlite":
            sample = uvloop.run(run_commands(directory, clients, aggregates))
            return sample, uvloop.run(replay_rate(directory))
        with EsdbServer(directory / "server") as server:
            sample = uvloop.run(run_commands(directory, clients, aggregates, server.uri))
            return sample, uvloop.run(replay_rate(directory, server.uri))


def _report(rates: dict[str, list[Sample]], replays: dict[str, list[float]], rounds: int, aggregates: int) -> str:
    rows = [
        [
            name,
            spread([sample.rate for sample in samples]),
            spread([sample.percentile(0.5) for sample in samples], 2),
            spread([sample.percentile(0.99) for sample in samples], 2),
        ]
        for name, samples in rates.items()
    ]
    read = " · ".join(f"{store} {spread(each)} facts/s" for store, each in replays.items())
    return "\n\n".join(
        [
            "# The EventStoreDB adapter against the protocol double",
            f"{machine()}. {rounds} interleaved rounds after a warm-up, median [least–most]; {aggregates} aggregates of"
            f" {COMMANDS_PER_AGGREGATE} commands, checked after every run. The double shares the processors with the"
            " client, so this is the adapter's cost, not a cluster's rate.",
            table(["store / clients", "commands/s", "p50 ms", "p99 ms"], rows),
            f"Read from the first fact, opened and folded: {read}.",
        ]
    )


if __name__ == "__main__":
    main()
