"""Having an account and getting in: sign-up, sign-in, password, address, second factor, settings, tracking number."""

from gateway.pages.account import (
    activation,
    address,
    data,
    password,
    profile,
    second_factor,
    session,
    sessions,
    sign_up,
    tracking,
)

ROOM = (
    sign_up.pages,
    activation.pages,
    session.pages,
    password.pages,
    address.pages,
    second_factor.pages,
    profile.pages,
    sessions.pages,
    data.pages,
    tracking.pages,
)
