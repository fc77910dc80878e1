"""Every page in every state worth looking at. A new page is one line here; the tests look at it in every way."""

from __future__ import annotations

from tests.support.browser_visits import Shown, send_wrong

# GET pages of the table that nothing looks at, each with its reason.
NOT_PAGES: dict[str, str] = {}

PUBLIC = (
    Shown("accueil", "/"),
    Shown("connexion", "/connexion"),
    Shown(
        "connexion refusée",
        "/connexion",
        status=422,
        wrong=True,
        acts=send_wrong(email="ada@example.org", password="mauvais"),
    ),
    Shown("suivi", "/suivi"),
    Shown(
        "suivi refusé", "/suivi", status=422, wrong=True, acts=send_wrong(email="ada@example.org", tracking_number="7")
    ),
    Shown("activation", "/activation/{token}", wild={"token": "activation"}),
    Shown("mot de passe oublié", "/mot-de-passe"),
    Shown("nouveau mot de passe", "/mot-de-passe/{token}", wild={"token": "oubli"}),
    Shown("conditions générales", "/conditions-generales"),
    Shown("documentation de l'API", "/api/docs"),
    Shown("documentation de l'API, un thème", "/api/docs", query="?theme=back-office"),
    Shown("page introuvable", "/", query="nulle-part", status=404),
)

APPLICANT = (
    Shown("accueil connecté", "/", "camille"),
    Shown("double authentification", "/double-authentification", "nouvelle"),
    Shown("déconnexion", "/deconnexion", "camille"),
    Shown("adresse nouvelle", "/adresse/{token}", "camille", {"token": "perime"}),
    *(
        Shown(f"demande {state}", "/demandes/{id}", "camille", {"id": state})
        for state in ("deposee", "en_instruction", "discutee", "acceptee", "refusee", "retiree")
    ),
    Shown("tableau de bord", "/tableau-de-bord", "camille"),
    Shown("tableau de bord vide", "/tableau-de-bord", "nouvelle"),
    Shown("tableau de bord chargé", "/tableau-de-bord", "association"),
    Shown("mon compte", "/compte", "camille"),
    Shown("mon compte vide", "/compte", "nouvelle"),
    Shown("rattachement refusé", "/compte", "nouvelle", status=422, wrong=True, acts=send_wrong(tracking_number="7")),
    Shown("mes démarches", "/demandes", "camille"),
    Shown("mes démarches vides", "/demandes", "nouvelle"),
    Shown("mes démarches nombreuses", "/demandes", "association"),
    Shown("mes démarches sans résultat", "/demandes", "camille", query="?q=introuvable&etat=acceptee"),
    Shown("ma démarche suivie", "/demandes", "suivi"),
    Shown("demande suivie sans compte", "/demandes/{id}", "suivi", {"id": "suivie"}),
    Shown("demande d'autrui", "/demandes/{id}", "nouvelle", {"id": "deposee"}, status=404),
)

AGENTS: tuple[Shown, ...] = ()

PAGES = (*PUBLIC, *APPLICANT, *AGENTS)
