"""Every page in every state worth looking at. A new page is one line here; the tests look at it in every way."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser_people import fills_in, path_of
from tests.support.browser_visits import Shown, press, send_wrong

# GET routes of the table that nothing looks at, each with its reason.
NOT_PAGES: dict[str, str] = {}


def _verified(page: Page) -> None:
    press("Vérifier")(page)
    expect(page.locator("#progression:not([data-running]) table")).to_be_visible()


def _replayed(page: Page) -> None:
    page.locator("main form").get_by_role("button").first.click()
    expect(page.locator("#progression:not([data-running])")).to_contain_text("relus en")


def _filed(page: Page) -> None:
    page.get_by_role("button", name="Continuer sans compte").click()
    fields = page.request.get(f"/api{path_of(page).removesuffix('/demande')}").json()["fields"]
    contact = {"Adresse électronique": "noe.petit@example.org", "Prénom": "Noé", "Nom": "Petit"}
    fills_in(page, {field["name"]: field["example"] for field in fields}, contact)
    page.get_by_label("J'accepte les conditions générales d'utilisation").check()
    page.get_by_role("button", name="Déposer ma demande").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Votre demande est déposée")


PUBLIC = (
    Shown("accueil", "/"),
    Shown("catalogue", "/demarches"),
    Shown("catalogue, recherche", "/demarches", query="?q=bourse"),
    Shown("catalogue, rien trouvé", "/demarches", query="?q=introuvable"),
    Shown("démarche", "/demarches/{slug}"),
    Shown("démarche inconnue", "/demarches/{slug}", wild={"slug": "perime"}, status=404),
    Shown("aide", "/aide"),
    Shown("avantages", "/avantages"),
    Shown("contact", "/contact"),
    Shown("accessibilité", "/accessibilite"),
    Shown("données personnelles", "/confidentialite"),
    Shown("mentions légales", "/mentions-legales"),
    Shown("plan du site", "/plan-du-site"),
    Shown("conditions générales", "/conditions-generales"),
    Shown("connexion", "/connexion"),
    Shown(
        "connexion refusée",
        "/connexion",
        status=422,
        wrong=True,
        acts=send_wrong("SE CONNECTER", email="ada@example.org", password="mauvais"),
    ),
    Shown("suivi", "/suivi"),
    Shown(
        "suivi refusé",
        "/suivi",
        status=422,
        wrong=True,
        acts=send_wrong(email="ada@example.org", tracking_number="7"),
    ),
    Shown("activation", "/activation/{token}", wild={"token": "activation"}),
    Shown(
        "activation refusée",
        "/activation/{token}",
        wild={"token": "perime"},
        status=422,
        wrong=True,
        acts=send_wrong(password="mauvais"),
    ),
    Shown("mot de passe oublié", "/mot-de-passe"),
    Shown("mot de passe oublié, sans adresse", "/mot-de-passe", status=422, wrong=True, acts=send_wrong(email="")),
    Shown("nouveau mot de passe", "/mot-de-passe/{token}", wild={"token": "oubli"}),
    Shown(
        "nouveau mot de passe trop faible",
        "/mot-de-passe/{token}",
        wild={"token": "oubli"},
        status=422,
        wrong=True,
        acts=send_wrong(password="azerty"),
    ),
    Shown("documentation de l'API", "/api/docs"),
    Shown("documentation de l'API, un thème", "/api/docs", query="?theme=back-office"),
    Shown("page introuvable", "/", query="nulle-part", status=404),
)

ACCOUNT = (
    Shown("inscription", "/inscription"),
    Shown(
        "inscription refusée",
        "/inscription",
        status=422,
        wrong=True,
        acts=send_wrong("ENREGISTRER", first_name="Ada", email="ada", password="court", answer="0"),
    ),
    Shown("inscription, courriel envoyé", "/inscription/courriel"),
    Shown("nouveau lien d'activation", "/activation"),
    Shown("nouveau lien, sans adresse", "/activation", status=422, wrong=True, acts=send_wrong(email="")),
    Shown("paramètres", "/parametres", "camille"),
    Shown(
        "paramètres refusés",
        "/parametres",
        "camille",
        status=422,
        wrong=True,
        acts=send_wrong("ENREGISTRER", first_name="", phone="abc"),
    ),
    Shown("paramètres, mot de passe", "/parametres/mot-de-passe", "camille"),
    Shown(
        "paramètres, mot de passe refusé",
        "/parametres/mot-de-passe",
        "camille",
        status=422,
        wrong=True,
        acts=send_wrong(current="", password=""),
    ),
    Shown("paramètres, adresse", "/parametres/adresse-electronique", "camille"),
    Shown("paramètres, sessions", "/parametres/sessions", "camille"),
    Shown("paramètres, données", "/parametres/donnees", "camille"),
    Shown(
        "paramètres, effacement sans la case",
        "/parametres/donnees",
        "camille",
        status=422,
        wrong=True,
        acts=send_wrong(password=""),
    ),
    Shown("double authentification, désactivation", "/double-authentification/desactivation", "nouvelle"),
    Shown(
        "double authentification, application",
        "/double-authentification",
        "nouvelle",
        acts=press("Préparer l'application"),
    ),
)

APPLICANT = (
    Shown("FranceConnect, rien à décider", "/connexion/franceconnect", status=422),
    Shown("paramètres, FranceConnect", "/parametres/franceconnect", "camille"),
    Shown("accueil connecté", "/", "camille"),
    Shown("tableau de bord", "/tableau-de-bord", "camille"),
    Shown("tableau de bord, rien encore", "/tableau-de-bord", "nouvelle"),
    Shown("tableau de bord, beaucoup", "/tableau-de-bord", "association"),
    Shown("mon compte", "/compte", "camille"),
    Shown("mon compte, rien encore", "/compte", "nouvelle"),
    Shown(
        "mon compte, numéro refusé",
        "/compte",
        "nouvelle",
        status=422,
        wrong=True,
        acts=send_wrong(tracking_number="7"),
    ),
    Shown("mes demandes", "/demandes", "camille"),
    Shown("mes demandes, aucune", "/demandes", "nouvelle"),
    Shown("mes demandes, beaucoup", "/demandes", "association"),
    Shown("mes demandes, rien trouvé", "/demandes", "camille", query="?q=introuvable"),
    Shown("mes demandes, une seule suivie", "/demandes", "suivi"),
    Shown("double authentification", "/double-authentification", "nouvelle"),
    Shown("déconnexion", "/deconnexion", "camille"),
    Shown("adresse nouvelle", "/adresse/{token}", "camille", {"token": "perime"}),
    *(
        Shown(f"demande {state}", "/demandes/{id}", "camille", {"id": state})
        for state in ("deposee", "en_instruction", "discutee", "acceptee", "refusee", "retiree")
    ),
    Shown("réponses déposées", "/demandes/{id}/demande", "camille", {"id": "acceptee"}),
    Shown("discussion ouverte", "/demandes/{id}/discussion", "camille", {"id": "discutee"}),
    Shown("discussion sans objet", "/demandes/{id}/discussion", "camille", {"id": "deposee"}),
    Shown("discussion close", "/demandes/{id}/discussion", "camille", {"id": "refusee"}),
    Shown("discussion suivie", "/demandes/{id}/discussion", "suivi", {"id": "suivie"}),
    Shown(
        "réponse vide",
        "/demandes/{id}/discussion",
        "camille",
        {"id": "discutee"},
        status=422,
        wrong=True,
        acts=send_wrong(message=" "),
    ),
    Shown("retrait", "/demandes/{id}/retrait", "camille", {"id": "deposee"}),
    Shown("retrait impossible", "/demandes/{id}/retrait", "camille", {"id": "acceptee"}),
    Shown("demande suivie sans compte", "/demandes/{id}", "suivi", {"id": "suivie"}),
    Shown("demande d'autrui", "/demandes/{id}", "nouvelle", {"id": "deposee"}, status=404),
)

_START, _STEP = "/demarches/{slug}/demande", "/demandes/{id}/saisie/{etape}"


def _without_account(*buttons: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for name in ("Continuer sans compte", *buttons):
            with page.expect_navigation():
                page.locator("main").get_by_role("button", name=name, exact=True).click()

    return act


FILING = (
    Shown("déposer", _START),
    Shown("déposer, connecté", _START, "camille"),
    Shown("déposer sans compte, pour qui", _START, acts=_without_account()),
    Shown("déposer sans compte, coordonnées", _START, acts=_without_account("Continuer")),
    Shown(
        "déposer sans compte, coordonnées vides",
        _START,
        status=422,
        wrong=True,
        acts=_without_account("Continuer", "Continuer"),
    ),
    *(
        Shown(f"brouillon, {step}", _STEP, "camille", {"id": "brouillon", "etape": step})
        for step in ("étape 1", "étape 2", "étape 3", "étape 4", "étape 5")
    ),
    Shown(
        "brouillon, étape à corriger",
        _STEP,
        "camille",
        {"id": "brouillon", "etape": "étape 4"},
        "?corriger=1",
        wrong=True,
    ),
    Shown("brouillon, relecture", _STEP, "camille", {"id": "brouillon", "etape": "étape 8"}),
    Shown("demande déposée sans compte", _START, acts=_filed),
    Shown("brouillon, suppression", "/demandes/{id}/saisie/suppression", "camille", {"id": "brouillon"}),
)


def _nothing_ticked(page: Page) -> None:
    page.locator("#lot").evaluate("form => { form.noValidate = true }")
    with page.expect_navigation():
        page.get_by_role("button", name="Appliquer aux demandes cochées").click()


INSTRUCTOR = (
    Shown("instruction, à prendre", "/instruction", "instructeur"),
    Shown("instruction, les miennes", "/instruction", "instructeur", query="?onglet=les_miennes&tri=newest"),
    Shown("instruction, toutes", "/instruction", "instructeur", query="?onglet=toutes"),
    Shown("instruction, liste vide", "/instruction", "instructeur", query="?onglet=toutes&q=introuvable"),
    Shown("instruction, onglet vide", "/instruction", "instructeur2", query="?onglet=traitees"),
    Shown(
        "instruction, lot sans demande cochée",
        "/instruction",
        "instructeur",
        status=422,
        wrong=True,
        acts=_nothing_ticked,
    ),
    *(
        Shown(f"instruction, demande {state}", "/instruction/demandes/{id}", "instructeur", {"id": state})
        for state in ("deposee", "en_instruction", "discutee", "acceptee", "refusee", "retiree")
    ),
    Shown(
        "instruction, décision à compléter",
        "/instruction/demandes/{id}",
        "instructeur",
        {"id": "en_instruction"},
        status=422,
        wrong=True,
        acts=send_wrong("Enregistrer la décision", motif=""),
    ),
    Shown(
        "instruction, demande d'un autre service",
        "/instruction/demandes/{id}",
        "instructeur2",
        {"id": "deposee"},
        status=404,
    ),
    Shown("instruction, avis", "/instruction/avis", "instructeur"),
    Shown("instruction, statistiques", "/instruction/statistiques", "instructeur"),
    Shown(
        "instruction, statistiques d'une période vide",
        "/instruction/statistiques",
        "instructeur",
        query="?depuis=2099-01-01",
    ),
    Shown("instruction cachée à un demandeur", "/instruction", "camille", status=404),
)

AUDITOR = (
    Shown("audit", "/audit", "auditeur"),
    Shown("audit, demande inconnue", "/audit", "auditeur", query="?demande=2026-inconnue", status=422, wrong=True),
    Shown("audit, événements", "/audit/evenements", "auditeur"),
    Shown("audit, histoire d'une demande", "/audit/demandes/{id}", "auditeur", {"id": "discutee"}),
    Shown("audit, flux", "/audit/flux/{service}/{stream}", "auditeur"),
    Shown("audit, flux au début", "/audit/flux/{service}/{stream}", "auditeur", query="?version=1"),
    Shown("audit, vérification", "/audit/verification", "auditeur"),
    Shown("audit, vérification faite", "/audit/verification", "auditeur", acts=_verified),
    Shown("audit, relectures", "/audit/relectures", "auditeur"),
    Shown("audit, relecture faite", "/audit/relectures", "auditeur", acts=_replayed),
    Shown("audit refusé à un demandeur", "/audit", "camille", status=403),
)

_EDITOR = "/administration/demarches/{slug}"
ADMINISTRATOR = (
    Shown("administration", "/administration", "administrateur"),
    Shown("administration, services", "/administration/services", "administrateur"),
    Shown("administration, agents", "/administration/agents", "administrateur"),
    Shown("administration, un agent", "/administration/agents/{id}", "administrateur", {"id": "agent"}),
    Shown("administration, invitation", "/administration/agents/nouveau", "administrateur"),
    Shown(
        "administration, invitation refusée",
        "/administration/agents/nouveau",
        "administrateur",
        status=422,
        wrong=True,
        acts=send_wrong("Inviter", email="lea"),
    ),
    Shown("administration, démarches", "/administration/demarches", "administrateur"),
    Shown("administration, nouvelle démarche", "/administration/demarches/nouvelle", "administrateur"),
    Shown(
        "administration, démarche incomplète",
        "/administration/demarches/nouvelle",
        "administrateur",
        status=422,
        wrong=True,
        acts=send_wrong("Publier", title="Aide"),
    ),
    Shown("administration, démarche", _EDITOR, "administrateur"),
    Shown("administration, question ajoutée", _EDITOR, "administrateur", acts=press("Ajouter une question")),
    Shown("administration, fermeture", f"{_EDITOR}/fermeture", "administrateur"),
    Shown("administration cachée à un demandeur", "/administration", "camille", status=404),
)

AGENTS: tuple[Shown, ...] = (*INSTRUCTOR, *AUDITOR, *ADMINISTRATOR)

PAGES = (*PUBLIC, *ACCOUNT, *APPLICANT, *FILING, *AGENTS)
