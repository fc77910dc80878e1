"""The shapes of this service's answers, for the contract."""

from __future__ import annotations

from typing import Literal

from kernel.http.contract import Shown


class SentFile(Shown):
    """Le document reçu ; `size` en octets, `pending` tant que l'antivirus n'a pas répondu."""

    id: str
    name: str
    media_type: Literal["image/png", "image/jpeg", "application/pdf"]
    size: int
    sha256: str
    status: Literal["clean", "pending"]
