"""Owns the catalogue of démarches and the demandes: what was asked, by whom, where it stands, what was decided.

It knows nothing of passwords, messages or bytes: identity says who calls, discussion holds the exchanges, files the
pieces.
"""
