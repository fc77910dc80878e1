"""Commands a second through `update` on the embedded store, beside the disk's floor and a peer, in one run.

python -m bench.eventstore [--aggregates 1600] [--rounds 5]
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import uvloop

from bench.es_ours import replay_rate, run_commands
from bench.es_peers import run_eventsourcing, run_floor
from bench.es_workload import COMMANDS_PER_AGGREGATE, Sample
from bench.report import machine, publish, spread, table

CLIENTS = (1, 16)


def main() -> None:
    """Run the rounds, interleaved, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--aggregates", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    samples: dict[str, list[Sample]] = defaultdict(list)
    replays: list[float] = []
    peer_settings = ""

    def peer(clients: int, directory: Path) -> Sample:
        nonlocal peer_settings
        sample, peer_settings = run_eventsourcing(directory, clients, chosen.aggregates)
        return sample

    def ours(clients: int, directory: Path) -> Sample:
        sample = uvloop.run(run_commands(directory, clients, chosen.aggregates))
        if clients == CLIENTS[-1]:
            replays.append(uvloop.run(replay_rate(directory)))
        return sample

    contestants: dict[str, Callable[[Path], Sample]] = {
        "floor": lambda directory: run_floor(directory, chosen.aggregates)
    }
    for clients in CLIENTS:
        contestants[f"guichet/{clients}"] = partial(ours, clients)
        contestants[f"eventsourcing/{clients}"] = partial(peer, clients)
    for number in range(chosen.rounds + 1):
        order = list(contestants.items())
        for name, contestant in order if number % 2 else reversed(order):
            with tempfile.TemporaryDirectory(prefix="guichet-bench-") as directory:
                sample = contestant(Path(directory))
            if number:
                samples[name].append(sample)
    if "synchronous=2" not in peer_settings:
        raise SystemExit(f"the peer does not sync every commit ({peer_settings}): not a fair run")
    publish("eventstore", _report(samples, replays, peer_settings, chosen.rounds, chosen.aggregates))


def _report(
    samples: dict[str, list[Sample]], replays: list[float], peer_settings: str, rounds: int, aggregates: int
) -> str:
    def rates(name: str) -> list[float]:
        return [sample.rate for sample in samples[name]]

    def ratio(name: str, other: str) -> str:
        return spread([a / b for a, b in zip(rates(name), rates(other), strict=True)], 2)

    rows = [
        [
            name,
            spread(rates(name)),
            spread([sample.percentile(0.5) for sample in samples[name]], 2),
            spread([sample.percentile(0.99) for sample in samples[name]], 2),
        ]
        for name in ("floor", *(f"{who}/{n}" for n in CLIENTS for who in ("guichet", "eventsourcing")))
    ]
    ratios = [
        ["guichet/16 ÷ floor", ratio("guichet/16", "floor"), "≥ 0.9"],
        ["guichet/16 ÷ eventsourcing/16", ratio("guichet/16", "eventsourcing/16"), "≥ 4"],
        ["guichet/1 ÷ eventsourcing/1", ratio("guichet/1", "eventsourcing/1"), "> 1"],
    ]
    return "\n\n".join(
        [
            "# Commands through the embedded event store",
            f"{machine()}. {rounds} interleaved rounds after a warm-up, median [least–most]; {aggregates} aggregates of"
            f" {COMMANDS_PER_AGGREGATE} commands. Guichet: WAL, synchronous=FULL, metadata, hash chain and sealing on;"
            f" the peer: {peer_settings}. Every run checks that no command was lost, repeated or misplaced.",
            table(["contestant / clients", "commands/s", "p50 ms", "p99 ms"], rows),
            table(["ratio, round by round", "measured", "aim"], ratios),
            f"Replay (read, open the sealed values, fold): {spread(replays)} facts/s.",
        ]
    )


if __name__ == "__main__":
    main()
