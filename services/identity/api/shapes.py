"""The shapes of this service's answers, for the contract."""

from __future__ import annotations

from typing import Literal

from kernel.http.contract import Shown

Role = Literal["demandeur", "instructeur", "administrateur", "auditeur"]


class AskedQuestion(Shown):
    """Une question de sécurité ; `id` accompagne la réponse dans le formulaire, et ne sert qu'une fois."""

    id: str
    question: str
    expires_at: str


class TermsInForce(Shown):
    """Les conditions générales d'utilisation en vigueur."""

    version: str
    url: str


class ActivationSent(Shown):
    """Toujours la même réponse, que l'adresse ait un compte ou non."""

    status: Literal["activation-sent"]


class ActivatedAccount(Shown):
    """Le compte activé."""

    account_id: str


class ResetSent(Shown):
    """Toujours la même réponse, que l'adresse ait un compte ou non."""

    status: Literal["reset-sent"]


class ConfirmationSent(Shown):
    """Toujours la même réponse, que l'adresse ait un compte ou non."""

    status: Literal["confirmation-sent"]


class SecondFactorState(Shown):
    """La double authentification ; tant qu'elle est exigée sans être activée, les rôles d'agent sont en sommeil."""

    enabled: bool
    required: bool


class SignedInAccount(Shown):
    """Le compte connecté, avec les rôles en vigueur."""

    id: str
    email: str
    first_name: str
    last_name: str
    roles: list[Role]


class SignedIn(Shown):
    """La session ouverte. `terms_to_accept` : la version des conditions d'utilisation qu'il reste à accepter."""

    token: str
    expires_at: str
    account: SignedInAccount
    second_factor: SecondFactorState
    terms_to_accept: str | None


class OpenSession(Shown):
    """Une session ; `current` : celle de cet appel."""

    id: str
    created_at: str
    last_seen_at: str
    expires_at: str
    current: bool


class OpenSessions(Shown):
    """Les sessions ouvertes du compte, la dernière utilisée d'abord."""

    items: list[OpenSession]
    next: None


class CivilIdentity(Shown):
    """L'identité que FranceConnect a transmise. `birthdate` : `AAAA-MM-JJ`, jour et mois `00` s'ils sont inconnus."""

    given_name: str
    family_name: str
    usual_name: str | None
    birthdate: str | None


class ChangedAccount(Shown):
    """Le compte après ce changement."""

    id: str
    email: str
    first_name: str
    last_name: str
    phone: str | None
    postal_address: str | None
    roles: list[Role]
    services: list[str]
    franceconnect: bool
    civil_identity: CivilIdentity | None
    email_proven: bool
    has_password: bool
    second_factor: SecondFactorState
    terms_to_accept: str | None


class PreparedSecondFactor(Shown):
    """Le secret à enregistrer dans une application, tel quel ou par son adresse `otpauth` (code QR)."""

    secret: str
    otpauth_uri: str


class RecoveryCodes(Shown):
    """Dix codes de secours, montrés cette seule fois ; chacun remplace une fois l'application."""

    recovery_codes: list[str]


class TrackedDemarche(Shown):
    """La démarche de la demande suivie."""

    slug: str
    title: str


class TrackedDemande(Shown):
    """La demande suivie."""

    id: str
    reference: str
    demarche: TrackedDemarche
    status: str


class OpenedTracking(Shown):
    """Une session qui n'ouvre que cette demande."""

    token: str
    expires_at: str
    demande: TrackedDemande


class Agent(Shown):
    """Un agent ; `capacity` : sa qualité, que portent ses décisions ; `second_factor` : il l'a activé."""

    id: str
    email: str
    first_name: str
    last_name: str
    roles: list[Role]
    services: list[str]
    capacity: str | None
    status: Literal["invited", "active", "disabled"]
    second_factor: bool


class Agents(Shown):
    """Les agents, du plus ancien au plus récent."""

    items: list[Agent]
    next: str | None
