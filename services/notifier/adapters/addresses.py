"""Addresses a mail may be sent to."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from services.notifier.ports import BadAddress

_SENDABLE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}")


def sendable(text: str) -> str:
    """One address, ASCII, its domain in punycode. Raises BadAddress.

    SMTP libraries rewrite what they do not understand, and `a@x.fr, b@y.fr` would become another address: nothing but
    one plain address passes.
    """
    try:
        address = validate_email(text, check_deliverability=False, test_environment=True, allow_smtputf8=False)
    except EmailNotValidError:
        raise BadAddress("not one plain e-mail address") from None
    ascii_form = address.ascii_email or ""
    if not _SENDABLE.fullmatch(ascii_form):
        raise BadAddress("not one plain e-mail address")
    return ascii_form
