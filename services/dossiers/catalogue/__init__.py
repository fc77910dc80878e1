"""The démarches shipped with Guichet, one JSON file each, published at first start of the demonstration."""

from importlib.resources import files

from services.dossiers.aggregate.form import Definition


def shipped() -> list[Definition]:
    """Every shipped definition, in the order of slugs. Reads package data; raises pydantic's ValidationError."""
    pages = sorted(
        (page for page in files(__name__).iterdir() if page.name.endswith(".json")), key=lambda page: page.name
    )
    return [Definition.model_validate_json(page.read_bytes()) for page in pages]
