"""The shapes of the desk's answers, for the contract."""

from __future__ import annotations

from typing import Literal

from kernel.http.contract import Shown
from services.dossiers.aggregate.silence import Alert
from services.dossiers.api.shown import FiledDemande, FiledDemarche, HistoryEntry, MyDemande, ServiceInCharge, Status


class Applicant(Shown):
    """Pour qui une demande est faite."""

    kind: str
    name: str


class DeskDemande(MyDemande):
    """Une demande sur le bureau d'un service ; `deadline` : le jour où le silence vaut décision.

    `alert` : à quel point ce jour est proche : passé (`late`), dans la semaine (`urgent`), dans le mois (`soon`).
    """

    applicant: Applicant
    assigned_to: str | None
    assigned_name: str | None
    awaiting: Literal["applicant", "service"] | None
    labels: list[str]
    deadline: str | None
    alert: Alert


class AlertCounts(Shown):
    """Combien de demandes à chaque degré d'urgence."""

    late: int
    urgent: int
    soon: int


class DeskPage(Shown):
    """Les demandes d'un service ; `counts` : combien à chaque état ; `tabs` : dans chaque onglet.

    `alerts` : combien approchent de leur échéance.
    """

    items: list[DeskDemande]
    next: str | None
    counts: dict[str, int]
    tabs: dict[str, int]
    alerts: AlertCounts


class Colleague(Shown):
    """Un agent en activité, et les services auxquels il appartient."""

    id: str
    first_name: str
    last_name: str
    services: list[str]


class Colleagues(Shown):
    """Les agents, par nom."""

    items: list[Colleague]
    next: str | None


class SavedView(Shown):
    """Des filtres de la liste, enregistrés sous un nom."""

    id: str
    name: str
    filters: dict[str, str]
    updated_at: str


class SavedViews(Shown):
    """Les vues de l'agent, par nom."""

    items: list[SavedView]
    next: None


class Assignee(Shown):
    """L'agent à qui une demande est confiée."""

    id: str
    name: str


class InternalNote(Shown):
    """Une note interne."""

    id: str
    at: str
    author: str
    text: str


class Opinion(Shown):
    """Un avis demandé à un collègue, et sa réponse ; `lapsed` : la demande a pris fin avant qu'il réponde.

    `late` : toujours attendu alors que le jour prévu est passé.
    """

    id: str
    status: Literal["pending", "given", "withdrawn", "lapsed"]
    question: str
    asked_by: Assignee
    asked_at: str
    expert: Assignee
    due: str
    late: bool
    verdict: str | None
    text: str | None
    ended_at: str | None
    version: int


class NamedDemande(Shown):
    """Ce qui nomme une demande."""

    id: str
    reference: str
    demarche: FiledDemarche


class MyOpinion(Opinion):
    """Un avis qui m'est demandé, et sur quoi."""

    demande: NamedDemande
    service: ServiceInCharge


class MyOpinions(Shown):
    """Les avis qui me sont demandés, ceux qui sont attendus d'abord."""

    items: list[MyOpinion]
    next: str | None


class OpinionAnswered(Shown):
    """La demande d'avis et ce qu'elle devient ; `version` : celle des avis de cette demande."""

    id: str
    demande: str
    status: Literal["pending", "given", "withdrawn"]
    version: int


class OpinionAsked(OpinionAnswered):
    """L'avis demandé."""


class Reader(Shown):
    """Un agent qui a ouvert la demande un jour donné ; `at` : la première fois ce jour-là."""

    agent: Assignee
    capacity: Literal["instructeur", "expert"]
    day: str
    at: str


class Readers(Shown):
    """Qui a consulté la demande, du plus récent au plus ancien."""

    items: list[Reader]
    next: str | None


class DemandeToInstruct(FiledDemande):
    """Tout ce qu'il faut pour décider ; `allowed` : les états possibles ensuite.

    `access` : `expert` pour qui lit la demande parce qu'un avis lui est demandé ; rien d'interne ne lui est montré.
    """

    access: Literal["instructeur", "expert"]
    opinions: list[Opinion]

    assigned_to: Assignee | None
    allowed: list[Status]
    labels: list[str]
    history: list[HistoryEntry]
    notes: list[InternalNote]


class DemandeAssignment(Shown):
    """La demande et l'agent à qui elle est confiée."""

    id: str
    assigned_to: str | None
    version: int


class DemandeLabels(Shown):
    """La demande et ses étiquettes."""

    id: str
    labels: list[str]
    version: int


class NoteWritten(Shown):
    """La note ajoutée."""

    id: str
    text: str
    author: str
    version: int


class BatchItem(Shown):
    """Le résultat pour une demande ; `status` : celui qu'aurait eu l'appel pour elle seule."""

    id: str
    status: int
    version: int | None = None
    slug: str | None = None
    detail: str | None = None


class BatchUndo(Shown):
    """Une opération groupée qui remet les choses en l'état, à envoyer telle quelle."""

    ids: list[str]
    action: Literal["assign", "status", "label"]
    agent: str | None = None
    status: Status | None = None
    message: str | None = None
    add: list[str] | None = None
    remove: list[str] | None = None


class BatchResult(Shown):
    """Le résultat demande par demande, et de quoi l'annuler."""

    items: list[BatchItem]
    undo: list[BatchUndo]
