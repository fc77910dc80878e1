"""Kills a writing process again and again, and looks each time at what it left: `python -m tests.support.nursery`.

    python -m tests.support.nursery <directory> <kills> <seed>

Each child acknowledges its commands over a pipe until SIGKILL; then the log must hold every acknowledged command
whole and once, its chains must hold, and every sealed value must open. The last line counts what was seen.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

from kernel.audit import Verified
from kernel.events import ERASED, Event
from tests.support.stores import SqliteLab, append
from tests.support.toy import CounterAdded, CounterNamed, context

WRITERS = 6


def facts_of(id: str, number: int) -> list[Event]:
    """One to three facts, the first under a key that may be new."""
    return [
        CounterNamed(counter=id, label=f"label {number}"),
        *(CounterAdded(counter=id, amount=n) for n in range(number % 3)),
    ]


async def live(directory: Path, generation: int, pipe: int) -> None:
    """Write for ever; a line on the pipe for each acknowledged command."""
    store = await SqliteLab(directory).open()

    async def write(writer: int) -> None:
        for number in range(1_000_000):
            id = f"{generation}-{writer}-{number // 4}"
            command = f"{generation}/{writer}/{number}"
            commit = await append(store, id, facts_of(id, number), command)
            os.write(
                pipe, f"{command} {commit.events[0].meta.command} {len(commit.events)} {commit.position}\n".encode()
            )

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))


def killed(directory: Path, generation: int, seconds: float) -> list[str]:
    """One life of a writing process; the lines it acknowledged."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        asyncio.run(live(directory, generation, writing))
    os.close(writing)
    with os.fdopen(reading) as lines:
        acknowledged = [lines.readline()]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        acknowledged += lines.readlines()
    return acknowledged


async def survived(directory: Path, acknowledged: dict[str, tuple[int, int]], unanswered: list[str]) -> int:
    """Check the log against every acknowledgement, and ask again what got no answer; the number of facts."""
    lab = SqliteLab(directory)
    store = await lab.open()
    verdict = await Verified(store).run()
    assert verdict["ok"], verdict
    found: defaultdict[str, list[int]] = defaultdict(list)
    for fact in (await store.scan(0, 10_000_000)).facts:
        found[fact.meta.command].append(fact.position)
        assert fact.event is not None
        assert not isinstance(fact.event, CounterNamed) or fact.event.label != ERASED
    for command, (count, position) in acknowledged.items():
        assert len(found[command]) == count, f"{command} was acknowledged with {count} facts: {found[command]}"
        assert found[command][-1] == position
    sizes = Counter(len(positions) for positions in found.values())
    assert set(sizes) <= {1, 2, 3}
    for command in unanswered:
        generation, writer, number = command.split("/")
        id = f"{generation}-{writer}-{int(number) // 4}"
        known = found.get(str(context(command).command_id))
        commit = await append(store, id, facts_of(id, int(number)), command)
        assert commit.replayed == (known is not None)
        assert len(commit.events) == 1 + int(number) % 3
    await lab.close()
    return int(verdict["events"])


def main(directory: Path, kills: int, seed: int) -> None:
    """Kill, look, and again."""
    chance = random.Random(seed)
    acknowledged: dict[str, tuple[int, int]] = {}
    facts = 0
    for generation in range(kills):
        last = dict.fromkeys((f"{generation}/{writer}" for writer in range(WRITERS)), -1)
        for line in killed(directory, generation, chance.uniform(0, 0.04)):
            if line.endswith("\n"):
                name, command, count, position = line.split()
                acknowledged[command] = int(count), int(position)
                writer, _, number = name.rpartition("/")
                last[writer] = max(last[writer], int(number))
        unanswered = [f"{writer}/{number + 1}" for writer, number in last.items()]
        facts = asyncio.run(survived(directory, acknowledged, unanswered))
    print(f"{kills} kills, {len(acknowledged)} acknowledged commands, {facts} facts")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
