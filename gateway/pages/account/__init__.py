"""Having an account and getting in: sign-in, activation, password, address, second factor, tracking number."""

from gateway.pages.account import address, password, second_factor, session, tracking

ROOM = (session.pages, password.pages, address.pages, second_factor.pages, tracking.pages)
