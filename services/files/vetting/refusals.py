"""Why a file is refused: one code an event may keep, one slug of the public contract, one French sentence."""

from __future__ import annotations

from enum import StrEnum

from services.files.ports import Rejection, Slug


class Reason(StrEnum):
    """Stable codes; they travel from the limited process to the service, and into events."""

    UNKNOWN_KIND = "unknown-kind"
    OTHER_PHOTO = "other-photo"
    OTHER_DOCUMENT = "other-document"
    TOO_LARGE = "too-large"
    WRONG_NAME_OR_TYPE = "wrong-name-or-type"
    TWO_KINDS = "two-kinds"
    EMPTY = "empty"
    DAMAGED = "damaged"
    TOO_COMPLEX = "too-complex"
    TOO_MANY_PIXELS = "too-many-pixels"
    ENCRYPTED = "encrypted"
    NO_PAGE = "no-page"
    TOO_MANY_PAGES = "too-many-pages"
    SCRIPT = "script"
    LAUNCH = "launch"
    AUTOMATIC_ACTION = "automatic-action"
    ATTACHMENT = "attachment"
    MULTIMEDIA = "multimedia"
    XFA_FORM = "xfa-form"
    INFECTED = "infected"


class Unfit(Exception):
    """Raised while looking at a file that must be refused."""

    def __init__(self, reason: Reason, found: str = "", extension: str = "") -> None:
        super().__init__(reason)
        self.reason, self.found, self.extension = reason, found, extension

    @property
    def rejection(self) -> Rejection:
        """What the person who sent the file is told."""
        slug, hint = _REFUSALS[self.reason]
        return Rejection(slug, self.reason.value, hint.format(found=self.found, extension=self.extension))


_ACCEPTED = "Seuls les images PNG ou JPEG et les documents PDF sont acceptés"
_PRINT = (
    "Ouvrez-le, imprimez-le au format PDF (« Imprimer », puis « Enregistrer au format PDF »), puis envoyez cette copie."
)
_SAVE_AGAIN = "Ouvrez-le, enregistrez-le de nouveau, puis envoyez cette copie."

_REFUSALS: dict[Reason, tuple[Slug, str]] = {
    Reason.UNKNOWN_KIND: (
        "unsupported-type",
        f"{_ACCEPTED}. Convertissez votre fichier dans l'un de ces formats, puis envoyez-le.",
    ),
    Reason.OTHER_PHOTO: (
        "unsupported-type",
        f"{_ACCEPTED}. Enregistrez cette image au format JPEG ; sur un iPhone, choisissez Réglages > Appareil photo > "
        "Formats > « Le plus compatible », ou envoyez une capture d'écran.",
    ),
    Reason.OTHER_DOCUMENT: (
        "unsupported-type",
        f"{_ACCEPTED}. Dans votre logiciel de bureautique, enregistrez ou exportez ce document au format PDF, "
        "puis envoyez-le.",
    ),
    Reason.TOO_LARGE: (
        "too-large",
        "Ce fichier dépasse 5 Mo. Réduisez la taille de l'image ou numérisez le document à 150 points par pouce, "
        "ou envoyez-le en plusieurs fichiers.",
    ),
    Reason.WRONG_NAME_OR_TYPE: (
        "content-mismatch",
        "Ce fichier est en réalité {found}, ce que son nom ou son type annoncé ne dit pas. "
        "Donnez-lui un nom qui se termine par « {extension} », puis envoyez-le de nouveau.",
    ),
    Reason.TWO_KINDS: (
        "content-mismatch",
        f"Ce fichier contient autre chose que l'image ou le document annoncé. {_SAVE_AGAIN}",
    ),
    Reason.EMPTY: (
        "unreadable-file",
        "Ce fichier est vide. Vérifiez qu'il s'ouvre sur votre appareil, puis envoyez-le de nouveau.",
    ),
    Reason.DAMAGED: (
        "unreadable-file",
        "Ce fichier est endommagé ou incomplet. Vérifiez qu'il s'ouvre sur votre appareil, enregistrez-le de nouveau, "
        "puis envoyez cette copie.",
    ),
    Reason.TOO_COMPLEX: (
        "unreadable-file",
        "Ce fichier est trop complexe pour être vérifié. Imprimez-le au format PDF ou numérisez-le, "
        "puis envoyez cette copie.",
    ),
    Reason.TOO_MANY_PIXELS: (
        "unreadable-file",
        "Cette image compte plus de 40 millions de points. Réduisez ses dimensions, puis envoyez-la de nouveau.",
    ),
    Reason.ENCRYPTED: (
        "unreadable-file",
        f"Ce document est protégé par un mot de passe ou par des restrictions. {_PRINT}",
    ),
    Reason.NO_PAGE: (
        "unreadable-file",
        "Ce document ne contient aucune page. Vérifiez qu'il s'ouvre sur votre appareil, puis envoyez-le de nouveau.",
    ),
    Reason.TOO_MANY_PAGES: (
        "unreadable-file",
        "Ce document compte plus de 500 pages. Envoyez-le en plusieurs fichiers.",
    ),
    Reason.SCRIPT: ("active-content", f"Ce document contient un programme (JavaScript). {_PRINT}"),
    Reason.LAUNCH: ("active-content", f"Ce document peut lancer un programme ou ouvrir un fichier. {_PRINT}"),
    Reason.AUTOMATIC_ACTION: ("active-content", f"Ce document déclenche des actions automatiques. {_PRINT}"),
    Reason.ATTACHMENT: (
        "active-content",
        f"Ce document contient une pièce jointe. Envoyez la pièce jointe à part ; pour le document lui-même : {_PRINT}",
    ),
    Reason.MULTIMEDIA: ("active-content", f"Ce document contient une vidéo, un son ou une animation. {_PRINT}"),
    Reason.XFA_FORM: ("active-content", f"Ce document est un formulaire dynamique (XFA). {_PRINT}"),
    Reason.INFECTED: (
        "infected",
        "Notre antivirus a reconnu un logiciel malveillant dans ce fichier, qui n'a pas été transmis. "
        "Analysez votre appareil avec un antivirus à jour, puis envoyez une autre copie du document.",
    ),
}
