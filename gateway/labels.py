"""What happened, in plain French: how an auditor reads the events of a timeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LABELS: Final[Mapping[str, str]] = {
    "discussion.DiscussionClosed": "Discussion close par le service",
    "discussion.DiscussionOpened": "Discussion ouverte par le service",
    "discussion.DocumentsRequested": "Documents demandés",
    "discussion.MessagePosted": "Message envoyé",
    "discussion.MessageRead": "Messages lus",
    "dossiers.AttestationIssued": "Attestation d'acceptation délivrée",
    "dossiers.AttestationRequested": "Attestation d'acceptation demandée",
    "dossiers.DemandeAssigned": "Demande attribuée à un agent, ou remise à disposition",
    "dossiers.DemandeDrafted": "Brouillon commencé",
    "dossiers.DemandeJoined": "Demande rattachée au compte du demandeur",
    "dossiers.DemandeLabelled": "Étiquette ajoutée",
    "dossiers.DemandeStatusChanged": "État de la demande modifié",
    "dossiers.DemandeSubmitted": "Demande déposée",
    "dossiers.DemandeUnlabelled": "Étiquette retirée",
    "dossiers.DemandeWithdrawn": "Demande retirée par le demandeur",
    "dossiers.DemarcheClosed": "Démarche fermée aux nouvelles demandes",
    "dossiers.DemarchePublished": "Version d'une démarche publiée",
    "dossiers.DocumentsAwaited": "Délai légal : pièces obligatoires attendues",
    "dossiers.DocumentsCompleted": "Délai légal : dossier complet",
    "dossiers.DocumentsReceived": "Délai légal : pièces reçues en partie",
    "dossiers.DraftDiscarded": "Brouillon effacé",
    "dossiers.ImplicitDecisionTaken": "Décision née du silence du service",
    "dossiers.NoteAdded": "Note interne ajoutée",
    "dossiers.ReasonsGiven": "Motifs du refus implicite communiqués",
    "dossiers.ReasonsRequested": "Motifs du refus implicite demandés",
    "dossiers.ReceiptIssued": "Accusé de réception établi",
    "files.FileClaimed": "Document joint à un message",
    "files.FileDownloaded": "Document téléchargé",
    "files.FileExpired": "Document jamais joint, effacé",
    "files.FileReceived": "Document reçu, en attente de contrôle",
    "files.FileRejected": "Document refusé au contrôle, effacé",
    "files.FileVetted": "Document contrôlé",
    "identity.AccountActivated": "Compte activé",
    "identity.AccountCreated": "Compte créé",
    "identity.AccountDisabled": "Compte désactivé",
    "identity.AccountErased": "Compte effacé à la demande de son titulaire",
    "identity.AccountForgotten": "Compte jamais activé, effacé",
    "identity.ActivationRequested": "Lien d'activation demandé",
    "identity.AddressClaimed": "Adresse électronique demandée pour un autre compte",
    "identity.EmailChangeRequested": "Changement d'adresse électronique demandé",
    "identity.EmailChanged": "Adresse électronique changée",
    "identity.EmailReleased": "Adresse électronique libérée",
    "identity.EmailReserved": "Adresse électronique réservée",
    "identity.PasswordChanged": "Mot de passe choisi, changé ou remplacé",
    "identity.PasswordResetRequested": "Nouveau mot de passe demandé",
    "identity.ProfileChanged": "Informations du compte modifiées",
    "identity.RecoveryCodeUsed": "Code de secours utilisé",
    "identity.RoleGranted": "Rôle attribué",
    "identity.SecondFactorDisabled": "Double authentification désactivée",
    "identity.SecondFactorEnabled": "Double authentification activée",
    "identity.SignUpAttempted": "Inscription tentée avec l'adresse d'un compte existant",
    "identity.TermsAccepted": "Conditions générales d'utilisation acceptées",
    "notifier.AttemptStarted": "Envoi d'un courrier électronique commencé",
    "notifier.NotificationDeferred": "Courrier électronique différé par le serveur",
    "notifier.NotificationFailed": "Courrier électronique non remis",
    "notifier.NotificationQueued": "Courrier électronique préparé",
    "notifier.NotificationSent": "Courrier électronique remis au serveur",
    "notifier.NotificationSuppressed": "Courrier électronique non envoyé",
}


def label(event_type: str) -> str:
    """The sentence for a CloudEvents type; its bare name when it is younger than this list."""
    name = event_type.removeprefix("fr.guichet.").rpartition(".v")[0]
    return LABELS.get(name, name.rpartition(".")[2])
