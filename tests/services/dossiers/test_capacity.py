"""In which capacity an agent decides (L212-2 CRPA): the one he names, else the one stated, else « instructeur »."""

from __future__ import annotations

import pytest

from kernel.http.tokens import Principal
from services.dossiers.api.access import author_of


@pytest.mark.parametrize(
    ("stated", "named", "shown"),
    [
        ("cheffe de service", None, "cheffe de service"),
        ("cheffe de service", "  ", "cheffe de service"),
        ("cheffe de service", "directrice par intérim", "directrice par intérim"),
        (None, "directrice par intérim", "directrice par intérim"),
        (None, None, "instructeur"),
    ],
)
def test_a_decision_shows_the_capacity_of_its_author(stated: str | None, named: str | None, shown: str) -> None:
    caller = Principal(actor="account:a", kind="account", account="a", issuer="gateway", capacity=stated)
    assert author_of(caller, {"service_label": "Éducation"}, named).capacity == shown
