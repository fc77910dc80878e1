"""Write the golden files of facts that have none: `python -m tests.wire.write`.

`<service>/<Fact>.v<n>.json` is one payload as it may lie in a log for ever, `<Fact>.v<n>.schema.json` the shape of that
version. A payload is never written again. A shape is, when it only grew; one that broke asks for a new version.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from kernel.events import Event
from tests.support.facts import every_fact, named, sample_of
from tests.wire.shapes import breaks, shape_of

HERE = Path(__file__).parent


def payload_file(cls: type[Event], version: int | None = None) -> Path:
    """Where the payload of one version lies."""
    return HERE / cls.origin / f"{cls.wire_name}.v{version or cls.wire_version}.json"


def shape_file(cls: type[Event]) -> Path:
    """Where the shape of the current version lies."""
    return payload_file(cls).with_suffix(".schema.json")


def sample(cls: type[Event]) -> dict[str, Any]:
    """The payload in clear of a fact that is always the same."""
    payload: dict[str, Any] = cls(**sample_of(cls)).model_dump(mode="json")
    return payload


def text(content: Any) -> str:
    """As it is committed."""
    return json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def write(cls: type[Event]) -> list[str]:
    """Write what is missing for one fact; what cannot be written, and why."""
    payload, shape = payload_file(cls), shape_file(cls)
    payload.parent.mkdir(parents=True, exist_ok=True)
    if not payload.exists():
        payload.write_text(text(sample(cls)))
        print(payload.relative_to(HERE))
    now = shape_of(cls)
    broken = breaks(json.loads(shape.read_text()), now) if shape.exists() else []
    if not broken and (not shape.exists() or shape.read_text() != text(now)):
        shape.write_text(text(now))
        print(shape.relative_to(HERE))
    return [f"{named(cls)}: {reason}" for reason in broken]


def main() -> int:
    """Every fact; 1 when a version broke."""
    refused = [reason for cls in every_fact() for reason in write(cls)]
    for reason in refused:
        print(f"{reason}. Declare a new version (v=n+1) and its upcast.", file=sys.stderr)
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
