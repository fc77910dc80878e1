"""Facts of the other services lead to mails; mails that wait are handed to the mail server."""
