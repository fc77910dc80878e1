"""Definitions of démarches for tests: one question, a complete legal block, a form with every type of question."""

from typing import Any, get_args

from services.dossiers.aggregate.form import Choice, Definition, Field, FieldType, Legal, with_examples

CHOICES = (Choice(value="nord", label="Nord"), Choice(value="sud", label="Sud"), Choice(value="est", label="Est"))

LEGAL = Legal(
    service_address="Hôtel du Département, 45000 Orléans",
    service_phone="01 99 00 45 10",
    service_email="service@example.org",
    silence="rejet",
    delay_months=2,
    appeal="Vous pouvez saisir le tribunal administratif dans les deux mois.",
    texts=("Code général des collectivités territoriales, article L. 3211-1",),
)


def question(kind: FieldType, name: str = "reponse", **more: Any) -> Field:
    if kind in ("choice", "multiple_choice"):
        more.setdefault("choices", CHOICES)
    if kind == "group":
        more.setdefault("fields", (Field(name="prenom", label="Prénom", type="text", required=True),))
    return Field(name=name, type=kind, **{"label": f"Question {name}", **more})


def form(*fields: Field, **more: Any) -> Definition:
    """A definition that can be published, the examples of its questions filled in."""
    given: dict[str, Any] = {
        "slug": "essai",
        "title": "Essai",
        "summary": "Une démarche d'essai.",
        "service": "vie-associative",
        "service_label": "Vie associative",
        "audience": ("self",),
        "legal": LEGAL,
    }
    return with_examples(Definition(fields=fields, **{**given, **more}))


def every_type(*, required: bool = False) -> Definition:
    """One question of each type, named after its type, then some that a condition shows."""
    silent = ("section", "explanation")
    plain = [question(kind, kind, required=required and kind not in silent) for kind in get_args(FieldType)]
    return form(
        *plain,
        question("text", "si_oui", show_if={"field": "yes_no", "equals": True}),
        question("amount", "si_nord", required=True, show_if={"field": "multiple_choice", "in": ["nord", "sud"]}),
        question("date", "si_montant", show_if={"field": "si_oui", "equals": "plus"}),
    )
