"""Text as people type it: trimmed, composed (Unicode NFC), without control characters."""

import re
import unicodedata

from services.dossiers.aggregate.form.faults import BadValueError

_EDGES = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + "\u200b\u2060\ufeff"
_NEW_LINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Controls, lone surrogates and non-characters (no store nor export takes them), bidirectional overrides (a disguise).
_REFUSED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_NOT_ONE_LINE = re.compile("[\t\n]")


def blank(value: object) -> bool:
    """True for what means « no answer »: null, an empty list, object or text, a text with nothing to see."""
    if value is None:
        return True
    if isinstance(value, str):
        # An unacceptable character is no silence: it must be told.
        return not _REFUSED.search(value) and not any(unicodedata.category(c)[0] in "LNPS" for c in value)
    return isinstance(value, list | tuple | dict) and not value


def tidy(value: object, *, longest: int, shortest: int = 1, lines: bool = False) -> str:
    """The text as kept. `longest` and `shortest` count characters; `lines` allows several lines.

    Raises BadValueError.
    """
    if not isinstance(value, str):
        raise BadValueError("Saisissez du texte.")
    # NFC shortens at most threefold: no need to compose what is far too long.
    if len(value) > 4 * longest + 100:
        raise BadValueError(f"Raccourcissez ce texte à {longest} caractères au plus.")
    text = _NEW_LINES.sub("\n", unicodedata.normalize("NFC", value)).strip(_EDGES)
    if _REFUSED.search(text):
        raise BadValueError("Effacez les caractères invisibles de ce texte, puis ressaisissez-le au clavier.")
    if not lines and _NOT_ONE_LINE.search(text):
        raise BadValueError("Écrivez ce texte sur une seule ligne, sans tabulation.")
    if len(text) > longest:
        raise BadValueError(f"Raccourcissez ce texte à {longest} caractères au plus, il en compte {len(text)}.")
    if len(text) < shortest or blank(text):
        wanted = "au moins un caractère" if shortest == 1 else f"au moins {shortest} caractères"
        raise BadValueError(f"Développez ce texte, il faut {wanted}.")
    return text


def compact(value: object, *, longest: int = 40) -> str:
    """An identifier typed with spaces, dots, dashes or slashes: capitals and digits only. Raises BadValueError."""
    text = re.sub(r"[\s./-]", "", tidy(value, longest=longest))
    if not text.isascii():
        raise BadValueError("Saisissez seulement des chiffres et des lettres sans accent.")
    return text.upper()
