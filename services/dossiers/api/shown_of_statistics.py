"""The shapes of the figures, for the contract."""

from __future__ import annotations

from typing import Literal

from kernel.http.contract import Shown
from services.dossiers.api.shown import FiledDemarche, Status


class MonthFigures(Shown):
    """Un mois : les demandes déposées, et celles qui ont pris fin.

    `express`, `implicit`, `withdrawal` : par une décision, par le silence, retirées ; `median_days` : le délai
    médian des décisions de ce mois.
    """

    month: str
    filed: int
    ended: int
    express: int
    implicit: int
    withdrawal: int
    median_days: int | None


class DelayFigures(Shown):
    """Du dépôt à la décision, en jours : la moitié des demandes, puis neuf sur dix, en prennent au plus autant."""

    decided: int
    median_days: int | None
    p90_days: int | None


class WaitingFigures(Shown):
    """Les demandes sans décision, et depuis combien de jours elles sont déposées."""

    number: int
    median_days: int | None
    p90_days: int | None
    oldest_days: int | None


class DecisionFigures(Shown):
    """Combien de demandes ont fini ainsi."""

    status: Status
    kind: Literal["express", "implicit", "withdrawal"]
    number: int


class DemarcheFigures(Shown):
    """Les chiffres d'une démarche."""

    demarche: FiledDemarche
    filed: int
    pending: int
    delays: DelayFigures
    decisions: list[DecisionFigures]
    waiting: WaitingFigures


class Statistics(Shown):
    """Les chiffres des services de l'agent, selon la date de dépôt."""

    filed: int
    pending: int
    months: list[MonthFigures]
    demarches: list[DemarcheFigures]
    delays: DelayFigures
    decisions: list[DecisionFigures]
    waiting: WaitingFigures
