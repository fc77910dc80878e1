"""What an applicant follows: his demandes and what is said about them."""

from gateway.pages.applicant import account, dashboard, demande, demandes, discussion, moves

ROOM = (dashboard.pages, account.pages, demandes.pages, demande.pages, moves.pages, discussion.pages)
