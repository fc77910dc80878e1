"""The definition of a démarche: what is asked, of whom, and the legal block of every receipt (R112-11-1 CRPA)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, StrictBool, StrictInt, StrictStr, StringConstraints
from pydantic import Field as Constraint

Kind = Literal["self", "association", "company", "local_authority", "school"]

FieldType = Literal[
    "text",
    "textarea",
    "integer",
    "decimal",
    "amount",
    "date",
    "email",
    "phone",
    "choice",
    "multiple_choice",
    "yes_no",
    "checkbox",
    "address",
    "postal_code",
    "siret",
    "siren",
    "rna",
    "uai",
    "iban",
    "section",
    "explanation",
    "group",
]

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$", max_length=80)]
# Control characters would reach pages and exports; tab and line feed are the only ones a text needs.
_PRINTABLE = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"
Line = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_PRINTABLE, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, pattern=_PRINTABLE, max_length=5000)]
Answer = StrictBool | StrictInt | StrictStr


class Frozen(BaseModel):
    """Immutable value; unknown keys are refused so that an administrator's typing mistake is seen."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", serialize_by_alias=True, validate_by_name=True, validate_by_alias=True
    )


class Choice(Frozen):
    """One possible answer of a `choice` or `multiple_choice`: what is stored, what is read."""

    value: Code
    label: Line


class ShowIf(Frozen):
    """Shows a field when an earlier answer equals `equals`, or is one `in` a list (exactly one of both is given).

    Against a multiple choice, it is enough that one of the ticked values fits.
    """

    field: Name
    equals: Answer | None = None
    in_: tuple[Answer, ...] | None = Constraint(default=None, alias="in", max_length=100)

    @property
    def wanted(self) -> tuple[Answer, ...]:
        return (self.in_ or ()) if self.equals is None else (self.equals,)


class Field(Frozen):
    """One question. `min` and `max` bound the value of a number (decimals as text, "0.50") or of a date (ISO).

    Lengths are in characters. `example` is an answer that passes, in the form in which answers are kept.
    """

    name: Name
    label: Line
    type: FieldType
    required: StrictBool = False
    help: Prose = ""
    example: JsonValue = None
    choices: tuple[Choice, ...] | None = Constraint(default=None, max_length=300)
    min: StrictInt | StrictStr | None = None
    max: StrictInt | StrictStr | None = None
    min_length: int | None = Constraint(default=None, ge=1)
    max_length: int | None = Constraint(default=None, ge=1)
    pattern: str | None = None
    show_if: ShowIf | None = None
    fields: tuple["Field", ...] | None = Constraint(default=None, max_length=50)
    min_items: int | None = Constraint(default=None, ge=0)
    max_items: int | None = Constraint(default=None, ge=1, le=100)

    @property
    def silent(self) -> bool:
        """True for what is read and never answered."""
        return self.type in ("section", "explanation")

    @property
    def fewest(self) -> int:
        """The smallest number of blocks of a group."""
        return self.min_items if self.min_items is not None else int(self.required)


class Legal(Frozen):
    """What R112-11-1 CRPA prints on the receipt, and what makes appeal time limits run (L112-6, L112-12).

    `silence` says what two months (`delay_months`) without an answer mean; `texts` are the rules the démarche rests on.
    A draft may leave these empty; `check_definition` refuses to publish it so.
    """

    service_address: Prose = ""
    service_phone: Line = ""
    service_email: Line = ""
    silence: Literal["acceptation", "rejet"] | None = None
    delay_months: int | None = Constraint(default=None, ge=1, le=60)
    appeal: Prose = ""
    texts: tuple[Prose, ...] = Constraint(default=(), max_length=30)


class Definition(Frozen):
    """A démarche as published: one version of its texts, its form and its legal block.

    `keywords`: other words people look for it by.
    """

    slug: Slug
    title: Line
    summary: Prose = ""
    keywords: tuple[Line, ...] = Constraint(default=(), max_length=30)
    service: Slug
    service_label: Line = ""
    version: int = Constraint(default=1, ge=1)
    audience: tuple[Kind, ...] = Constraint(max_length=5)
    fields: tuple[Field, ...] = Constraint(max_length=200)
    legal: Legal = Legal()
