"""The pure rules of a démarche's form: its definition, the answers to it, who gives them, what publishing demands.

Nothing here reads a file, a clock or a network. Sentences are French, for the person; they come with a JSON pointer.
"""

from services.dossiers.aggregate.form.answers import check_answers
from services.dossiers.aggregate.form.applicant import KIND_LABELS, KINDS, check_contact, identify
from services.dossiers.aggregate.form.definition import Choice, Definition, Field, FieldType, Kind, Legal, ShowIf
from services.dossiers.aggregate.form.examples import with_examples
from services.dossiers.aggregate.form.faults import FieldFault, below
from services.dossiers.aggregate.form.publication import check_definition, definition_faults
from services.dossiers.aggregate.form.texts import blank

__all__ = [
    "KINDS",
    "KIND_LABELS",
    "Choice",
    "Definition",
    "Field",
    "FieldFault",
    "FieldType",
    "Kind",
    "Legal",
    "ShowIf",
    "below",
    "blank",
    "check_answers",
    "check_contact",
    "check_definition",
    "definition_faults",
    "identify",
    "with_examples",
]
