"""What everybody may read: the home page, the catalogue, help, the texts that the law asks for."""

from gateway.pages.public import catalogue, duties, help, home, terms

ROOM = (home.pages, catalogue.pages, help.pages, duties.pages, terms.pages)
