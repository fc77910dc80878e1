"""What everybody may read: the home page, the conditions."""

from gateway.pages.public import home, terms

ROOM = (home.pages, terms.pages)
