"""Ports are tested before they are given."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from console import ports


@pytest.fixture
def taken() -> Iterator[int]:
    """A loopback port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_somebody_listens_on_is_not_free(taken: int) -> None:
    assert not ports.is_free(taken)


def test_every_name_gets_a_port_of_its_own(tmp_path: Path) -> None:
    names = [f"service-{n}" for n in range(20)]
    given = ports.assign(names, (), tmp_path / "ports.json", {})
    assert len(set(given.values())) == 20
    assert all(ports.is_free(port) for port in given.values())


def test_a_paired_port_has_its_neighbour_ten_thousand_above_free_too(tmp_path: Path) -> None:
    given = ports.assign(("s3",), ("s3",), tmp_path / "ports.json", {})
    assert ports.is_free(given["s3"])
    assert ports.is_free(given["s3"] + 10_000)


def test_the_next_start_gets_the_same_ports(tmp_path: Path) -> None:
    memory = tmp_path / "ports.json"
    first = ports.assign(("nats", "s3"), ("s3",), memory, {})
    assert ports.assign(("nats", "s3"), ("s3",), memory, {}) == first


def test_a_remembered_port_that_is_taken_meanwhile_is_replaced(tmp_path: Path, taken: int) -> None:
    memory = tmp_path / "ports.json"
    memory.write_text(json.dumps({"nats": taken}))
    assert ports.assign(("nats",), (), memory, {})["nats"] != taken


def test_a_remembered_paired_port_is_replaced_when_its_neighbour_is_taken(tmp_path: Path, taken: int) -> None:
    memory = tmp_path / "ports.json"
    memory.write_text(json.dumps({"s3": taken - ports.GRPC}))
    assert ports.assign(("s3",), ("s3",), memory, {})["s3"] != taken - ports.GRPC


def test_the_environment_chooses_a_port(tmp_path: Path) -> None:
    port = ports.assign(("nats",), (), tmp_path / "a.json", {})["nats"]
    given = ports.assign(("nats",), (), tmp_path / "b.json", {"GUICHET_NATS_PORT": str(port)})
    assert given == {"nats": port}


def test_a_port_asked_for_and_taken_is_refused_with_the_variable_to_change(taken: int) -> None:
    with pytest.raises(ports.PortTaken, match=rf"{taken} est déjà pris.*GUICHET_PORT"):
        ports.fixed("GUICHET_PORT", taken, {})


def test_a_port_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ports.PortTaken, match="GUICHET_NATS_PORT doit être un numéro de port"):
        ports.assign(("nats",), (), tmp_path / "ports.json", {"GUICHET_NATS_PORT": "demain"})


def test_port_zero_means_any_free_port() -> None:
    assert ports.is_free(ports.fixed("GUICHET_PORT", 8000, {"GUICHET_PORT": "0"}))
