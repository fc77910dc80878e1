"""The development mailbox: takes every mail over SMTP, sends none on, and shows them on a page and a JSON API."""
