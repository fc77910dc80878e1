"""What an applicant follows: his demandes and what is said about them."""

from gateway.pages.applicant import demande

ROOM = (demande.pages,)
