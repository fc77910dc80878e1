"""A démarche that asks a question of every type, and a draft of it."""

from __future__ import annotations

from typing import Any

Question = dict[str, Any]


def question(name: str, label: str, type: str, **more: Any) -> Question:
    """One question, not required unless told."""
    return {"name": name, "label": label, "type": type, "required": False, "help": ""} | more


CHOICES = [{"value": "sport", "label": "Sport"}, {"value": "autre", "label": "Autre domaine"}]
ROW = [
    question("qui", "Financeur", "text", required=True),
    question("combien", "Montant", "amount", required=True),
    question("verse", "Déjà versé ?", "yes_no"),
    question("preuve", "Référence", "text", required=True, show_if={"field": "verse", "equals": True}),
    question("certain", "C'est certain", "checkbox"),
]
FIELDS = [
    question("objet", "Objet", "text", required=True, min_length=3, max_length=80, example="Un concert"),
    question("s1", "Nombres et dates", "section"),
    question("entier", "Bénéficiaires", "integer", required=True, min=1, max=1000000, example=1200),
    question("decimale", "Longueur", "decimal", min="0.5", example="12.5"),
    question("montant", "Montant demandé", "amount", required=True, min="100.00", max="5000000.00"),
    question("jour", "Date de début", "date", required=True, min="2026-01-01", example="2027-03-01"),
    question("s2", "Choix", "section"),
    question("domaine", "Domaine", "choice", required=True, choices=CHOICES),
    question("domaine_autre", "Quel autre ?", "text", required=True, show_if={"field": "domaine", "equals": "autre"}),
    question("libre", "Domaine second", "choice", choices=CHOICES),
    question("publics", "Publics", "multiple_choice", required=True, choices=CHOICES),
    question("aide", "Une aide en plus ?", "yes_no", required=True),
    question("peutetre", "Et encore ?", "yes_no"),
    question(
        "lignes", "Financements", "group", required=True, min_items=1, max_items=3, fields=ROW,
        show_if={"field": "aide", "equals": True},
    ),
    question("s3", "Coordonnées", "section"),
    question("courriel", "Courriel", "email"),
    question("tel", "Téléphone", "phone"),
    question("adresse", "Adresse du projet", "address"),
    question("cp", "Code postal", "postal_code"),
    question("siret", "SIRET", "siret"),
    question("siren", "SIREN", "siren"),
    question("rna", "RNA", "rna"),
    question("uai", "UAI", "uai"),
    question("iban", "IBAN", "iban"),
    question("s4", "Pour l'autre domaine", "section"),
    question("precisions", "Précisions", "textarea", required=True, show_if={"field": "domaine", "in": ["autre"]}),
    question("s5", "Pour finir", "section"),
    question("atteste", "J'atteste", "checkbox", required=True),
    question("info", "Bon à savoir", "explanation", help="Rien à joindre."),
]  # fmt: skip
DEMARCHE: dict[str, Any] = {
    "slug": "tout",
    "title": "Tout demander",
    "summary": "Une démarche.",
    "service": "vie",
    "service_label": "Direction de la vie associative",
    "version": 3,
    "audience": ["self", "association", "school"],
    "fields": FIELDS,
    "open": True,
    "legal": {
        "service_address": "15 rue de la République",
        "service_phone": "01 99 00 45 10",
        "service_email": "vie@example.org",
        "silence": "rejet",
        "delay_months": 2,
        "appeal": "Vous pouvez contester.",
    },
}
WHO = {"kind": "association", "name": "Fanfare", "identifier": "W451234567"}
CONTACT = {"email": "noe@example.org", "first_name": "Noé", "last_name": "Petit"}
ANSWERS: dict[str, Any] = {
    "objet": "Concert",
    "entier": 1200,
    "decimale": "12.5",
    "montant": "12500.50",
    "jour": "2027-03-01",
    "domaine": "autre",
    "domaine_autre": "Mémoire",
    "publics": ["sport", "autre"],
    "aide": True,
    "peutetre": False,
    "lignes": [
        {"qui": "Commune", "combien": "12.50", "verse": True, "preuve": "X1", "certain": True},
        {"qui": "État", "combien": "0.00", "verse": False, "certain": False},
    ],
    "tel": "+33612345678",
    "adresse": "12 rue\n45000 Orléans",
    "cp": "45000",
    "iban": "FR1420041010050500013M02606",
    "precisions": "Voilà.",
    "atteste": True,
}


def draft(to_complete: tuple[tuple[str, str], ...] = (), **changes: Any) -> dict[str, Any]:
    """A draft as its owner reads it."""
    return {
        "id": "d1",
        "reference": "2026-D1",
        "demarche": {"slug": "tout", "title": "Tout demander", "version": 3},
        "status": "brouillon",
        "version": 4,
        "updated_at": "2026-11-24T13:05:00Z",
        "on_behalf_of": WHO,
        "contact": CONTACT,
        "answers": ANSWERS,
        "to_complete": [{"pointer": pointer, "detail": detail} for pointer, detail in to_complete],
    } | changes
