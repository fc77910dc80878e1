"""Adapters of notifier's ports: mails written from templates, mails carried by SMTP."""
