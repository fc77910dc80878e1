"""Whether a refusal is one: a problem document, in French, that says what to do and nothing of how it is made."""

from __future__ import annotations

import re
from typing import Any

import httpx

SLUGS = {
    400: {"bad-request"},
    401: {"unauthenticated", "bad-credentials", "unknown-tracking"},
    403: {"forbidden", "sign-in-cancelled", "sign-in-refused", "reauthentication-required"},
    404: {"not-found"},
    405: {"method-not-allowed"},
    409: {
        "conflict",
        "bad-transition",
        "discussion-open",
        "discussion-closed",
        "no-discussion",
        "demarche-closed",
        "author-incomplete",
        "no-implicit-acceptance",
        "no-implicit-rejection",
        "too-late",
    },
    412: {"stale-version"},
    413: {"too-large"},
    414: {"uri-too-long"},
    415: {"unsupported-type"},
    422: {
        "invalid-request",
        "invalid-answers",
        "idempotency-mismatch",
        "weak-password",
        "wrong-answer",
        "terms-not-accepted",
        "wrong-password",
        "wrong-code",
        "bad-token",
        "unknown-file",
        "content-mismatch",
        "unreadable-file",
        "active-content",
        "infected",
        "reason-required",
        "unknown-tracking",
        "incomplete-definition",
        "sign-in-expired",
        "verified-identity",
    },
    429: {"rate-limited"},
    431: {"headers-too-large"},
}
ENGLISH = re.compile(r"\b(the|is|should|must|required|field|error|not|unexpected|input|string|valid|body)\b")
INTERNALS = re.compile(r"Traceback|\.py\b|sqlite|pydantic|httpx|127\.0\.0\.1|/internal|Errno|0x[0-9a-f]{6}")


def faults_of(answer: httpx.Response, *, limited: bool = False) -> list[str]:
    """What is wrong with a refusal; empty when it is as the contract wants it.

    A test that is told to come back later has tried nothing, so that is a fault, except where calls are `limited`.
    """
    wrong = []
    if answer.status_code == 429 and not limited:
        return ["too many calls for a test"]
    if not 400 <= answer.status_code < 500:
        return [f"status {answer.status_code}: {answer.text[:120]}"]
    if answer.headers.get("content-type") != "application/problem+json":
        return [f"content type {answer.headers.get('content-type')}"]
    body: dict[str, Any] = answer.json()
    if body["slug"] not in SLUGS.get(answer.status_code, ()):
        wrong.append(f"slug {body['slug']} for {answer.status_code}")
    if (body["type"], body["status"]) != (f"urn:guichet:problem:{body['slug']}", answer.status_code):
        wrong.append(f"type {body['type']}, status {body['status']}")
    sentences = [body["detail"], *(error["detail"] for error in body.get("errors", ()))]
    wrong += [f"« {text} »" for text in sentences if not text.endswith(".") or ENGLISH.search(text)]
    wrong += [
        f"pointer {error['pointer']}" for error in body.get("errors", ()) if error["pointer"][:1] not in ("", "/")
    ]
    if INTERNALS.search(answer.text):
        wrong.append(f"internals: {answer.text[:120]}")
    if "x-request-id" not in answer.headers:
        wrong.append("no X-Request-Id")
    return wrong
