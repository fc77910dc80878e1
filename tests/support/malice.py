"""What clients send that mean no good, or that are merely broken: bodies, fields, headers."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

DEEP = 10_000
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "a blank": b" ",
    "half an object": b'{"a": ',
    "a word": b"bonjour",
    "a form": b"email=a%40example.org&password=x",
    "null": b"null",
    "true": b"true",
    "a number": b"42",
    "a text": b'"bonjour"',
    "a list": b"[]",
    "a list of lists": b"[[[]]]",
    "not a number": b'{"text": NaN, "email": Infinity}',
    "a number beyond numbers": b'{"text": 1e999}',
    "a number of 5,000 digits": b'{"text": ' + b"9" * 5_000 + b"}",
    "very deep lists": b"[" * DEEP + b"]" * DEEP,
    "very deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep inside a field": b'{"text": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "not UTF-8": b'{"text": "\xff\xfe"}',
    "cut UTF-8": b'{"text": "\xc3"}',
    "overlong UTF-8": b'{"text": "\xc0\xaf"}',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"text": "a"}',
    "a lone surrogate": b'{"text": "\\ud800", "reason": "\\udfff"}',
    "a NUL": b'{"text": "\\u0000"}',
    "a raw NUL": b'{"text": "\x00"}',
    "a NUL in a name": b'{"a\\u0000b": 1}',
    "a surrogate in a name": b'{"\\ud800": 1}',
    "a prototype": b'{"__proto__": {"admin": true}, "constructor": 1}',
    "twice the same name": b'{"text": "a", "text": ["b"], "status": "a", "status": 5, "body": "a", "body": 5}',
    "two objects": b'{"text": "a"}{"text": "b"}',
    "many names": b"{" + b",".join(b'"f%d": 1' % n for n in range(5_000)) + b"}",
}
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u2028\u202e\x1b[31m",
    "x" * 20_000,
    [],
    ["x"],
    [None],
    {},
    {"a": {"b": []}},
    [[[[[[]]]]]],
)
NASTY_TEXTS = (
    "\u0000",
    "\ud800",
    "a\r\nBcc: victime@example.org\r\n\r\nbonjour",
    "<script>alert(1)</script>",
    "{{ 7*7 }} {% raw %} ${7*7} #{7*7}",
    "'; DROP TABLE events; --",
    "=cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "\u202eetxet\u202c \u200b\u200d\ufeff",
    "Z\u0351\u036b\u0343a\u0342\u0309" * 20,
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 𝕳𝖊𝖑𝖑𝖔",
    "%s %n %x {0} {} %(a)s",
    "\u2028\u2029\x85\x0b\x0c",
    "\ufdfd" * 50,
    "مرحبا بالعالم",
)


def leaves(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where a body holds something that can be replaced: every field, at every depth."""
    if path:
        yield path
    inside = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in inside:
        yield from leaves(value, (*path, key))


def replaced(body: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy with one field changed."""
    changed = copy.deepcopy(body)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return changed


def without(body: dict[str, Any], name: str) -> dict[str, Any]:
    """A copy without one field."""
    return {key: value for key, value in body.items() if key != name}


def encoded(body: Any) -> bytes:
    """JSON in ASCII: lone surrogates stay what they are."""
    return json.dumps(body).encode()
