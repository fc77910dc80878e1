"""Small values that everything stands on: instants, positions, ids, keys, log lines."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import FrozenClock, parse_rfc3339, rfc3339, system_clock
from kernel.ids import CROCKFORD, command_id, derived_id, event_id, is_id, secret_token, short_id, tracking_number
from kernel.keys import derive, keyed_hash, token_hash
from kernel.position import Mark, format_vector, merge, parse_vector
from kernel.telemetry import JsonLines, correlation

OFFSETS = st.sampled_from([UTC, timezone(timedelta(hours=5)), timezone(timedelta(hours=-11))])
AWARE = st.datetimes(timezones=OFFSETS).filter(lambda at: 1 < at.year < 9999)
SERVICE = st.from_regex(r"[a-z]{1,20}", fullmatch=True)
NUMBER = st.integers(0, 10**18 - 1)
VECTORS = st.dictionaries(SERVICE, st.builds(Mark, NUMBER, NUMBER), max_size=5)


@given(AWARE)
def test_an_instant_survives_its_text(at: datetime) -> None:
    assert parse_rfc3339(rfc3339(at)) == at
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", rfc3339(at))


@given(AWARE, AWARE)
def test_texts_sort_as_instants_do(one: datetime, other: datetime) -> None:
    assert (rfc3339(one) < rfc3339(other)) == (one < other)


@pytest.mark.parametrize("text", ["", "2026-11-24", "2026-11-24T10:00:00", "yesterday", "2026-13-01T00:00:00Z"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_rfc3339(text)


def test_the_clock_of_tests_moves_only_when_told() -> None:
    clock = FrozenClock(datetime(2026, 11, 24, tzinfo=UTC))
    assert clock() == clock()
    clock.advance(hours=1, minutes=-1)
    assert clock() == datetime(2026, 11, 24, 0, 59, tzinfo=UTC)
    assert system_clock().tzinfo is UTC


@given(VECTORS)
def test_a_vector_survives_its_header(vector: dict[str, Mark]) -> None:
    text = format_vector(vector)
    if len(text) <= 500:
        assert parse_vector(text) == vector


@given(VECTORS, VECTORS)
def test_merging_keeps_the_later_mark_of_each_service(one: dict[str, Mark], other: dict[str, Mark]) -> None:
    merged = merge(one, other)
    assert merged == merge(other, one) == merge(merged, one)
    assert merged.keys() == one.keys() | other.keys()
    assert all(merged[name] >= mark for vector in (one, other) for name, mark in vector.items())


@given(st.text(max_size=600))
def test_no_header_is_too_odd_for_a_vector(text: str) -> None:
    assert all(isinstance(mark, Mark) for mark in parse_vector(text).values())


def test_what_is_malformed_in_a_vector_is_left_out() -> None:
    assert parse_vector("toy=3.2, files=1.1,x=-1.2,y=1,=1.1,Z=1.1,long=" + "9" * 19 + ".1") == {
        "toy": Mark(3, 2),
        "files": Mark(1, 1),
    }


@given(st.uuids())
def test_a_short_id_looks_like_one(uuid: UUID) -> None:
    assert is_id(short_id(uuid))
    assert not is_id(short_id(uuid).upper() + "u")
    assert is_id(derived_id(uuid))


def test_short_ids_keep_eighty_bits_of_chance() -> None:
    made = {short_id(uuid4()) for _ in range(20_000)}
    assert len(made) == 20_000
    for place in range(16):
        assert len({id[place] for id in made}) == 32


def test_the_same_words_are_the_same_command_and_no_others() -> None:
    one = command_id("account:a", "k")
    assert one == command_id("account:a", "k")
    assert len({one, command_id("account:b", "k"), command_id("account:a", "l"), command_id("account:a\nk", "")}) == 4
    facts = {event_id(one, stream, index) for stream in ("toy.a", "toy.b") for index in range(3)}
    assert len(facts) == 6
    assert derived_id(one) != derived_id(one, "other")


def test_secrets_are_long_and_tracking_numbers_are_typed_by_people() -> None:
    assert len({secret_token() for _ in range(100)}) == 100
    assert all(len(secret_token()) == 43 for _ in range(10))
    for _ in range(50):
        number = tracking_number()
        assert re.fullmatch(r"([0-9A-Z]{4}-){3}[0-9A-Z]{4}", number)
        assert set(number.lower().replace("-", "")) <= set(CROCKFORD)


def test_keys_of_different_purposes_have_nothing_in_common() -> None:
    secret = b"s" * 32
    assert len({derive(secret, purpose) for purpose in ("a", "b", "")} | {derive(b"t" * 32, "a")}) == 4
    assert keyed_hash(secret, "a", "x") == keyed_hash(secret, "a", "x")
    assert len({keyed_hash(secret, "a", "x"), keyed_hash(secret, "b", "x"), keyed_hash(secret, "a", "y")}) == 3
    assert len(token_hash(secret_token())) == 64


def test_a_log_line_names_an_error_and_tells_nothing_of_it() -> None:
    try:
        raise ValueError("jean.dupont@example.org")
    except ValueError:
        record = logging.LogRecord("kernel.x", logging.ERROR, "x.py", 1, "it failed: %d", (3,), sys.exc_info())
    token = correlation.set("request-1")
    line = JsonLines("toy").format(record)
    correlation.reset(token)
    body = json.loads(line)
    assert (body["process"], body["level"], body["message"]) == ("toy", "error", "it failed: 3")
    assert (body["error"], body["correlation"]) == ("ValueError", "request-1")
    assert "test_values.py" in body["trace"][-1]
    assert "jean" not in line
    assert "\n" not in line
    plain = json.loads(JsonLines("toy").format(logging.LogRecord("x", logging.INFO, "x.py", 1, "a\nb é", (), None)))
    assert plain["message"] == "a\nb é"
    assert "error" not in plain
    assert "correlation" not in plain
