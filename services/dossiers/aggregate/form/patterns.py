"""Which regular expressions a form may use: those whose search is short, and that a browser reads the same way.

A nested or repeated quantifier can make one answer occupy a process for hours, so the language is kept small: literals,
classes, exact repetitions, groups that are not repeated, and a few open quantifiers.
"""

import re

PATTERN_LONGEST = 100
OPEN_QUANTIFIERS = 2
ALTERNATIVES = 6
_ESCAPED = re.compile(r"\\.")
_CLASS = re.compile(r"\[[^\]]*\]")
# Unescaped in a class, these stop a browser (flag v of the HTML attribute) or warn of a future meaning in Python.
_AMBIGUOUS = re.compile(r"[\[(){}/|]|&&|--|~~")


def pattern_fault(pattern: str) -> str | None:
    """A French sentence when a form may not use this expression."""
    if len(pattern) > PATTERN_LONGEST:
        return f"raccourcissez l'expression à {PATTERN_LONGEST} caractères au plus."
    plain = _ESCAPED.sub("e", pattern)
    if any(_AMBIGUOUS.search(found[0][1:-1]) for found in _CLASS.finditer(plain)):
        return "faites précéder d'une barre oblique inverse les signes ( ) [ { } / | placés entre crochets."
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return "corrigez l'expression, elle est mal écrite."
    bare = _CLASS.sub("c", plain)
    if re.search(r"\\[1-9]", pattern) or re.search(r"\(\?(?!:)", bare):
        return "retirez de l'expression les renvois, options et recherches avant ou arrière."
    if re.search(r"\)[*+?{]", bare):
        return "retirez la répétition d'un groupe, une réponse pourrait bloquer le service."
    several = len(re.findall(r"[*+]|\{[0-9]*,[0-9]*\}", bare))
    optional = len(re.findall(r"[|]|(?<!\()\?", bare))
    if several > OPEN_QUANTIFIERS or optional > ALTERNATIVES:
        return "simplifiez l'expression, elle compte trop de répétitions ou d'alternatives."
    return None
