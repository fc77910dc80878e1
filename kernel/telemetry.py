"""Logs as JSON lines without personal data, and the figures of `/metrics`."""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

correlation: ContextVar[str] = ContextVar("correlation", default="")
NOISY = ("httpx", "httpcore", "aiohttp.access", "botocore", "boto3", "urllib3", "nats", "asyncio", "uvicorn.access")


class JsonLines(logging.Formatter):
    """One JSON object a line. An exception is named by its type and place, never by its text or its variables."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self.process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "process": self.process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identifier := correlation.get():
            line["correlation"] = identifier
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = type(record.exc_info[1]).__name__
            line["trace"] = _frames(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def start_logging(process: str) -> None:
    """Send the logs of this process to its standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


class Metrics:
    """The figures one process counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("guichet_requests", "Answers", ["route", "method", "status"], registry=self.registry)
        self.seconds = Histogram(
            "guichet_request_seconds",
            "Time to answer",
            ["route"],
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self.registry,
        )
        self.position = Gauge(
            "guichet_position", "How far a log was followed", ["name", "source"], registry=self.registry
        )
        self.held = Gauge(
            "guichet_held_facts", "Facts that wait for a retry or are parked", ["kind"], registry=self.registry
        )


def _frames(error: BaseException) -> list[str]:
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-12:]
