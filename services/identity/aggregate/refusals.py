"""Why somebody who comes by FranceConnect or ProConnect is not let in, in words that say what to do."""

from __future__ import annotations

from kernel.errors import Kind, Refused

NAMES = {"franceconnect": "FranceConnect", "proconnect": "ProConnect"}


def not_offered(provider: str) -> Refused:
    """There is no contract with this provider."""
    return Refused(
        Kind.NOT_FOUND,
        "not-found",
        f"Ce site ne propose pas {NAMES[provider]}. Connectez-vous avec votre adresse électronique et votre mot de "
        "passe.",
    )


def silent(provider: str) -> Refused:
    """The provider does not answer as it should."""
    return Refused(
        Kind.UNAVAILABLE,
        "provider-unavailable",
        f"{NAMES[provider]} ne répond pas pour le moment. Rien n'est perdu : réessayez dans quelques minutes, ou "
        "connectez-vous avec votre adresse électronique et votre mot de passe.",
        retry_after=60,
    )


def cancelled() -> Refused:
    """He gave up at the provider's."""
    return Refused(
        Kind.FORBIDDEN,
        "sign-in-cancelled",
        "Vous avez interrompu votre identification : rien n'a été transmis et vous n'êtes pas connecté.",
    )


def expired() -> Refused:
    """Begun too long ago, ended already, or in another browser: these answer alike."""
    return Refused(
        Kind.INVALID,
        "sign-in-expired",
        "Cette identification a expiré, a déjà servi, ou a commencé dans un autre navigateur. Recommencez.",
    )


def unproven() -> Refused:
    """What the provider says cannot be believed."""
    return Refused(
        Kind.FORBIDDEN,
        "sign-in-refused",
        "Votre identification n'a pas pu être vérifiée : par prudence, vous n'êtes pas connecté. Recommencez, et si "
        "cela se reproduit, signalez-le-nous.",
    )


def not_same_person() -> Refused:
    """He confirmed another identity than that of the account he is signed in to."""
    return Refused(
        Kind.FORBIDDEN,
        "another-identity",
        "L'identité que vous venez de confirmer n'est pas celle de ce compte. Recommencez avec la vôtre.",
    )


def reauthentication_required() -> Refused:
    """The account has no password that could be asked for."""
    return Refused(
        Kind.FORBIDDEN,
        "reauthentication-required",
        "Votre compte n'a pas de mot de passe : confirmez d'abord votre identité avec FranceConnect ou ProConnect, "
        "puis recommencez dans les cinq minutes.",
    )
